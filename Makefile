# The commands for people and for CI; `.ci/run` calls the same ones.
PYTHON ?= python3
VENV   ?= .venv
# With `EXTRAS=dev,diffusion`, the diffusion engine's tests run too: torch is a gigabyte.
EXTRAS ?= dev
BIN    := $(VENV)/bin
comma  := ,
# What is installed: other EXTRAS are installed when they are asked for.
DEV    := $(VENV)/.installed-$(subst $(comma),-,$(EXTRAS))

.PHONY: help serve test live check format bench bench-proxy bench-engine gallery conformance reliability clean

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1@/p' $(MAKEFILE_LIST) | column -t -s@

serve: $(VENV)/.installed ## start on 127.0.0.1:8080 (PORT=, HOST=, DATA= override)
	@exec $(BIN)/tintype serve

test: $(DEV) ## run all tests
	$(BIN)/pytest -q -n auto --dist worksteal

live: $(DEV) ## ask every provider whose key is here for a real picture: costs money
	$(BIN)/pytest -q -m live tests/live

check: $(DEV) ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## put the code into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV) ## start-up time, time per picture, peak memory
	$(BIN)/python -m benchmarks.bench

bench-proxy: $(DEV) ## beside nginx and LiteLLM as a proxy (needs nginx-light and wrk); writes docs/performance.md
	$(BIN)/python -m benchmarks.proxy --write

bench-engine: $(DEV) ## the diffusion engine beside the bare call (EXTRAS=dev,diffusion); writes docs/performance.md
	$(BIN)/python -m benchmarks.engine --write

conformance: $(DEV) ## drive real clients against the server, and write the table of the README
	$(BIN)/python -m conformance

reliability: $(DEV) ## kill the real server at random moments, storm it, run two: docs/reliability.md
	$(BIN)/python -m reliability --minutes 20 --write

gallery: $(DEV) ## draw docs/gallery.md anew
	$(BIN)/python scripts/make_gallery.py

clean: ## remove what was installed and cached
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .conformance .bench

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tintype needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Say which with PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "This Python cannot make a virtual environment. On Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.installed
