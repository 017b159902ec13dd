# Two commands matter: `make demo` and `make test`. Each makes and reuses .venv by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile
VERSIONS := 3.11 3.12 3.13
SEEDS ?= 2000
# Without bytecode every process that a test starts would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint format bench bench-quick simulate endurance mutation screenshots docs clean

help: ## show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; try: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-ready: pyproject.toml | $(BIN)/python
	@echo "installing what it needs into $(VENV), once; that takes a minute or two"
	$(PIP) --editable '.[cli]'
	@touch $@

$(VENV)/.test-ready: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.demo-ready

demo: $(VENV)/.demo-ready ## a messy Excel list becomes a plan, then the state of an account
	$(BIN)/python examples/demo.py

test: $(VENV)/.test-ready lint ## lint, types, layers and every test, with branch coverage
	@# three workers for two cores: one of them mostly waits for a page, a process or a timer
	PYTHONMALLOC=default $(BIN)/python -X dev -m pytest -n 3 --dist worksteal --durations=25 --cov --cov-report=term

lint: $(VENV)/.test-ready ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy examples/aiohttp_app.py examples/fastapi_app.py
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.test-ready ## let ruff format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

test-all: ## the tests on every supported Python found
	@for version in $(VERSIONS); do \
		python$$version -c '' 2>/dev/null || { echo "python$$version: not found, skipped"; continue; }; \
		echo "python$$version"; \
		$(MAKE) --no-print-directory test VENV=.venvs/$$version PYTHON=python$$version || exit 1; \
	done

$(VENV)/.bench-ready: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[cli,bench]'
	@touch $@

bench: $(VENV)/.bench-ready ## every measurement that the documentation quotes, but copies
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.sandbox_scale

bench-quick: $(VENV)/.bench-ready ## the same with smaller inputs, in under two minutes
	$(BIN)/python -m benchmarks --quick

simulate: $(VENV)/.test-ready ## SEEDS=n runs of the deterministic simulation, on every core
	POLARS_MAX_THREADS=1 $(BIN)/python -m tests.simulation --seeds $(SEEDS)

$(VENV)/.mutation-ready: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test,mutation]'
	@touch $@

endurance: $(VENV)/.test-ready ## the long proofs, hours: 200 killed imports, an undo of 10,000 contacts, thousands of drawn lists, 100,000 seeds
	KILLS=100 KILLED_ROWS=2000 PLING_UNDO_CONTACTS=10000 $(BIN)/python -m pytest -n 2 \
		tests/faults/test_killed.py tests/bulk/test_undo_large.py
	$(BIN)/python -m pytest -n 2 --timeout 7200 --hypothesis-profile thorough tests/bulk/test_prepare_properties.py
	$(MAKE) --no-print-directory simulate SEEDS=100000

mutation: $(VENV)/.mutation-ready ## mutate what decides about deletions and repetitions; show what no test noticed
	$(BIN)/mutmut run
	$(BIN)/mutmut results

screenshots: $(VENV)/.test-ready ## the pictures of both pages in docs/images; needs a Chromium
	$(BIN)/python -m tests.browser.screenshots

$(VENV)/.docs-ready: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[docs]'
	@touch $@

docs: $(VENV)/.docs-ready ## the documentation as a site, in site/; a warning is a failure
	$(BIN)/mkdocs build --strict --quiet

clean: ## remove what make made
	rm -rf .venv .venvs .demo mutants site build dist htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
