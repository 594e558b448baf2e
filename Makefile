# The project's commands. Each works in a fresh clone; CI runs `make test check` (.ci/run).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := nearfar-demo

.PHONY: help demo test coverage check format lint types imports spelling clean

help: ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/.user ## Install nearfar and turn the bundled photographs into depth maps: the main job
	$(BIN)/nearfar demo -o $(DEMO) --overwrite

test: $(VENV)/.test ## Install what the tests need and run them
	$(BIN)/python -m pytest -n auto

coverage: $(VENV)/.test ## Which lines do the tests run?
	$(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered

check: format lint types imports spelling test ## Everything that CI checks

format: $(VENV)/.test ## Is every file formatted? (mend: .venv/bin/ruff format)
	$(BIN)/ruff format --check

lint: $(VENV)/.test ## Lint (mend: .venv/bin/ruff check --fix)
	$(BIN)/ruff check

types: $(VENV)/.test ## Check types
	$(BIN)/mypy

imports: $(VENV)/.test ## Do imports go down only?
	$(BIN)/lint-imports

spelling: $(VENV)/.test ## Spelling
	$(BIN)/codespell src tests docs *.md

clean: ## Remove what these commands made
	rm -rf $(VENV) $(DEMO) dist build .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.user: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,test]'
	@touch $@
