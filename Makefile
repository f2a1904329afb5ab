# Everything runs from a fresh clone: each target makes the environment it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODELS := $(VENV)/.models
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes
DEMO ?= demo
# Processes of the suite; one, where all would clear the same server's graph.
WORKERS ?= $(if $(WHYPATH_TEST_NEO4J_URI),0,2)

.PHONY: demo models test check lint format bench audit neo4j lock clean help

help: ## what can be made
	@grep -E '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The locks are complete: --no-deps keeps pip from resolving anew, where it takes a newer release of
# what another package asks for with an extra (`coverage[toml]`) and then misses its hash.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-deps --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $(READY)

# torch, pykeen, dgl and sentence-transformers: some 5 GB that the demo does without.
$(MODELS): $(READY) requirements-models.lock
	$(PIP) --no-deps --require-hashes -r requirements-models.lock
	touch $(MODELS)

models: $(MODELS) ## the environment with torch, pykeen, dgl and sentence-transformers

demo: $(READY) ## real data, a graph, training, and suggestions with their paths
	test -f $(DEMO)/whypath.toml || $(BIN)/whypath demo $(DEMO)
	$(BIN)/whypath --project $(DEMO) validate
	$(BIN)/whypath --project $(DEMO) import
	$(BIN)/whypath --project $(DEMO) train
	$(BIN)/whypath --project $(DEMO) recommend 42 -n 5

test: $(MODELS) ## the whole suite; real Neo4j included where it can run
	PYTHONPATH=tests/plugins $(BIN)/python -m pytest -p required_markers -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(MODELS) lint test ## format, lint, types, import contracts and the whole suite

lint: $(MODELS) ## format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	test ! -x $(BIN)/hadolint || $(BIN)/hadolint Dockerfile # there is none for every system

format: $(READY) ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(MODELS) ## latency, import, training and accuracy, each beside something to compare with
	$(BIN)/python benchmarks/latency.py
	$(BIN)/python benchmarks/importing.py
	$(BIN)/python benchmarks/accuracy.py ml-100k

audit: $(READY) ## known vulnerabilities of what the locks pin, where the service can be asked
	$(BIN)/python tools/audit.py

neo4j: $(READY) ## a Neo4j server for a person, from Maven artifacts, until Ctrl-C
	$(BIN)/python tools/neo4j_server.py

lock: ## pin every dependency anew
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --extra all --constraint requirements.lock --output-file requirements-models.lock pyproject.toml
	echo hatchling | $(COMPILE) --extra trace --constraint requirements.lock --output-file requirements-app.lock pyproject.toml -

clean: ## remove what make made; the demo project too
	rm -rf $(VENV) $(DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist .coverage
