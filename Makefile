# The two commands of a newcomer: `make demo` and `make test`. Everything else is here too.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
CORE   := tests/conformance tests/adapters/formats tests/gateway/cli

.PHONY: demo serve test core check bench install docs clean

install: $(STAMP)

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) .
	touch $@

$(DEV): $(STAMP)
	$(PIP) '.[dev]'
	touch $@

demo: $(STAMP)
	$(BIN)/sdoh-gateway demo

test: $(DEV)
	$(BIN)/python -m pytest -n auto

core: $(DEV)
	$(BIN)/sdoh-gateway doctor
	$(BIN)/python -m pytest -n auto $(CORE)

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV)
	$(BIN)/python bench/adt_to_fhir.py
	$(BIN)/python bench/ccda.py
	$(BIN)/python bench/tables.py --million
	$(BIN)/python bench/csv_convert.py
	$(BIN)/python bench/fhir_cases.py
	$(BIN)/python bench/fhir_speed.py
	$(BIN)/python bench/intake.py

docs: $(DEV)
	$(BIN)/sdoh-gateway doctor --write-docs docs

clean:
	rm -rf $(VENV) .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
