"""Memory that is in use is moved into large pages where the kernel does that, and says the same afterwards."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.runtime.large_pages import SIZE, use_large_pages

LARGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
PAGES = 8


@pytest.fixture
def used() -> Iterator[mmap.mmap]:
    """Memory that was asked for in one piece and is full, which the kernel has put into small pages."""
    with mmap.mmap(-1, PAGES * SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        for at in range(0, len(memory), mmap.PAGESIZE):
            memory[at : at + 8] = at.to_bytes(8, "big")
        memory.madvise(mmap.MADV_HUGEPAGE)
        yield memory


def in_large_pages() -> int:
    found = re.search(r"AnonHugePages:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text())
    return int(found[1]) * 1024 if found else 0


def test_memory_in_use_is_moved(used: mmap.mmap) -> None:
    before = in_large_pages()
    moved = use_large_pages()
    has_large = LARGE.exists() and "[never]" not in LARGE.read_text()
    assert moved >= in_large_pages() - before >= ((PAGES - 2) * SIZE if has_large else 0)
    assert all(int.from_bytes(used[at : at + 8], "big") == at for at in range(0, len(used), mmap.PAGESIZE))


def test_memory_that_is_hardly_used_stays_as_it_is() -> None:
    use_large_pages()
    with mmap.mmap(-1, PAGES * SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        for at in range(0, len(memory), SIZE):
            memory[at] = 1
        memory.madvise(mmap.MADV_HUGEPAGE)
        before = in_large_pages()
        use_large_pages()
        assert in_large_pages() - before < PAGES * SIZE / 2


def test_a_kernel_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.runtime.large_pages._COLLAPSE", 9999)  # as MADV_COLLAPSE is to Linux 6.0
    assert use_large_pages() == 0


def test_no_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert use_large_pages() == 0
