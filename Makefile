# Everything runs from a fresh clone: each target makes the environment it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?= demo

.PHONY: demo test check lint format bench neo4j lock clean help

help: ## what can be made
	@grep -E '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: $(READY) ## real data, a graph, training, and suggestions with their paths
	test -f $(DEMO)/whypath.toml || $(BIN)/whypath demo $(DEMO)
	$(BIN)/whypath --project $(DEMO) validate
	$(BIN)/whypath --project $(DEMO) import
	$(BIN)/whypath --project $(DEMO) train
	$(BIN)/whypath --project $(DEMO) recommend 42 -n 5

test: $(READY) ## the whole suite; real Neo4j included where it can run
	PYTHONPATH=tests/plugins $(BIN)/python -m pytest -p required_markers $(PYTEST_ARGS)

check: $(READY) lint test ## format, lint, types, import contracts and the whole suite

lint: $(READY) ## format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

format: $(READY) ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## latency, import, training and accuracy, each beside something to compare with
	$(BIN)/python benchmarks/latency.py
	$(BIN)/python benchmarks/importing.py
	$(BIN)/python benchmarks/accuracy.py ml-100k

neo4j: $(READY) ## a Neo4j server for a person, from Maven artifacts, until Ctrl-C
	$(BIN)/python tools/neo4j_server.py

lock: ## pin every dependency anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --output-file requirements.lock pyproject.toml

clean: ## remove what make made; the demo project too
	rm -rf $(VENV) $(DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist .coverage
