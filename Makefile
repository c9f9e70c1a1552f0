# Everything that is done with this project has one door here. CI goes through the same ones.

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
AUCTION ?= reverse

# What the chain is built from; its tests do not count.
GO_SOURCES := $(shell find localnet -type f \( -name '*.go' -o -name '*.json' -o -name 'go.mod' -o -name 'go.sum' \) \
	-not -name '*_test.go' -not -path '*/testdata/*' 2>/dev/null)

.PHONY: help setup build demo demo-ibc demo-partition check lint format test test-long gen lock dist clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Python environment, dependencies and Go; nothing is done twice
	@scripts/bootstrap

build: setup build/plurid build/aliend ## the chain's binary build/plurid (and one of a foreign chain, for tests)

build/plurid build/aliend: build/%: $(GO_SOURCES) scripts/build-go plurichain/__init__.py
	@scripts/build-go $*

demo: build ## a sealed auction from the first bid to the last payment; AUCTION=forward plays a sale, SLOWER=3 gives time
	@.venv/bin/plurichain demo --auction $(AUCTION) --folder build/demo $(SLOWER:%=--slower %)

demo-ibc: build ## a day of metered energy that crosses three linked grids, to the last Wh; SLOWER=3 gives time
	@.venv/bin/plurichain demo grids --folder build/demo $(SLOWER:%=--slower %)

demo-partition: build ## two grids cut off from each other in the middle of it, and not one Wh lost; SLOWER=3 gives time
	@.venv/bin/plurichain demo partition --folder build/demo $(SLOWER:%=--slower %)

check: setup ## format, lint, types, layers, unit and property tests: before every commit
	@$(PYTHON) -m scripts.run_suites check

format: setup ## put the format right
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix --exit-zero --quiet .
	@. scripts/go-env && cd localnet && find . -name '*.go' -not -name '*.pb.go' | xargs gofmt -w

lint: setup ## everything that judges without running
	@$(PYTHON) -m scripts.run_suites lint

test: build ## everything that CI runs, with the time of each suite; WITHOUT=name leaves something out
	@$(PYTHON) -m scripts.run_suites test

test-long: build ## long runs, all or PART=name; `make test-long PART=list` names them
	@$(PYTHON) -m scripts.run_suites test-long $(PART)

gen: setup ## generated code, vectors and documents
	@set -e; PATH="$(CURDIR)/.venv/bin:$$PATH"; for script in scripts/gen-*; do echo "==> $$script"; $$script; done

lock: setup ## requirements.lock anew, after a dependency in pyproject.toml changed
	@scripts/lock

dist: setup ## wheel and sdist, in build/dist
	@rm -rf build/dist
	@$(PYTHON) -m build --no-isolation --outdir build/dist .

clean: ## whatever can be made again, but not the environment
	rm -rf build coverage .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
