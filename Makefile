# waterplan: `make plan` and `make test` are all a fresh machine needs. Python 3.11 or newer; another one: make plan PYTHON=/path/to/python3
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --root-user-action ignore --constraint constraints.txt

TESTERS := $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$(( n < 3 ? n + 1 : 4 )))# one more than cores, for many tests wait; 4 at most
CORE := waterplan/planning/core
BROWSER_TOOLS := $(if $(shell command -v npm),node_modules/.package-lock.json)

.PHONY: help plan dashboard core wheel ready test test-quick test-all test-lowest lint bench docs site clean
.DEFAULT_GOAL := help

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1@\2/p' $(MAKEFILE_LIST) | awk -F@ '{ printf "%-14s %s\n", $$1, $$2 }'

plan: $(VENV)/.core $(CORE)/_core.so  ## install what is needed and print the least-cost plan of the reference scenario
	@$(BIN)/waterplan plan scenarios/reference.toml

dashboard: $(VENV)/.dashboard $(CORE)/_core.so  ## open the pages in a browser
	@$(BIN)/waterplan dashboard --show

test: ready  ## lint, type check and the tests
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy --no-error-summary & types=$$!; \
	$(BIN)/python -m pytest -q --color=no -n $(TESTERS) --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$types && exit $$tests

test-quick: $(VENV)/.test $(CORE)/_core.so  ## the tests that need neither a minute nor a browser
	@$(BIN)/ruff check --quiet
	@$(BIN)/python -m pytest -q --color=no -n auto --dist loadfile $(addprefix --ignore=,$(shell cat tests/slow.txt))

test-all: lint  ## the same with the tests that take minutes
	@$(BIN)/python -m pytest -q --color=no -m ''

test-lowest: $(VENV)/.test $(CORE)/_core.so  ## every command with the oldest versions that pyproject.toml admits
	@$(BIN)/python -m pytest -q --color=no -m '' tests/house/test_installs.py -k oldest

ready: $(VENV)/.test $(CORE)/_core.so $(BROWSER_TOOLS)

lint: ready  ## ruff and mypy
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy --no-error-summary

bench: $(VENV)/.bench $(CORE)/_core.so  ## measure and write benchmarks/RESULTS.md
	@$(BIN)/python benchmarks/run.py

docs: $(VENV)/.core $(CORE)/_core.so  ## write docs/model.md anew from the docstrings and the vocabulary
	@$(BIN)/python docs/build.py

site: $(VENV)/.site $(CORE)/_core.so  ## the documentation as a site of its own, in build/site/index.html (a few minutes: the notebooks are run)
	@$(BIN)/python docs/site/build.py

core: | $(VENV)/.core  ## compile the planner's core anew; what needs it does so when a source has changed
	@rm -f $(CORE)/_core.so
	@$(BIN)/python $(CORE)/compiler.py

wheel: $(VENV)/.core  ## build a wheel for this platform in dist/, with the compiled core and the shipped study's bundle
	@$(BIN)/python -m pip -qq --disable-pip-version-check wheel --no-deps --wheel-dir dist .
	@ls dist/waterplan-*.whl

clean:  ## remove caches and builds; the environment stays (rm -r .venv)
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +

$(BIN)/pip:
	@if [ -z "$(PYTHON)" ]; then echo "waterplan needs Python 3.11 or newer and found none. If you have it: make plan PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "waterplan needs Python 3.11 or newer; $(PYTHON) is %d.%d. Another one: make plan PYTHON=/path/to/python3" % v[:2])'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing waterplan into $(VENV) (once; some minutes) ..." >&2
	@$(INSTALL) --editable .
	@touch $@

$(CORE)/_core.so: $(CORE)/compiler.py $(wildcard $(CORE)/*.cpp $(CORE)/*.h) | $(VENV)/.core
	@$(BIN)/python $(CORE)/compiler.py

$(VENV)/.dashboard: $(VENV)/.core
	@echo "Installing what the pages need (once; some minutes) ..." >&2
	@$(INSTALL) --editable '.[dashboard]'
	@touch $@

$(VENV)/.test: $(VENV)/.core
	@echo "Installing what the tests need (once; some minutes) ..." >&2
	@$(INSTALL) --editable '.[dashboard,report,batch,peers,test]'
	@touch $@

node_modules/.package-lock.json: package.json .npmrc
	@echo "Installing what lints and checks the browser's modules (once) ..." >&2
	@npm install --no-audit --no-fund --silent
	@touch $@

$(VENV)/.site: $(VENV)/.core
	@echo "Installing what the site needs (once) ..." >&2
	@$(INSTALL) --editable '.[report,batch,peers,site]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	@echo "Installing what the benchmarks compare with (once) ..." >&2
	@$(INSTALL) --editable '.[dashboard,report,batch,peers,test,bench]'
	@touch $@
