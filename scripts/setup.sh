#!/bin/sh
# Makes .venv: Python 3.10 with the locked packages, byte-compiled. Does nothing when that is up to date.
#
#   sh scripts/setup.sh         what the assistant runs with
#   sh scripts/setup.sh dev     and what the checks need on top
#   sh scripts/setup.sh lock    compile the lock files anew from requirements*.in
#
# With ZHANTING_ENCODER set, the packages of the optional sentence encoder come along (docs/encoder.md).
# Nothing but Python 3.10 will do: under 3.11, pip takes Rasa 1.10 without a word.
set -eu
cd "$(dirname "$0")/.."
unset PYTHONHOME PYTHONPATH

UV_VERSION=0.13.9 # what .venv-tools gets when the machine has no uv of its own
STAMP=.venv/.set-up # three lines: kind, interpreter, sums of the lock files; written last

main() {
    case "${1:-run}" in
    run | dev) set_up "${1:-run}" ;;
    lock) lock ;;
    *) fail "usage: sh scripts/setup.sh [run | dev | lock]" ;;
    esac
}

set_up() {
    kind=$1
    if [ "$kind" = run ] && [ -n "${ZHANTING_ENCODER:-}" ]; then kind=encoder; fi
    interpreter="" sums=""
    inspect
    if up_to_date; then return; fi
    began=$(date +%s)
    if [ "$(stamped 1)" = dev ]; then kind=dev; fi # once a developer's .venv, always one
    case "$kind" in
    dev) lock_files=requirements-dev.lock ;;
    encoder) lock_files="requirements.lock requirements-encoder.lock" ;;
    *) lock_files=requirements.lock ;;
    esac
    fill_with_uv || fill_with_pip || give_up
    inspect
    printf '%s\n%s\n%s\n' "$kind" "$interpreter" "$sums" >"$STAMP.new" && mv "$STAMP.new" "$STAMP"
    say "ready after $(($(date +%s) - began)) s"
}

# --- Is there anything to do? ---

# Sets $interpreter and $sums; both stay empty where .venv does not run, or runs another Python.
inspect() {
    found=$(.venv/bin/python -I -S -c '
import hashlib, os, sys
assert sys.version_info[:2] == (3, 10)
print(sys.version.split()[0], sys.platform, os.uname().machine, sys.executable)
print(*(hashlib.sha256(open(name, "rb").read()).hexdigest() for name in sys.argv[1:]))
' requirements.lock requirements-encoder.lock requirements-dev.lock 2>/dev/null) || return 0
    interpreter=${found%%
*} sums=${found#*
}
}

up_to_date() {
    [ -n "$interpreter" ] && [ "$(stamped 2)" = "$interpreter" ] && [ "$(stamped 3)" = "$sums" ] &&
        case "$kind $(stamped 1)" in "run "* | "$kind $kind" | "encoder dev") true ;; *) false ;; esac
}

stamped() { sed -n "$1p" "$STAMP" 2>/dev/null || true; }

# A .venv stays if it runs where it was made. One that came from elsewhere, was moved or interrupted is made anew;
# one without a stamp was made by hand and is only filled.
keep_venv() {
    [ -n "$interpreter" ] && { [ ! -e "$STAMP" ] || [ "$(stamped 2)" = "$interpreter" ]; }
}

mark_unfinished() { printf '%s\nunfinished\n' "$kind" >"$STAMP"; }

# --- Filling .venv ---

fill_with_uv() {
    uv=$(find_uv) || uv=$(get_uv) || return 1
    use_pips_index
    if keep_venv; then
        say "bringing .venv up to date with $lock_files"
    else
        make_venv_with_uv || return 1
        say "installing the packages of $lock_files (about 1 GB to fetch, 3 GB on disk)"
    fi
    mark_unfinished
    # shellcheck disable=SC2086 # several lock files are several words
    in_few_lines "$uv" pip sync --python .venv/bin/python --require-hashes --compile-bytecode $lock_files
}

make_venv_with_uv() {
    python=$(find_python) || python=3.10
    say "making .venv with Python $python"
    rm -rf .venv
    "$uv" venv --quiet --python "$python" .venv && return
    command -v pyenv >/dev/null || return 1
    say "building Python 3.10 with pyenv"
    pyenv install --skip-existing 3.10 && python=$(find_python) && "$uv" venv --quiet --python "$python" .venv
}

# Takes about twice as long as uv; for machines where no uv can be had.
fill_with_pip() {
    python=$(find_python) || return 1
    say "without uv: installing the packages of $lock_files with pip, which takes some minutes"
    rm -rf .venv
    "$python" -m venv .venv && mark_unfinished && for lock_file in $lock_files; do
        .venv/bin/python -m pip install -qq --compile --no-deps --require-hashes --requirement "$lock_file" || return
    done
}

# --- Finding things ---

find_python() { first_python 'sys.version_info[:2] == (3, 10)'; }

find_any_python() { first_python 'sys.version_info >= (3, 8)'; }

# Prints the real path of the first Python of which $1 is true. Each has to run, and those behind it are tried too:
# pyenv leaves shims for versions that it does not have.
first_python() {
    IFS=:
    for folder in $PATH "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.*/bin; do
        for name in python3.10 python3 python; do
            "$folder/$name" -I -c "
import os, sys
$1 or sys.exit(1)
print(os.path.realpath(sys.executable))" 2>/dev/null && return
        done
    done
    return 1
}

find_uv() {
    for candidate in uv .venv-tools/bin/uv "${HOME:-}/.local/bin/uv" "${HOME:-}/.cargo/bin/uv"; do
        if "$candidate" --version >/dev/null 2>&1; then echo "$candidate" && return; fi
    done
    return 1
}

# Any Python from 3.8 on can fetch uv, which then fetches Python 3.10 where it is missing.
get_uv() {
    python=$(find_python || find_any_python) || return 1
    say "getting uv $UV_VERSION into .venv-tools (once)"
    rm -rf .venv-tools
    if "$python" -m pip --version >/dev/null 2>&1; then
        PIP_REQUIRE_VIRTUALENV=0 "$python" -m pip install -qq --retries 2 --target .venv-tools "uv==$UV_VERSION"
    else
        "$python" -m venv .venv-tools && .venv-tools/bin/python -m pip install -qq --retries 2 "uv==$UV_VERSION"
    fi 2>&1 | tail -n 1 >&2
    find_uv
}

# uv does not read pip's configuration; a mirror that is set there is meant for us too.
use_pips_index() {
    if [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then return; fi
    index=${PIP_INDEX_URL:-}
    if [ -z "$index" ] && python=$(find_python || find_any_python); then
        index=$("$python" -m pip config get global.index-url 2>/dev/null) || index=""
    fi
    if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
}

# --- Lock files: pip's form with hashes, for every platform, without the address of an index ---

lock() {
    uv=$(find_uv) || uv=$(get_uv) || give_up
    use_pips_index
    compile_lock requirements.in requirements.lock
    compile_lock requirements-encoder.in requirements-encoder.lock
    compile_lock requirements-dev.in requirements-dev.lock
}

# Versions that still fit stay as they are; delete a lock file first to take the newest of everything.
compile_lock() {
    say "compiling $2"
    "$uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --output-file "$2" "$1"
}

# --- Talking ---

say() { echo "==> $*" >&2; }

fail() {
    echo "$*" >&2
    exit 1
}

# Runs uv without its lines for each package, but for those of 10 MiB and more; returns uv's own status.
in_few_lines() {
    status=$({ { "$@" 2>&1 && echo 0 >&3 || echo 1 >&3; } | sed "$SMALL_PACKAGES" >&2; } 3>&1)
    return "$status"
}
SMALL_PACKAGES='/^ [-+~] /d; /^ *Downloaded /d; /^ *Buil[dt][a-z]* /d; /^Downloading .*([0-9]\.[0-9]MiB)/d'

give_up() {
    fail "
The set-up did not succeed. It needs Python 3.10 (Rasa 3.6 runs on no other version) and the network, once.
If no Python 3.10 was found, install one of these and run the same command again:

  uv            then Python 3.10 comes by itself
  pyenv         pyenv install 3.10
  Homebrew      brew install python@3.10
  Debian        apt-get install python3-pip    (with any Python from 3.8 on, uv and Python 3.10 come by themselves)

A package index of your own is taken from pip's configuration, PIP_INDEX_URL or UV_DEFAULT_INDEX."
}

main "$@"
