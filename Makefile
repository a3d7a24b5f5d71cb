# Every target sets up what it needs: .venv is built from requirements-dev.lock, once, and again when the lock changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := requirements-dev.lock
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n auto --maxprocesses 4  # a test process for each core

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast network-faults chaos fuzz lint format diagram docs gallery bench costs \
	wheels lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12

setup: $(STAMP) ## build .venv with everything for development

# Ray has wheels for these: it decides which versions of Python there are for glowray.
define SUPPORTED
import sys, sysconfig
found = sys.version.split()[0] + " without a GIL" * bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
if sys.implementation.name != "cpython" or "GIL" in found or not (3, 11) <= sys.version_info[:2] <= (3, 14):
    sys.exit("glowray needs CPython 3.11 to 3.14, for which Ray has wheels; %s is %s %s: "
             "make PYTHON=/path/to/python3.12" % (sys.executable, sys.implementation.name, found))
endef
export SUPPORTED

# The stamp is written last, so that an interrupted installation is begun again. All is compiled on all cores, once and
# for all: where Python writes no bytecode by itself, each of a cluster's many processes would do it again.
$(STAMP): $(LOCK) pyproject.toml setup.py $(wildcard glowray/native/*.[ch])
	@$(PYTHON) -c "$$SUPPORTED"
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	-$(BIN)/python -m compileall -q -j 0 $(VENV)/lib glowray cli
	@touch $@

demo: $(STAMP) ## count the words of Python's own standard library
	$(BIN)/python examples/word_count.py

# Three runs, and all of them whatever one says. The tests of clusters wait for other processes most of their time, so they
# run beside the others, and what they print is shown last. Only files with such tests are collected for them.
# Ray ends the process that has lost it without a word to pytest: in a process of xdist's that is a failure with the
# test's name, and with --capture=sys Ray's own last words are seen.
# Every run is the last one again; Ray's processes still have seeds of their own.
test test-fast: export PYTHONHASHSEED = 0

test: $(STAMP) ## all tests
	@failed=0; log=$$(mktemp); \
	$(PYTEST) -m "cluster and not ray" $$(grep -rl --include="test_*.py" "mark\.cluster" tests) >$$log 2>&1 & clusters=$$!; \
	$(PYTEST) -m "not ray and not cluster" $(PARALLEL) || failed=1; \
	$(PYTEST) -m ray tests -n 1 --capture=sys || failed=1; \
	wait $$clusters || failed=1; \
	cat $$log; rm $$log; exit $$failed

test-fast: $(STAMP) ## the tests that need no other process, in under a minute
	HYPOTHESIS_PROFILE=fast $(PYTEST) -m "not ray and not cluster and not process and not slow" $(PARALLEL)

ROUNDS ?= 10
network-faults: $(STAMP) ## jobs on three hosts whose network goes away, or whose head dies; ROUNDS=3 for fewer; needs root
	$(BIN)/python -m tests.cluster.network_faults --rounds $(ROUNDS)

SEED ?= 1
chaos: $(STAMP) ## faults at random on three hosts; ROUNDS=20 SEED=7 for others, ROUND=3 for one of them; needs root
	$(BIN)/python -m tests.cluster.chaos --seed $(SEED) $(if $(ROUND),--round $(ROUND),--rounds $(ROUNDS))

fuzz: $(STAMP) ## random programs at all levels beside plain Python; ROUNDS=10000 SEED=7; keeps those that differ in build/fuzz
	$(BIN)/python -m tests.fuzz --seed $(SEED) --rounds $(ROUNDS)

lint: $(STAMP) ## style, types and the one-way imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## rewrite the sources in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

diagram: $(STAMP) ## draw the diagram of ARCHITECTURE.md from the imports of the code
	$(BIN)/python docs/architecture/diagram.py

# -W makes warnings errors. The tutorial runs once, and again when it changes; its outputs are kept in build/.
# myst-nb writes the executed notebook beside site/, in jupyter_execute/.
docs: $(STAMP) ## build the documentation site in site/
	$(BIN)/sphinx-build -W --keep-going -q -j auto -c docs -d build/doctrees . site

gallery: $(STAMP) ## run the programs of the gallery and draw the pictures of its pages
	GLOWRAY_ENGINE=inline $(BIN)/python -m docs.gallery.draw

bench: $(STAMP) ## glowray beside its peers, every workload; BENCH="word_count --size 1GB" for one
	$(BIN)/python -m benchmarks $(BENCH)

costs: $(STAMP) ## measure the costs of constructs, write the table, and measure the reference functions at both levels
	$(BIN)/python -m glowray.vectorize.cost_measurement --write
	$(BIN)/python -m benchmarks.levels

wheels: $(STAMP) ## the sdist and the wheel of this machine, in dist/
	$(BIN)/uv build --no-build-isolation --python $(BIN)/python --out-dir dist .

lock: $(STAMP) ## resolve the dependencies again; UPGRADE=--upgrade takes the newest
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet $(UPGRADE) --output-file $(LOCK)

clean: ## remove .venv, caches and builds; benchmarks/data stays
	rm -rf $(VENV) .venvs build dist site jupyter_execute *.egg-info .hypothesis .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
