# make run: everything, on a bare machine. make test: the same with the tests' own needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
# A stamp is as new as the list it was installed from, so that a second run installs nothing.
STAMPS := $(VENV)/.installed
ENGINE_STAMP := $(shell bin/wants-engine && echo $(STAMPS)-engine)
# Checks do not depend on this machine's .env.
CHECKED := $(BIN)/python manage.py

.PHONY: help setup run test test-needs lint bench bench-voice bench-transcripts bench-calls soak fuzz drill-rooms clean

help: ## What can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(STAMPS)-site $(ENGINE_STAMP) ## Make .venv and install what the site needs

run: setup ## Start everything and print where to go
	@exec $(BIN)/python manage.py up

test: test-needs ## Run every test, in Python, a browser and Node
	$(BIN)/python -m pytest $(PYTEST_ARGS)
	node --test $(wildcard tests/js/*.test.mjs)

test-needs: $(STAMPS)-site $(STAMPS)-engine $(STAMPS)-dev
	@bin/install-test-programs

lint: $(STAMPS)-site $(STAMPS)-engine $(STAMPS)-dev ## Check style, types, migrations and static files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(CHECKED) check --settings tests.settings --fail-level WARNING
	$(CHECKED) makemigrations --check --dry-run --settings tests.settings
	$(CHECKED) collectstatic --no-input --verbosity 0 --settings tests.manifest_settings

bench: $(STAMPS)-site $(STAMPS)-dev ## Measure rooms beside other servers (twelve minutes; let nothing else run)
	$(BIN)/python bench/rooms_bench.py $(BENCH_ARGS)

bench-voice: test-needs ## Measure the wait for a voice (some minutes; let nothing else run)
	$(BIN)/python bench/voice_latency.py

bench-transcripts: test-needs ## Whether conversations stay quick at 10,000, on SQLite and PostgreSQL (six minutes)
	$(BIN)/python bench/transcripts.py

bench-calls: test-needs ## What running calls cost a web process, and when it is late (12 minutes, alone)
	$(BIN)/python bench/voice_load.py

soak: test-needs ## Rooms for an hour: memory, descriptors and Redis keys must stay flat (SOAK_ARGS="--minutes 3")
	$(BIN)/python bench/rooms_soak.py $(SOAK_ARGS)

fuzz: test-needs ## Random cases, fifty times more than the tests try (twenty minutes)
	ROOMTONE_FUZZ=50 $(BIN)/python -m pytest -m fuzz

drill-rooms: test-needs ## Every fault of rooms once, under load, and who was told of what (four minutes)
	$(BIN)/python bench/rooms_faults.py

clean: ## Remove what was installed or built; .local/ with its data stays
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@python=$$(bin/find-python); echo "Making $(VENV) with $$python."; "$$python" -m venv $(VENV)

$(STAMPS)-site: requirements.txt | $(BIN)/python
	@echo "Installing the site's packages."
	@$(PIP_INSTALL) -r $<
	@touch $@

$(STAMPS)-engine: requirements-engine.txt $(STAMPS)-site
	@echo "Installing the speech engine's packages, about 300 MB."
	@$(PIP_INSTALL) -r $<
	@touch $@

$(STAMPS)-dev: requirements-dev.txt $(STAMPS)-site
	@echo "Installing what the tests and checks need."
	@$(PIP_INSTALL) -r $<
	@touch $@
