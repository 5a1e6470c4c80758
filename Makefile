PYTHON ?= python3
BIN := .venv/bin
SOURCES := pitstop_docs tests benchmarks tools

.PHONY: demo test sweep lint clean

demo: .venv/installed
	$(BIN)/pitstop demo demo

test: .venv/installed lint
	$(BIN)/pytest -n 2 -q

lint: .venv/installed
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy

sweep: .venv/installed
	$(BIN)/python -m tests.sweep

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=23"
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@

clean:
	rm -rf .venv demo build *.egg-info
