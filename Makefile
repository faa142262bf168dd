# What people and CI call. `make` alone prints this help.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python that is new enough; `make install PYTHON=...` takes another one.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin

# Stamps: what is done is not done again, so that after the installation nothing needs a network.
INSTALLED := $(VENV)/.installed
COMPILED := $(VENV)/.compiled
SOURCES := $(VENV)/.sources
RECORD := src/fairlead/compiled.json
VALGRIND := /usr/bin/valgrind
# FAIRLEAD_PURE=1 forces the sources to run interpreted; then nothing is compiled either.
READY := $(if $(filter 1,$(FAIRLEAD_PURE)),$(INSTALLED),$(COMPILED))

.PHONY: help install run test bench simulate check clean FORCE

help: ## print this help
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## make .venv, install into it, compile where a C compiler is there

run: $(READY) ## run a paper session on the simulated market, with a report in var/report.html
	$(BIN)/fairlead run --report var/report.html

# On all cores; JOBS=0 runs them one after the other in one process.
JOBS ?= auto
PYTEST := $(BIN)/python -m pytest -q -n $(JOBS) --maxprocesses 8 --dist worksteal
test: $(READY) $(VALGRIND) ## run all tests: compiled where it is, and interpreted
	@if [ -f $(RECORD) ]; then echo "== compiled"; $(PYTEST); fi
	@echo "== interpreted"; FAIRLEAD_PURE=1 $(PYTEST)

bench: $(READY) ## measure the path beside its floors and beside other systems; QUICK=1 takes less
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick )--json var/bench.json
	$(BIN)/python -m benchmarks.peers$(if $(QUICK), --quick --patience 0)

SEEDS ?= 1000
simulate: $(READY) ## the whole node in a hostile world: make simulate SEEDS=1000
	$(BIN)/fairlead simulate --seeds $(SEEDS)

check: $(INSTALLED) ## format, lint, types, import contracts, house rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/test_tidy.py

clean: ## remove what was made: .venv, builds, caches, compiled files; var/ stays
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -rf .hypothesis $(RECORD)
	find src strategies tests -name '__pycache__' -prune -exec rm -rf {} +
	find src -name '*.so' -delete

# Counts instructions (benchmarks/instructions.py); where it cannot be installed, that test says so and is skipped.
$(VALGRIND):
	-@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -qq -y valgrind >/dev/null; \
	fi

# Debian keeps the module that fills a new environment in a package of its own.
$(BIN)/pip:
	@if [ -z "$(PYTHON)" ]; then echo "make: no Python 3.11 or newer; make install PYTHON=/path/to/python3" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -qq -y python3-venv; \
		else \
			echo "make: $(PYTHON) lacks venv; as root: apt-get install python3-venv" >&2; exit 1; \
		fi; \
	fi
	$(PYTHON) -m venv --clear $(VENV)

# Dependencies, tools and the command; the sources stay where they are. Compiling is the next step.
$(INSTALLED): pyproject.toml setup.py | $(BIN)/pip
	FAIRLEAD_PURE=1 $(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,reports]'
	@touch $@

# What is compiled is known by its content: file times lie after a copy, and do not tell of a file that is gone.
$(SOURCES): FORCE | $(INSTALLED)
	@sums=$$($(BIN)/python -c 'import setup; print(*setup.compiled_sources())' | xargs cksum setup.py); \
	echo "$$sums" | cmp -s - $@ || echo "$$sums" > $@

# Without a compiler nothing is stamped: setup.py says so again until there is one.
$(COMPILED): $(INSTALLED) $(SOURCES)
	FAIRLEAD_COMPILE=strict $(BIN)/python setup.py -q build_ext --inplace
	@if [ -f $(RECORD) ]; then touch $@; fi
