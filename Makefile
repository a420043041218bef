# The commands of the project. Each of them makes the virtual environment first.
#   make run     everything on this machine: http://127.0.0.1:8000, Ctrl-C stops it
#   make test    all tests, on a PostgreSQL and a Redis of their own
#   make check   style, import directions, types, migrations, settings, texts
#   make demo    500 applications over HTTP, with a verdict on every outcome; ARGS=all: 200 a service
#   make soak    3,000 applications while something fails every second, with a verdict
#   make bench   the figures, each with its ratio last
#   make screenshots  the pictures of the docs, taken from a demo in Chromium
#   make lighthouse  performance and accessibility of the portal on a slow phone
#   make backup  TO=FOLDER  the database, files and heads of `make run`, without keys
#   make restore FROM=FOLDER INTO=FOLDER  into an empty folder, and audited (docs/backup.md)
#   make seed    load the synthetic city into the database of `make run` (or DATABASE_URL)
#   make messages  collect texts for translation
#   make lock      pin requirements with hashes (with Python 3.11, for 3.11 to 3.13)

# The folder may have spaces in its name: make's own functions would split it, the shell does not.
export MIAOPI_MAKEFILE := $(MAKEFILE_LIST)
IN_ROOT := makefile="$${MIAOPI_MAKEFILE\# }" && cd "$$(dirname "$$makefile")" &&
RUN := $(IN_ROOT) .venv/bin/python -m
export PYTHON
export PYTHONDONTWRITEBYTECODE =
export PIP_DISABLE_PIP_VERSION_CHECK = 1
PERSONS ?= 20000
ENTERPRISES ?= 2000
SIZE := --persons $(PERSONS) --enterprises $(ENTERPRISES)
ARGS ?=

.PHONY: run test check demo soak bench screenshots lighthouse seed backup restore messages lock venv
.DEFAULT_GOAL := run

venv:
	@$(IN_ROOT) sh deploy/venv.sh

run: venv
	@$(RUN) deploy.local run $(SIZE)

test: venv
	@$(RUN) deploy.local with-servers --fast -- .venv/bin/python -m pytest -n 2 $(ARGS)

check: venv
	@$(RUN) deploy.check

demo: export FILING_ANSWER_SECONDS ?= 10
demo: venv
	@$(RUN) deploy.local with-stack $(SIZE) -- .venv/bin/python -m benchmarks.demo $(SIZE) $(ARGS)

soak: venv
	@$(RUN) tests.faults.soak $(ARGS)

bench: venv
	@$(RUN) deploy.local with-servers -- .venv/bin/python -m benchmarks $(ARGS)

screenshots: export SECOND_FACTOR = 1
screenshots: venv
	@$(RUN) deploy.local with-stack --persons 2000 --enterprises 200 -- .venv/bin/python -m deploy.screenshots $(ARGS)

lighthouse: venv
	@$(RUN) deploy.local with-stack --persons 2000 --enterprises 200 -- .venv/bin/python -m deploy.lighthouse

seed: venv
	@$(RUN) deploy.local seed $(SIZE)

backup: venv
	@$(RUN) deploy.backup take "$(TO)"

restore: venv
	@$(RUN) deploy.backup restore "$(FROM)" "$(INTO)" $(if $(KEYS),--keys "$(KEYS)") $(ARGS)

messages: venv
	@$(RUN) deploy.messages make

lock: venv
	@$(RUN) piptools compile --quiet --generate-hashes --allow-unsafe \
		--strip-extras --no-emit-index-url --no-emit-find-links --extra dev --extra local \
		--output-file requirements.lock pyproject.toml
