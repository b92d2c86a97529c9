# The two commands of a newcomer: `make demo` and `make test`. Everything else is here too.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
CORE   := tests/conformance tests/adapters/formats tests/gateway/cli

.PHONY: demo test core check bench install docs clean

install: $(STAMP)

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/sdoh-gateway demo

test: $(STAMP)
	$(BIN)/python -m pytest -n auto

core: $(STAMP)
	$(BIN)/sdoh-gateway doctor
	$(BIN)/python -m pytest -n auto $(CORE)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python bench/adt_to_fhir.py

docs: $(STAMP)
	$(BIN)/sdoh-gateway doctor --write-docs docs

clean:
	rm -rf $(VENV) .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
