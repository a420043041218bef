# The commands of the project. Each of them makes the virtual environment first.
#   make run     everything on this machine: http://127.0.0.1:8000, Ctrl-C stops it
#   make test    all tests, on a PostgreSQL and a Redis of their own
#   make check   style, import directions, types, migrations, settings, texts
#   make demo    500 applications over HTTP, with a verdict on every outcome
#   make bench   the figures, each with its ratio last
#   make seed    load the synthetic city into the database of `make run` (or DATABASE_URL)
#   make messages  collect texts for translation
#   make lock      pin requirements with hashes

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
PYTHON ?= python3.11
BIN := $(ROOT)/.venv/bin
STAMP := $(ROOT)/.venv/.made-from-lock
LOCAL := cd "$(ROOT)" && "$(BIN)/python" -m deploy.local
export PYTHONDONTWRITEBYTECODE =
export PIP_DISABLE_PIP_VERSION_CHECK = 1
PERSONS ?= 20000
ENTERPRISES ?= 2000
ARGS ?=

.PHONY: run test check demo bench seed messages lock venv
.DEFAULT_GOAL := run

venv: $(STAMP)

# Everything in the lock has a hash; --no-deps keeps pip from adding what has none.
$(STAMP): $(ROOT)/requirements.lock
	@test -x "$(BIN)/python" || "$(PYTHON)" -m venv "$(ROOT)/.venv"
	@echo "venv     | installing from requirements.lock"
	@"$(BIN)/python" -m pip install --quiet --no-input --require-hashes --no-deps -r "$(ROOT)/requirements.lock"
	@touch "$(STAMP)"

run: venv
	@$(LOCAL) run --persons $(PERSONS) --enterprises $(ENTERPRISES)

test: venv
	@$(LOCAL) with-servers --fast -- "$(BIN)/python" -m pytest -n 2 $(ARGS)

check: venv
	@cd "$(ROOT)" && "$(BIN)/python" -m deploy.check

demo: export FILING_ANSWER_SECONDS ?= 10
demo: venv
	@$(LOCAL) with-stack --persons $(PERSONS) --enterprises $(ENTERPRISES) -- "$(BIN)/python" -m benchmarks.demo --persons $(PERSONS) --enterprises $(ENTERPRISES) $(ARGS)

bench: venv
	@$(LOCAL) with-servers -- "$(BIN)/python" -m benchmarks $(ARGS)

seed: venv
	@$(LOCAL) seed --persons $(PERSONS) --enterprises $(ENTERPRISES)

messages: venv
	@cd "$(ROOT)" && "$(BIN)/python" -m deploy.messages make

lock: venv
	@cd "$(ROOT)" && "$(BIN)/python" -m piptools compile --quiet --generate-hashes --allow-unsafe \
		--strip-extras --no-emit-index-url --no-emit-find-links --extra dev --extra local \
		--output-file requirements.lock pyproject.toml
