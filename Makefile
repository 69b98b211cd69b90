# Golive. Needs Python 3.11 or newer, make and git; everything else is fetched into .venv.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
RUN := .venv/.run-installed
DEV := .venv/.dev-installed
PROVE := .venv/.prove-installed
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
LOCKED := -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.PHONY: demo serve test chaos prove fuzz check format bench train audit lock browser clean

demo: $(RUN)  ## The bot and its playground at http://127.0.0.1:8000/playground
	@PORT=$(PORT) $(BIN)/golive demo

serve: $(RUN)  ## Production, with the settings of the environment and .env
	@$(BIN)/golive serve --port $(PORT)

test: $(DEV) browser  ## The whole test suite
	@$(BIN)/pytest -q -n 2 --dist worksteal

# Three at once on two processors, since some of it waits for processes to start and lines to be
# given up; what is measured in milliseconds runs alone.
ALONE := tests/chaos/test_stalled.py
chaos: $(DEV)  ## The slow tests: thousands of crashes, storms, a platform and a database that go away
	@$(BIN)/pytest -q -n 3 --dist load --maxschedchunk 1 -m slow -o faulthandler_timeout=3600 --ignore=$(ALONE)
	@$(BIN)/pytest -q -s -m slow -o faulthandler_timeout=3600 $(ALONE)

# The modules on which trust hangs, and the tests that hold each of their branches: pyproject.toml.
TRUSTED = $(shell $(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["tool"]["mutmut"]["pytest_add_cli_args_test_selection"])')
prove: $(PROVE)  ## Whether every branch that trust hangs on is tested, and every mutant of it dies
	@$(BIN)/pytest -q -n 0 --cov --cov-report=term-missing $(TRUSTED)
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results
	@$(BIN)/mutmut export-cicd-stats && cat mutants/mutmut-cicd-stats.json

fuzz: $(PROVE)  ## Ten minutes of made-up pushes, led by coverage
	@$(BIN)/python -m tests.chaos.fuzz -max_total_time=600 -print_final_stats=1

check: $(DEV)  ## Format, lint, types, import contracts, house rules
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy bot handlers schedules cards storage tests benchmarks training
	@$(BIN)/lint-imports --no-logo

format: $(DEV)
	@$(BIN)/ruff check -q --fix . || true
	@$(BIN)/ruff format -q .

bench: $(DEV)  ## Figures as a table and as bench.json
	@$(BIN)/python -m benchmarks --json bench.json

train: $(DEV)  ## The small models of bot/language from their labelled lines
	@$(PIP) install --require-hashes -r requirements/train.lock
	@$(BIN)/python -m training.train
	@$(BIN)/python -m training.faq

RUNS = $(shell sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' requirements/run.lock)
audit: $(RUN)  ## What runs, with its licences and known weaknesses, in dist/
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/python -m pip --disable-pip-version-check -q install --require-hashes -r requirements/audit.lock
	@mkdir -p dist
	@.venv/audit/bin/cyclonedx-py requirements requirements/run.lock --pyproject pyproject.toml --mc-type application -o dist/sbom.cdx.json
	@.venv/audit/bin/pip-licenses --python $(BIN)/python --packages $(RUNS) --format markdown --with-urls --order license --output-file dist/licences.md
	@.venv/audit/bin/pip-audit --require-hashes --disable-pip -r requirements/run.lock || echo "Known weaknesses: see above, or the service that knows them could not be asked."

lock: $(DEV)  ## New lock files from pyproject.toml
	@$(BIN)/pip install -q uv
	@$(BIN)/uv pip compile $(LOCKED) --extra semantic --extra telemetry pyproject.toml -o requirements/run.lock
	@$(BIN)/uv pip compile $(LOCKED) --extra semantic --extra telemetry --group dev pyproject.toml -o requirements/dev.lock
	@$(BIN)/uv pip compile $(LOCKED) --extra semantic --extra telemetry --group train pyproject.toml -o requirements/train.lock
	@$(BIN)/uv pip compile $(LOCKED) --extra semantic --extra telemetry --group dev --group prove pyproject.toml -o requirements/prove.lock
	@$(BIN)/uv pip compile $(LOCKED) --group audit -o requirements/audit.lock
	@$(BIN)/uv pip compile $(LOCKED) --group build -o requirements/build.lock

# A browser for the tests that drive one: what is there is used; a root shell on Debian or Ubuntu
# installs one; otherwise those tests are skipped and say so.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; } >/dev/null 2>&1; } || \
	  echo "No browser found or installable: the browser tests will be skipped."

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Golive needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv

$(RUN): requirements/run.lock requirements/build.lock pyproject.toml | $(BIN)/python
	@echo "Setting up .venv (once) ..."
	@$(PIP) install --require-hashes -r requirements/run.lock -r requirements/build.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.lock $(RUN)
	@echo "Setting up the development tools (once) ..."
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

$(PROVE): requirements/prove.lock $(DEV)
	@$(PIP) install --require-hashes -r requirements/prove.lock
	@touch $@

clean:
	@rm -rf .venv data mutants .mypy_cache .ruff_cache .pytest_cache
