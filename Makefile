# Two commands matter: `make run` shows the bot trading, `make test` passes the tests.
# Each target makes .venv from plain python3 (3.11+), fetches uv from the package index
# when it is missing, and installs exactly what uv.lock says.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/python -m uv
# Extras for `make install`, for example: make install EXTRAS="tapes report"
EXTRAS ?=
# What `make run` shows: ten simulated minutes of BTC, ten times faster than life.
RUN_ARGS ?= --strategy grid --exchange paper --ticker BTC --speed 10 --duration 10m --seed 7

.PHONY: help install run test check coverage bench bench-peers clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# uv itself: from the index, into the venv, once.
$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11: install Python 3.11 or newer, or call make PYTHON=python3.12"; exit 2; }
	@echo "making $(VENV), once; this takes some seconds"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# A stamp per set of packages, so that a second call starts at once; the kernel is compiled on the way.
KERNEL := $(wildcard simulation/kernel*.py simulation/kernel*.pxd)
$(VENV)/.core: pyproject.toml uv.lock $(KERNEL) | $(BIN)/uv
	@$(UV) sync --quiet --frozen --inexact --no-dev
	@touch $@

$(VENV)/.dev: pyproject.toml uv.lock $(KERNEL) | $(BIN)/uv
	@$(UV) sync --quiet --frozen --inexact
	@touch $@ $(VENV)/.core

install: $(VENV)/.core  ## the core packages, and EXTRAS="tapes report lighter ..." if asked for
ifneq ($(strip $(EXTRAS)),)
	@$(UV) sync --quiet --frozen --inexact --no-dev $(foreach extra,$(EXTRAS),--extra $(extra))
endif

run: $(VENV)/.core  ## watch the grid trade BTC on the simulated venue (RUN_ARGS="..." changes it)
	@$(BIN)/python runbot.py $(RUN_ARGS)

test: $(VENV)/.dev  ## the whole test suite
	@$(BIN)/python -m pytest

check: $(VENV)/.dev  ## ruff and strict mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

coverage: $(VENV)/.dev  ## the tests under coverage, with the 95 % floor
	@$(BIN)/coverage run -m pytest -n0
	@$(BIN)/coverage report --skip-covered

bench: $(VENV)/.dev  ## measure, never judge: every figure of docs/performance.md
	@$(BIN)/python -m benchmarks

bench-peers: $(VENV)/.dev  ## the same race by other backtesters, in environments below build/ (PEERS_ARGS="--rows 5000000")
	@$(BIN)/python -m benchmarks.peers_bench $(PEERS_ARGS)

clean:  ## remove the virtual environment and caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
