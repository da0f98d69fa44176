# closewait: what can be made here. `make` alone prints this list.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCORES := ../shared/score

.DEFAULT_GOAL := help
.PHONY: help run test check docs bench fuzz soak score clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/installed  ## install closewait here and examine this machine
	@$(BIN)/closewait; status=$$?; \
	if [ $$status -gt 3 ]; then exit $$status; fi

test: packages check  ## install everything and run every check and test
	$(BIN)/pytest --numprocesses 3 --dist worksteal

check: $(VENV)/developed  ## format, lint, types, imports and generated pages, without the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/write_docs.py --check

docs: $(VENV)/developed  ## write the generated pages and the README's sample again
	$(BIN)/python tools/write_docs.py

bench: $(VENV)/developed packages  ## measure beside ss, netstat, lsof, psutil and jc (root; some minutes)
	@$(BIN)/python -m compileall -q src  # as an installed package is; some environments keep Python from doing it
	$(BIN)/python -m bench

fuzz: $(VENV)/developed  ## hand in any bytes, ten minutes (TARGET=dumps, reports, evidence, filters; SECONDS=600)
	@$(BIN)/pip install --quiet --constraint constraints.txt --group fuzz
	$(BIN)/python -m fuzz --target $(or $(TARGET),dumps) --seconds $(or $(SECONDS),600)

soak: $(VENV)/developed packages  ## look at healthy traffic for half an hour; nothing may be accused (root; MINUTES=30)
	$(BIN)/python -m soak --minutes $(or $(MINUTES),30)

score: $(VENV)/developed  ## score the readers and the verdicts on sample collections, where they are at hand
	@if [ -d $(SCORES) ]; then \
		PATH="$(CURDIR)/$(BIN):$$PATH"; export PATH; \
		for score in $(SCORES)/*.py; do echo "== $$(basename $$score)"; $(BIN)/python $$score --quiet || true; done; \
	else echo "There is no $(SCORES): nothing to score."; fi

clean:  ## remove what the targets above have made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: packages
packages:
	@sh tools/debian_packages.sh

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "closewait needs Python 3.11 or newer; name one with: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "no venv module here; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml constraints.txt
	@echo "installing closewait into $(VENV) (once)" >&2
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/developed: $(VENV)/installed
	@echo "installing the tools for development into $(VENV) (once)" >&2
	@$(BIN)/pip install --quiet --constraint constraints.txt --group dev
	@touch $@
