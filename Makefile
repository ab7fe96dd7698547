# Two commands for a newcomer: `make demo` shows what ecgen does, `make test` checks all of it.
# Needs python3 (3.11 or newer) and make; everything else goes into .venv, at the versions locked in requirements/.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint format twins bench lock clean
.DELETE_ON_ERROR:

demo: $(VENV)/demo.done
	@$(RUN) docs/demo.py

test: $(VENV)/dev.done
	@$(RUN) -m pytest

lint: $(VENV)/dev.done
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check --isolated generated
	$(RUN) -m ruff format --isolated --check generated
	$(RUN) -m mypy --strict ecgen generated benchmarks tools docs/demo.py tests/typing/accepted.py
	$(RUN) tools/twins.py --check
	$(RUN) -m ecgen check schemas --out generated

format: $(VENV)/dev.done
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

# The asynchronous half of the runtime, from the blocking half.
twins: $(VENV)/dev.done
	$(RUN) tools/twins.py

bench: $(VENV)/dev.done
	@$(RUN) -m benchmarks

# Needs uv on the PATH; the set-up itself does not.
lock:
	requirements/lock --upgrade

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each mark is newer than what it was installed from, or the installation is done again; an interrupted one leaves none.
$(VENV)/python.done:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("ecgen needs Python 3.11 or newer; name one: make PYTHON=python3.12 …")'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/demo.done: $(VENV)/python.done requirements/demo.txt pyproject.toml
	@echo "installing requirements/demo.txt"
	@$(PIP) install --require-hashes -r requirements/demo.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.done: $(VENV)/demo.done requirements/dev.txt pyproject.toml
	@echo "installing requirements/dev.txt"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
