# Start with `make demo`, which runs the worked example, and `make test`, which runs all tests.
# Needs python3 (3.11 or newer) and make; everything else goes into .venv, at the versions locked in requirements/.

# The oldest suitable Python, so that the oldest supported version is tested; PYTHON=… selects another.
PYTHON ?= $(eval PYTHON := $(shell tools/pythons oldest))$(PYTHON)
VENV := .venv
VENV8 := .venv-client8
RUN := $(VENV)/bin/python
INSTALL := UV=$(VENV)/bin/uv tools/install

.PHONY: demo test test-quick soak coverage lint format twins bench lock release-check clean
.DELETE_ON_ERROR:

demo: $(VENV)/demo.done
	@$(RUN) docs/demo.py

test: $(VENV)/dev.done $(VENV8)/client8.done
	@$(RUN) tools/suite.py

# Short tests that need no server: under a minute.
test-quick: $(VENV)/dev.done
	@$(RUN) -m pytest -q -n 2 --quick

# Tests that take too long for `make test`: tests/soak, more examples of random mappings, what `make test` runs on one server, on
# both, and every test of the runtime with the client 8.19 (but for those of the twins, which send nothing and need ruff).
soak: $(VENV)/dev.done $(VENV8)/client8.done
	@$(RUN) -m pytest -v tests/soak
	@ECGEN_EXAMPLES=1000 $(RUN) -m pytest -q tests/adopt/test_round_trip.py tests/review/test_random_on_servers.py
	@ECGEN_EVERYWHERE=1 $(RUN) -m pytest -q -n 3 $(wildcard tests/runtime/test_aio_*.py) tests/runtime/test_loading.py
	@ECGEN_TEST_SERVERS=es8 $(VENV8)/bin/python -m pytest -q -n 3 -p no:cacheprovider tests/runtime --ignore tests/runtime/test_twins.py

# ecgen/runtime must be covered to at least 95 %, branches included.
coverage: $(VENV)/dev.done
	@$(RUN) -m pytest --cov --cov-report=term-missing:skip-covered tests/runtime

lint: $(VENV)/dev.done
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check --isolated generated
	$(RUN) -m ruff format --isolated --check generated
	$(RUN) -m mypy --strict ecgen generated benchmarks tools docs/demo.py tests/typing/accepted.py tests/typing/service.py
	$(RUN) tools/twins.py --check
	$(RUN) -m ecgen check schemas --out generated

format: $(VENV)/dev.done
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

# Generate the asynchronous half of the runtime from the blocking one.
twins: $(VENV)/dev.done
	$(RUN) tools/twins.py

bench: $(VENV)/dev.done
	@$(RUN) -m benchmarks $(ARGS)

# Find problems that must not be published, such as a placeholder address.
release-check: $(VENV)/dev.done
	@$(RUN) tools/release_check.py

lock: $(VENV)/python.done
	UV=$(VENV)/bin/uv requirements/lock --upgrade

clean:
	rm -rf $(VENV) $(VENV8) .venv-3.* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each .done file is newer than its sources, or the installation is repeated; an interrupted one leaves no .done file.
$(VENV)/python.done:
	@test -n "$(PYTHON)" || { echo "ecgen needs Python 3.11 or newer with venv, and there is none; name one: make PYTHON=… …"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("ecgen needs Python 3.11 or newer; name one: make PYTHON=python3.12 …")'
	@echo "making $(VENV) with $$($(PYTHON) --version) ($(PYTHON))"
	@$(PYTHON) -m venv --clear $(VENV)
	@tools/get-uv $(RUN)
	@touch $@

$(VENV)/demo.done: $(VENV)/python.done requirements/demo.txt pyproject.toml
	@echo "installing requirements/demo.txt"
	@$(INSTALL) $(RUN) --require-hashes --no-deps -r requirements/demo.txt
	@$(RUN) -m pip uninstall -qq --yes ecgen # the distribution's name before it was ecgen-es: two would own one command
	@$(INSTALL) $(RUN) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.done: $(VENV)/demo.done requirements/dev.txt pyproject.toml
	@echo "installing requirements/dev.txt"
	@$(INSTALL) $(RUN) --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

$(VENV8)/client8.done: $(VENV)/python.done requirements/client8.txt pyproject.toml
	@echo "installing requirements/client8.txt"
	@$(RUN) -m venv --clear --without-pip $(VENV8)
	@$(INSTALL) $(VENV8)/bin/python --require-hashes --no-deps -r requirements/client8.txt
	@$(INSTALL) $(VENV8)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@
