# Everything runs in .venv, made on first use from the project's own metadata.
# PYTHON is any Python >= 3.11.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
SCRIPTS = Scripts
else
SCRIPTS = bin
endif
BIN = $(VENV)/$(SCRIPTS)
PYTEST_ARGS ?=
# What `make test-torch` installs. On Linux the package index may hand out a build with several
# gigabytes of CUDA; PyTorch's own index of CPU builds is taken with
# TORCH_ARGS="--index-url https://download.pytorch.org/whl/cpu".
TORCH ?= torch==2.13.0
TORCH_ARGS ?=
TORCH_TESTS = tests/linear/test_bliss.py tests/engine/test_bfloat16.py tests/test_estimator_checks.py \
  sklearn_instamap/linear/_bliss.py sklearn_instamap/_engine/_bfloat16.py

.PHONY: demo test test-min test-kernels test-torch test-wheel lint format docs bench fuzz build clean

demo: $(VENV)/.installed-demo
	$(BIN)/instamap demo

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

# The suite on the lowest versions the metadata allows.
test-min: .venv-min/.installed
	.venv-min/$(SCRIPTS)/python -m pytest -n 2 $(PYTEST_ARGS)

# The numeric tests under every kernel of OpenBLAS that this CPU has, with one and two threads;
# with PyTorch where `make test-torch` has installed it.
test-kernels: $(VENV)/.installed-test
	$(if $(wildcard .venv-torch/.installed),.venv-torch/$(SCRIPTS)/python,$(BIN)/python) \
	  tools/test_kernels.py $(PYTEST_ARGS)

# What needs PyTorch: BLISS and the search in bfloat16. Its own environment, so that
# `make test` shows that everything else works without.
test-torch: .venv-torch/.installed
	.venv-torch/$(SCRIPTS)/python -m pytest -n 2 $(TORCH_TESTS) $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	$(BIN)/python tools/check_links.py docs/_build/html
	@echo "Open docs/_build/html/index.html"

# The long measurements, more than an hour on 2 cores; results go to benchmarks/RESULTS.md.
# Those that need larger data or the original programs take these as arguments: benchmarks/*.py.
bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/bench_neighbors.py $(BENCH_ARGS)
	$(BIN)/python benchmarks/bench_instamap.py
	$(BIN)/python benchmarks/bench_cv.py
	$(BIN)/python benchmarks/bench_text.py

# Malformed inputs by the hundred thousand over all readers; counts go to benchmarks/RESULTS.md.
fuzz: $(VENV)/.installed-test
	$(BIN)/python benchmarks/fuzz.py --inputs 200000 --write $(FUZZ_ARGS)

build: $(VENV)/.installed-dev
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

# The wheel in empty environments: imported without any extra, and the demonstration from it.
test-wheel: build
	$(BIN)/python tools/test_wheel.py dist

# One stamp per set of extras: reinstalled when the metadata changes, not otherwise.
$(VENV)/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-demo: pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet -e ".[cli,plot]"
	@touch $@

$(VENV)/.installed-%: pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet -e ".[$*]"
	@touch $@

.venv-min/.installed: pyproject.toml tools/minimum_requirements.py
	$(PYTHON) -m venv .venv-min
	$(PYTHON) tools/minimum_requirements.py > .venv-min/constraints.txt
	.venv-min/$(SCRIPTS)/python -m pip install --quiet -c .venv-min/constraints.txt -e ".[test]"
	@touch $@

.venv-torch/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-torch
	.venv-torch/$(SCRIPTS)/python -m pip install --quiet $(TORCH_ARGS) "$(TORCH)"
	.venv-torch/$(SCRIPTS)/python -m pip install --quiet -e ".[bliss,test]"
	@touch $@

clean:
	rm -rf .venv .venv-min .venv-torch build dist docs/_build docs/api/generated \
	  docs/api/backreferences docs/auto_examples instamap-demo *.egg-info
