.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENGINE ?= embedded
JOBS ?= 2
# Compiled modules are kept whatever the caller's shell says: without them every start takes three seconds longer.
export PYTHONDONTWRITEBYTECODE :=

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.uv: deploy/locks/bootstrap.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rung needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/locks/bootstrap.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv deploy/locks/runtime.txt pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r deploy/locks/runtime.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime deploy/locks/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r deploy/locks/dev.txt
	@touch $@

setup: $(VENV)/.dev ## make .venv with everything that development needs

lock: $(VENV)/.uv ## resolve the lock files anew from pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate deploy/locks/bootstrap.in -o deploy/locks/bootstrap.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o deploy/locks/runtime.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra dev -c deploy/locks/runtime.txt pyproject.toml -o deploy/locks/dev.txt

run: $(VENV)/.runtime ## set up and run everything, show the main job, serve on 127.0.0.1:8000 (ENGINE=kafka, RUNG_ONCE=1)
	@$(BIN)/rung run --engine $(ENGINE)

test: $(VENV)/.dev ## set up and run every test, on real PostgreSQL and real Kafka (PYTEST="...", JOBS=2)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST)

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.dev ## ruff, import contracts
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports

types: $(VENV)/.dev ## mypy --strict
	@$(BIN)/mypy

generated: $(VENV)/.dev ## write the generated files anew: OpenAPI, AsyncAPI, event schemas, TypeScript types
	@$(BIN)/rung export

generated-check: $(VENV)/.dev ## the generated files are current, and outside judges accept them
	@$(BIN)/python -m deploy.check_generated

check: lint types test generated-check ## all of it: what must pass on every change

faults: $(VENV)/.dev ## the whole product under a schedule of faults (FAULTS=60, SEED=1), report in .rung/faults
	@$(BIN)/python -m tests.faults.schedule

bench: $(VENV)/.dev ## figures beside their floors, measured in the same run, and .rung/bench.json
	@$(BIN)/python -m deploy.bench

load: $(VENV)/.dev ## how much it takes and what limits it, into docs/load.md and .rung/load.json (LOAD=short)
	@$(if $(filter-out short,$(LOAD)),$(error LOAD=$(LOAD) is no size: leave it out, or say LOAD=short))$(BIN)/python -m deploy.load $(if $(LOAD),--$(LOAD))

.PHONY: help setup lock run test format lint types generated generated-check check faults bench load
