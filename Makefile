# Everything runs in .venv, made on first use from the project's own metadata.
# PYTHON is any Python >= 3.11.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PYTEST_ARGS ?=

.PHONY: demo test test-min lint format docs bench build clean

demo: $(VENV)/.installed-demo
	$(BIN)/instamap demo

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

# The suite on the lowest versions the metadata allows.
test-min: .venv-min/.installed
	.venv-min/bin/python -m pytest -n 2 $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

# The long measurements, more than an hour on 2 cores; results go to benchmarks/RESULTS.md.
# Those that need larger data or the original programs take these as arguments: benchmarks/*.py.
bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/bench_neighbors.py $(BENCH_ARGS)
	$(BIN)/python benchmarks/bench_instamap.py
	$(BIN)/python benchmarks/bench_cv.py
	$(BIN)/python benchmarks/bench_text.py

build: $(VENV)/.installed-dev
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*

# One stamp per set of extras: reinstalled when the metadata changes, not otherwise.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[cli,plot]"
	@touch $@

$(VENV)/.installed-%: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[$*]"
	@touch $@

.venv-min/.installed: pyproject.toml tools/minimum_requirements.py
	$(PYTHON) -m venv .venv-min
	$(PYTHON) tools/minimum_requirements.py > .venv-min/constraints.txt
	.venv-min/bin/python -m pip install --quiet -c .venv-min/constraints.txt -e ".[test]"
	@touch $@

clean:
	rm -rf .venv .venv-min build dist docs/_build docs/api/generated docs/api/backreferences docs/auto_examples instamap-demo *.egg-info
