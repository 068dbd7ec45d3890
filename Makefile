# The two commands are `make run` and `make test`; `make` alone lists the others.
export RASA_TELEMETRY_ENABLED := false
# Rasa 3.6 declares its tables in the style of SQLAlchemy 1.4, which warns of 2.0 at every start.
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
PYTHON := .venv/bin/python
QUICK := not slow and not browser and not postgres and not redis and not conversation

.PHONY: help run test check lint format train chat eval load proof wechat-sim lock clean venv venv-dev

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s%s\n", $$1, $$2 }' Makefile

run: venv ## set up what is missing, train if needed, and serve at http://localhost:5005
	@exec $(PYTHON) -m bot serve

# How many test files run side by side; each loads the assistant for itself (350 MB). One more than two cores have: a
# third of the time goes into waiting for servers, browsers and deadlines. tests/conftest.py says what begins first.
WORKERS ?= 3
PYTEST := $(PYTHON) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# Servers, commands and workers read the same modules: Python may keep what it compiled.
test check: export PYTHONDONTWRITEBYTECODE :=
test: lint ## every check; set up what is missing
	$(PYTEST)

check: lint ## the quick checks, for every save (under a minute)
	$(PYTEST) --quiet -m "$(QUICK)"

lint: venv-dev ## style, layout and types alone
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

format: venv-dev ## lay the code out as `make lint` wants it
	$(PYTHON) -m ruff check --fix-only .
	$(PYTHON) -m ruff format .

train: venv ## train the assistant
	@exec $(PYTHON) -m bot train

chat: venv ## talk with the assistant in the terminal
	@exec $(PYTHON) -m bot chat

# STOCK=cached leaves out Rasa's stock configuration where it has not been trained on the present data.
STOCK ?= train
eval: venv-dev ## measure the understanding against Rasa's stock configuration; writes docs/understanding.md
	@exec $(PYTHON) -m tests.understanding.evaluation --stock $(STOCK)

# OF=speed or OF=booking runs one of them. SIZE=quick: small, writes nothing. MINUTES of mixed load on each side. STOCK=cached
# measures ours alone beside stock's figures of the last run.
SIZE ?= whole
load: venv-dev ## measure speed against stock Rasa, and booking; writes docs/performance.md, booking.md
	@exec $(PYTHON) -m tests.load --stock $(STOCK) --size $(SIZE) $(if $(MINUTES),--minutes $(MINUTES)) $(OF)

# OF="booking wechat" runs some of booking, handoff, lifecycle, wechat and workers.
proof: venv-dev ## the full-size proofs: races, kill -9, storms; writes their tables into docs
	@exec $(PYTHON) -m tests.load.proofs $(OF)

# SIM=--serve starts the assistant too; --mode plain|compatible|safe.
wechat-sim: venv-dev ## a simulated WeChat platform to chat through, at http://localhost:5055
	@exec $(PYTHON) -m tests.wechat_platform $(SIM)

lock: ## compile the lock files from requirements.in and requirements-dev.in
	@sh scripts/setup.sh lock

clean: ## remove caches and test results; .venv, models and the database stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis results
	find actions bot tests -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@sh scripts/setup.sh run

venv-dev:
	@sh scripts/setup.sh dev
