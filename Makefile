## make demo    install in .venv, plan a real deal, print its summary, write its report to plans/bridge-lease.html
## make test    install in .venv, all checks: lint, types, tests
## make quick   the tests that take less than 0.2 s each, in under a minute
## make check   lint and types alone
## make serve   install in .venv, start the service on this machine and print its address (make serve SERVE='--port 8001')
## make browser install Chromium for the tests of the report, where it is missing (Debian, as root)
## make postgresql  install the PostgreSQL server for the tests of the service, where it is missing (Debian, as root)
## make docs    write the pages that follow from tables.toml, plan.toml, the commands and the API, and run the notebook
## make site    build the documentation as a site in build/site, from which it opens without a server
## make benchmarks  compare with other solvers, hours: put the table into docs/benchmarks.md (python -m benchmarks --help)
## make mutants  draw faults by seed and list those that no test notices, hours (python -m benchmarks.mutants --help)
## make clean   remove what these have made
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Tests start the command line hundreds of times: its bytecode is kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
BENCHMARKS := --readme docs/benchmarks.md --plot docs/images/benchmarks.svg
.PHONY: benchmarks mutants help demo serve test quick check browser postgresql docs site clean

help:
	@sed -n 's/^## //p' Makefile

demo: $(VENV)/.installed
	$(BIN)/capopt solve bridge-lease -o plans/bridge-lease --gap 0.005 --time-limit 300 || [ $$? -eq 3 ]
	$(BIN)/capopt report plans/bridge-lease --html plans/bridge-lease.html

serve: $(VENV)/.installed-service
	$(BIN)/capopt serve $(SERVE)

test: check browser postgresql
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadscope --no-loadscope-reorder

quick: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -m 'not slow' -n logical --maxprocesses 4 --dist loadfile

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy

# The report is tested in a real browser.
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name >/dev/null && exit; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	else \
	  echo "The report is tested in a real browser, and none is here. Install Chromium (Debian: apt-get install chromium), then run make again." >&2; exit 1; \
	fi

# The service is tested with a real PostgreSQL.
postgresql:
	@for name in initdb /usr/lib/postgresql/*/bin/initdb; do command -v "$$name" >/dev/null && exit; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
	else \
	  echo "The service is tested with a real PostgreSQL, and none is here. Install it (Debian: apt-get install postgresql), then run make again." >&2; exit 1; \
	fi

docs: $(VENV)/.installed-test
	$(BIN)/python -m optimizer.instance.reference docs/instance-format.md
	$(BIN)/python -m optimizer.cli.reference docs/commands.md
	$(BIN)/python -m optimizer.plan.reference docs/plan.md
	$(BIN)/python -m optimizer.service.openapi docs/openapi.json
	$(BIN)/python docs/site/notebook.py

benchmarks: $(VENV)/.installed-test
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test,benchmarks]'
	$(BIN)/python -m benchmarks $(BENCHMARKS)

mutants: $(VENV)/.installed-test browser postgresql
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test,mutants]'
	$(BIN)/python -m benchmarks.mutants $(MUTANTS)

site: $(VENV)/.installed-test
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) build dist plans .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "capopt needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# The stamps: nothing is installed again unless what is to be installed has changed.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-service: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing capopt and its server in $(VENV); this takes a minute or two, once."
	$(PIP) install --quiet --constraint constraints.txt --editable '.[service]'
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/.installed
