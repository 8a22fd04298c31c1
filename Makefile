# Every target sets up what it needs: on a fresh clone `make demo` and `make test` are enough.
#   make demo ARGS="--size-ratio 0.3"      make synth LIBERTY=my.lib      make sim SIMULATOR=icarus
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
BUILD ?= build
ARGS ?=
PLAN ?= resnet20
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
READY_FPGA := $(VENV)/ready-fpga
SETTINGS := --build $(BUILD) \
	$(if $(LIBERTY),--liberty $(LIBERTY)) $(if $(SIMULATOR),--simulator $(SIMULATOR)) $(ARGS)

# Amaranth's own Yosys writes the Verilog, whatever else is on PATH.
export AMARANTH_USE_YOSYS := builtin
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := help
.PHONY: help setup demo allocate sim networks sweep benchmark synth fpga report train \
	test soak lint format clean

help:
	@echo 'make demo     network -> bits per layer -> simulated engine -> area; ends with a report'
	@echo 'make test     the regression against golden outputs'
	@echo 'make allocate bits per layer only        make sim      the simulated engine only'
	@echo 'make synth    area, energy                make report   draw the last report again'
	@echo 'make fpga     LUTs, flip-flops and clock on FPGAs; ARGS="--array edge --device ecp5-85k"'
	@echo 'make networks  whole networks on the simulated engine, cycles and utilization'
	@echo 'make sweep    accuracy against size, several methods and seeds, as a page'
	@echo 'make benchmark  the comparison on CIFAR-10; ARGS="--weights FILE --data cifar10:FOLDER"'
	@echo 'make benchmark PLAN=synth  the comparison of arrays; ARGS="--liberty FILE ..." too'
	@echo 'make soak     the long checks too        make lint     ruff and pyright'
	@echo 'make train    the shipped checkpoint     make clean    forget all results'
	@echo
	@echo 'LIBERTY=cells.lib   another cell library    SIMULATOR=icarus   another simulator'
	@echo 'ARGS="--seeds 7"    any flag of: $(BIN)/sigmaquant demo --help'

setup: $(READY)

# pip's own bars would flood a log, and quiet it seems dead: the names of what it fetches are enough.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'make: Python 3.11 or newer is needed; name one with PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'make: Python has no venv module; on Debian and Ubuntu: apt install python3-venv' >&2; \
		exit 1; }
	@command -v c++ >/dev/null || \
		echo 'make: no C++ compiler: simulation will need one (apt install build-essential)' >&2
	@echo 'Setting up $(VENV) with pinned packages, about a minute:'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --no-input \
		--constraint constraints.txt --editable '.[dev]' 2> >(grep -v '^WARNING' >&2) \
		| while read -r word name _; do \
			case "$$word $$name" in \
				'Collecting '*) printf '%s ' "$${name%%[<>=~]*}" ;; \
				'Installing collected') printf '\ninstalling ...\n' ;; \
			esac; \
		done
	@touch $@

# nextpnr is 100 MB that only this needs.
$(READY_FPGA): $(READY)
	@echo 'Adding nextpnr to $(VENV), about a minute:'
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --no-input --quiet \
		--constraint constraints.txt --editable '.[fpga]' 2> >(grep -v '^WARNING' >&2)
	@touch $@

demo allocate: $(READY)
	@$(BIN)/sigmaquant $@ $(SETTINGS)

sim: $(READY)
	@$(BIN)/sigmaquant simulate $(SETTINGS)

networks: $(READY)
	@$(BIN)/sigmaquant networks --build $(BUILD) \
		$(if $(SIMULATOR),--simulator $(SIMULATOR)) $(ARGS)

sweep: $(READY)
	@$(BIN)/sigmaquant sweep --build $(BUILD) $(ARGS)

benchmark: $(READY)
	@$(BIN)/sigmaquant benchmark $(PLAN) --build $(BUILD) \
		$(if $(filter synth,$(PLAN)),$(if $(LIBERTY),--liberty $(LIBERTY))) $(ARGS)

synth: $(READY)
	@$(BIN)/sigmaquant synth $(SETTINGS)

fpga: $(READY_FPGA)
	@$(BIN)/sigmaquant fpga --build $(BUILD) $(ARGS)

report: $(READY)
	@$(BIN)/sigmaquant report --build $(BUILD)

train: $(READY)
	@$(BIN)/sigmaquant train $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -m 'not slow' $(ARGS)

soak: $(READY)
	@$(BIN)/python -m pytest $(ARGS)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf $(BUILD)
