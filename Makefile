# Every target sets up what it needs: `make demo` works on a fresh clone.
PYTHON ?= python3
BUILD ?= build
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# Amaranth's own Yosys writes the Verilog, whatever else is on PATH.
export AMARANTH_USE_YOSYS := builtin
export PYTHONHASHSEED := 0

.PHONY: setup test lint

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

test: $(READY)
	$(BIN)/python -m pytest -m 'not slow'

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
