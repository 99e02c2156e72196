# The course's commands. Each one first makes .venv with the exact versions of constraints/newest.txt.
PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints/newest.txt
BIN := $(VENV)/bin
# The folder that `make lab` opens. With the settings of .jupyter JupyterLab asks the network for nothing.
COURSE ?= notebooks/$(or $(LANG_DIR),en)
# nbgrader runs a bare `alembic`, so the environment's programs must be found by name.
export PATH := $(abspath $(BIN)):$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: help demo lab test e2e validate bench facts accuracy oldest references build lint screenshots clean

help: ## show this list
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

$(VENV)/.installed: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "The course needs Python 3.10 to 3.13; name one: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[test,lint,cluster]'
	@touch $@

demo: $(VENV)/.installed ## grade a bundled sample class from end to end
	python -m tests.sample_class demo-class --students 8

lab: $(VENV)/.installed ## open the course in JupyterLab (LANG_DIR=zh for 中文)
	cd $(COURSE) && JUPYTER_CONFIG_PATH=$(CURDIR)/.jupyter jupyter lab $(LAB_OPTIONS)

test: $(VENV)/.installed ## lint, build --check and all tests
	$(MAKE) --no-print-directory lint
	autograde build --check
	python -m pytest -m "not e2e"

e2e: $(VENV)/.installed ## drive every page in a real browser (needs Debian's chromium)
	python -m pytest -m e2e

screenshots: $(VENV)/.installed ## regenerate the README's pictures from what make e2e sees
	python -m tests.e2e.screenshots

validate: $(VENV)/.installed ## how far the verdicts can be trusted
	autograde validate

bench: $(VENV)/.installed ## speed of the grader and of the reference loops
	python -m tests.benchmarks.grading
	python -m tests.benchmarks.loops

accuracy: $(VENV)/.installed ## the README's table of validation accuracies
	python -m tests.benchmarks.accuracy

references: $(VENV)/.installed ## only what the course says and copies: facts, reference loops, reading matter
	python -m pytest tests/solutions

oldest: ## the same on the oldest TensorFlow and Keras that are supported (Python 3.10 to 3.12)
	$(MAKE) --no-print-directory references VENV=.venv-oldest CONSTRAINTS=constraints/oldest.txt

facts: $(VENV)/.installed ## run every experiment here and rebuild docs/facts.md
	python -m tests.solutions.facts

build: $(VENV)/.installed ## rebuild notebooks/ and the expected arrays from solutions/
	autograde build

lint: $(VENV)/.installed ## ruff and strict types
	ruff check .
	ruff format --check .
	mypy

clean: ## remove the environment and everything generated
	rm -rf $(VENV) .venv-oldest build dist *.egg-info demo-class .pytest_cache .mypy_cache .ruff_cache .hypothesis
