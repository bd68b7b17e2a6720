# Two commands on a fresh Debian or Ubuntu machine: `make run` and `make test`.
# Needed beforehand: make, git, Python 3.11 or newer, and root or sudo for Debian packages.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The distribution's Python where it will do: it is built with profiles of real programs (a fifth
# less processor time) and mended with the system. Else the first on the path that is new enough;
# override with `make PYTHON=/path/to/python3 …`.
PYTHON ?= $(shell for check in 'import ensurepip' 'pass'; do \
	for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
		command -v $$p >/dev/null \
		&& $$p -c "import sys; $$check; sys.exit(sys.version_info < (3, 11))" 2>/dev/null \
		&& command -v $$p && exit; done; done)
VENV := .venv
MODEL := var/models/.ready
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
PACKAGES := dovecot-imapd postfix postgresql openssl tesseract-ocr poppler-utils \
	systemd systemd-container dbus curl faketime iproute2
# Ubuntu has Chromium as a snap alone, which no test can start: there Playwright brings one.
IS_UBUNTU := $(shell grep -qs '^ID=ubuntu' /etc/os-release && echo yes)
PACKAGES += $(if $(IS_UBUNTU),,chromium)
# For an identity provider that others wrote; not where Node came from elsewhere.
PACKAGES += $(shell command -v npm >/dev/null || echo npm)
PYTEST := $(BIN)/pytest

.PHONY: help setup run test check unit servers bench soak audit fuzz install rollback clean

help: ## Say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(MODEL) ## Build .venv with everything pinned, and learn the model

$(VENV)/.ready: pyproject.toml constraints.txt Makefile
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed: install python3." >&2; exit 1; fi
	@# Debian ships venv apart from Python: bring it along where it is missing.
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "Installing python3-venv …"; $(SUDO) apt-get update -qq; \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			"python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		--group dev --editable .
	@touch $@

# The model that `explain`, the demo and the tests use, learnt from the examples on this machine.
$(MODEL): $(VENV)/.ready $(wildcard config/*.toml config/examples/*.jsonl) \
		$(shell find daemon/classify -name '*.py')
	$(BIN)/assurance learn --if-needed --state var
	@mkdir -p $(@D) && touch $@

run: setup ## Show a sample day on the embedded default: SQLite and Maildirs
	$(BIN)/assurance demo

check: setup ## Lint, format, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/assurance check

servers: $(VENV)/.ready ## Install the servers that the tests start for themselves
	@missing=$$(for p in $(PACKAGES); do \
		dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo "Installing" $$missing "…"; \
		if [ ! -e /usr/sbin/policy-rc.d ]; then \
			printf '#!/bin/sh\nexit 101\n' | $(SUDO) tee /usr/sbin/policy-rc.d >/dev/null; \
			$(SUDO) chmod +x /usr/sbin/policy-rc.d; \
			trap '$(SUDO) rm -f /usr/sbin/policy-rc.d' EXIT; \
		fi; \
		$(SUDO) apt-get update -qq; \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends $$missing >/dev/null; \
	fi
	$(if $(IS_UBUNTU),$(BIN)/playwright install --with-deps chromium)

unit: setup ## The tests that need no server
	$(PYTEST) tests/unit

test: setup servers check ## Everything, on real servers
	rm -f .coverage .coverage.*
	$(PYTEST) --cov --cov-report= --numprocesses 2 --dist loadfile tests/unit tests/integration
	$(PYTEST) --cov --cov-report= --cov-append --numprocesses 2 --dist loadfile \
		-m "not alone" tests/acceptance
	@# What measures seconds has the machine for itself.
	$(PYTEST) --cov --cov-report= --cov-append -m alone tests/acceptance
	$(BIN)/coverage report --fail-under=90

bench: setup servers ## Measure; prints a table, and draws plots into var/bench
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	$(BIN)/python -m benchmarks

soak: PACKAGES += libreoffice-calc-nogui
soak: setup servers ## The long runs: kills, a busy year, the workbook in LibreOffice
	ASSURANCE_SOAK=1 $(PYTEST) -m soak --override-ini addopts="-ra --import-mode=importlib" tests/acceptance

audit: setup ## Ask PyPI which of the packages have known weaknesses (needs the internet)
	$(BIN)/python -m pip check
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group audit
	$(BIN)/pip-audit -r constraints.txt --no-deps --disable-pip --progress-spinner off

FUZZ_S ?= 900
fuzz: setup ## Make mails up for a quarter of an hour (FUZZ_S=seconds); a crash lies in var/fuzz
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group fuzz
	mkdir -p var/fuzz/found var/fuzz/seeds
	find samples -name '*.eml' -exec cp {} var/fuzz/seeds/ \;
	cd var/fuzz && PYTHONPATH=$(CURDIR) $(CURDIR)/$(BIN)/python -m tests.fuzz.mail found seeds \
		-max_total_time=$(FUZZ_S) -timeout=20 -rss_limit_mb=3000

install: ## Install or upgrade the service on this machine (as root)
	@systemd/install.sh "$(PYTHON)"

rollback: ## Go back to the version that was installed before (as root)
	@systemd/roll-back.sh

clean: ## Remove everything that was built
	rm -rf $(VENV) build dist var .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
