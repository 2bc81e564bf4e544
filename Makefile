# The two commands: make demo, make test. Each makes its own virtual environment in .venv.
# Make removes a "#" and more from values, so nothing here reads .env: the programs do it themselves.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo docs test coverage test-clients drill chaos check openapi format migrations messages clean

help:
	@echo "make demo    start the demo shop and the simulator (PORT=8000)"
	@echo "make test    run everything: checks, suite, browser, databases, package"
	@echo "make coverage   the suite on SQLite with branch coverage of paytm_kit (fails under 92 %)"
	@echo "make test-clients   run Paytm's own Python and Node clients against the simulator, and Stripe's fake (needs node and npm)"
	@echo "make drill   kill web and Celery workers, reconcile and database connections at each step (needs PostgreSQL, Redis)"
	@echo "make chaos   every fault of the simulator at once: make chaos ORDERS=10000 SEED=1 (needs PostgreSQL)"
	@echo "make docs    build the manual into build/docs/ (its pictures: python -m docs.screenshots)"
	@echo "make openapi write the API's OpenAPI document anew (the suite fails when it is out of date)"
	@echo "make check   ruff, mypy, import-linter, djlint, missing migrations"

demo: .venv/.demo
	@$(BIN)/python manage.py demo

# Warnings are errors. Every page is made anew: much of it comes from the code. Nothing is fetched from elsewhere.
docs: .venv/.docs
	@$(BIN)/python -m sphinx -W --keep-going --nitpicky -q -E -a -b html docs build/docs
	@echo "The manual is in build/docs/index.html"

test: check
	@$(BIN)/python -m tests.run

coverage: .venv/.test
	@$(BIN)/python -m tests.run --coverage

test-clients: .venv/.test
	@$(BIN)/python -m tests.clients.provision
	@$(BIN)/python -m pytest -q tests/clients

drill: .venv/.test
	@$(BIN)/python -m tests.drills

chaos: .venv/.test
	@$(BIN)/python -m benchmarks.chaos --orders $(or $(ORDERS),10000) --seed $(or $(SEED),1)

check: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet paytm_kit demo_site
	$(BIN)/python manage.py makemigrations --check --dry-run --settings tests.settings_types
	$(BIN)/python manage.py check

openapi: .venv/.test
	@mkdir -p build
	$(BIN)/python manage.py paytm_openapi --settings tests.settings > build/openapi.json
	mv build/openapi.json paytm_kit/api/openapi.json

format: .venv/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrations: .venv/.test
	$(BIN)/python manage.py makemigrations

# Needs gettext (Debian: apt-get install gettext).
messages: .venv/.test
	cd paytm_kit && ../$(BIN)/python ../manage.py makemessages --locale hi --ignore "simulator/*" --no-wrap --add-location file
	cd paytm_kit && ../$(BIN)/python ../manage.py compilemessages --locale hi
	cd demo_site/shop && ../../$(BIN)/python ../../manage.py makemessages --locale hi --no-wrap --add-location file
	cd demo_site/shop && ../../$(BIN)/python ../../manage.py compilemessages --locale hi
	cd demo_site/walkthrough && ../../$(BIN)/python ../../manage.py makemessages --locale hi --no-wrap --add-location file
	cd demo_site/walkthrough && ../../$(BIN)/python ../../manage.py compilemessages --locale hi
	cd demo_site/spa && ../../$(BIN)/python ../../manage.py makemessages --locale hi --no-wrap --add-location file
	cd demo_site/spa && ../../$(BIN)/python ../../manage.py compilemessages --locale hi

clean:
	rm -rf .venv build dist demo.sqlite3 demo_site/.run

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "paytm-kit needs Python 3.11 or newer. Point to it: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip

.venv/.demo: .venv/bin/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable ".[demo]"
	@touch $@

.venv/.docs: .venv/bin/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable ".[docs]"
	@touch $@

.venv/.test: .venv/bin/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable ".[test,lint]"
	@touch $@ .venv/.demo .venv/.docs
