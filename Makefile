# Deal Brain from a fresh clone: only Python 3.11 or newer and make are assumed.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: run test lint format bench bench-api bench-titles bench-imports bench-market bench-analytics clean

run: $(VENV)/.installed
	$(PY) manage.py migrate --no-input
	$(PY) manage.py demo
	$(PY) manage.py recalculate
	@echo "Deal Brain: http://$(HOST):$(PORT)/"
	$(PY) manage.py runserver --noreload $(HOST):$(PORT)

test: $(VENV)/.installed
	$(PY) -m pytest -n auto --dist worksteal

lint: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) manage.py check --fail-level WARNING
	$(PY) manage.py makemigrations --check --dry-run

format: $(VENV)/.installed
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(VENV)/.installed
	$(PY) -m tests.benchmarks

bench-api: $(VENV)/.installed
	$(PY) -m tests.benchmarks api

bench-titles: $(VENV)/.installed
	$(PY) -m tests.benchmarks titles

bench-imports: $(VENV)/.installed
	$(PY) -m tests.benchmarks imports

bench-market: $(VENV)/.installed
	$(PY) -m tests.benchmarks market

bench-analytics: $(VENV)/.installed
	$(PY) -m tests.benchmarks analytics

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache

# Made again from nothing when the requirements change, so that what was dropped from them is gone.
$(VENV)/.installed: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
