# The same commands for people and for CI. Everything they need is made by packaging/bootstrap.sh on the way.

PYTHON_IN_VENV := .venv/bin/python
# One more than the cores of a small machine: the tests wait a third of their time, most of all those of the window.
WORKERS ?= 3
ARGS ?=
PYTEST := -m pytest -n $(WORKERS)
# Tests of one desktop wait for each other; where there is none, handing out tests in lots costs half as much.
BY_GROUP := --dist loadgroup
BY_LOT := --dist load --maxschedchunk 16

export PYTHON
# Tests start hundreds of processes: with their modules compiled once, each is a third quicker.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test clients api crash model policies check format demo screenshots bench coverage clean

help: ## list these commands
	@echo "Holdall: an object store in a window. Commands:"
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo "ARGS=\"…\" is handed on to run, test, crash, model, policies, screenshots and bench; PYTHON=… chooses the interpreter."

run: ## open the window
	@sh packaging/bootstrap.sh run
	@exec $(PYTHON_IN_VENV) main.py $(ARGS)

test: ## run the whole test suite without a display; the engine's part where Qt is not installed
	@sh packaging/bootstrap.sh test
ifneq ($(strip $(ARGS)),)
	$(PYTHON_IN_VENV) $(PYTEST) $(BY_GROUP) $(ARGS)
else
	$(PYTHON_IN_VENV) $(PYTEST) $(BY_GROUP) tests/app tests/e2e tests/meta
	.venv-engine/bin/python $(PYTEST) $(BY_LOT) tests/engine tests/server tests/cli
endif

clients: ## hold other people's clients (Supabase's, tus-js-client, curl, Chromium) against the server, and count the checks
	@sh packaging/bootstrap.sh test
	$(PYTHON_IN_VENV) -m pytest -q -s tests/server/test_storage3.py tests/server/test_storage_js.py tests/server/test_tus_js.py \
		tests/server/test_clients.py tests/server/test_browser.py $(ARGS)

api: ## ask the server 100 things of every kind that its OpenAPI document allows, and hold the answers against it
	@sh packaging/bootstrap.sh test
	API_EXAMPLES=100 $(PYTHON_IN_VENV) -m pytest -q -s tests/server/test_openapi.py $(ARGS)

crash: ## kill a process 500 times and cut the power 1,000 times, and hold what is left against what was acknowledged
	@sh packaging/bootstrap.sh test
	$(PYTHON_IN_VENV) -m tests.engine.crash.run $(ARGS)

model: ## play 20,000 random steps, several threads at once among them, against a model of dictionaries, and let readers race
	@sh packaging/bootstrap.sh test
	RACE_STEPS=100 $(PYTHON_IN_VENV) $(PYTEST) $(BY_GROUP) -q tests/engine/journal/test_readers.py
	$(PYTHON_IN_VENV) -m tests.engine.model.run $(ARGS)

policies: ## compare 20,000 random policies with what a real PostgreSQL makes of them, and try 20,000 texts that are nearly policies
	@sh packaging/bootstrap.sh test
	$(PYTHON_IN_VENV) -m tests.engine.policies.run $(ARGS)

check: ## format, lint, types and layers
	@sh packaging/bootstrap.sh check
	$(PYTHON_IN_VENV) -m ruff format --check .
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m mypy
	$(PYTHON_IN_VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

format: ## put the code into its form and mend what the linter can mend
	@sh packaging/bootstrap.sh check
	$(PYTHON_IN_VENV) -m ruff check --fix --exit-zero .
	$(PYTHON_IN_VENV) -m ruff format .

demo: ## play the main job in the real window on a virtual display; screenshots land in demo-screenshots/
	@sh packaging/bootstrap.sh demo
	$(PYTHON_IN_VENV) tests/e2e/demo.py --out demo-screenshots

tour: ## browse the real window on a virtual display with mouse and keyboard; screenshots land in tour-screenshots/
	@sh packaging/bootstrap.sh demo
	$(PYTHON_IN_VENV) tests/e2e/demo.py --tour --out tour-screenshots

screenshots: ## take a picture of every view and dialog in both themes, on a virtual display, into screenshots/
	@sh packaging/bootstrap.sh demo
	$(PYTHON_IN_VENV) tests/screenshots/run.py $(ARGS)

bench: ## measure against cp, restic, rclone, nginx, copyparty and Starlette
	@sh packaging/bootstrap.sh bench
	$(PYTHON_IN_VENV) -m tests.benchmarks.run $(ARGS)

coverage: ## run the tests and hold the floors of branch coverage
	@sh packaging/bootstrap.sh test
	$(PYTHON_IN_VENV) $(PYTEST) $(BY_GROUP) --cov --cov-report= $(ARGS)
	$(PYTHON_IN_VENV) -m coverage report --include='engine/*' --fail-under=95
	$(PYTHON_IN_VENV) -m coverage report --include='app/*' --fail-under=80

clean: ## remove what these commands made
	rm -rf .venv .venv-engine .venv-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* \
		htmlcov demo-screenshots tour-screenshots screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
