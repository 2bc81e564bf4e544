"""The wheel holds the whole kit, and works where nothing is installed but what the kit itself asks for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from django.conf import settings

import paytm_kit

ROOT = Path(settings.BASE_DIR)
CORE = {"django", "pycryptodome", "requests", "python-decouple"}
OFFLINE = re.compile(r"NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|Network is unreachable")

pytestmark = pytest.mark.package


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PAYTM_", "PYTHON", "DJANGO_", "COV_"))
    }
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**env, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a clean copy of the source: what an older build left behind must not slip in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    waste = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "*.sqlite3*")
    shutil.copytree(ROOT, source, ignore=waste, dirs_exist_ok=True)
    done = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def content(wheel: Path) -> dict[str, str]:
    """Names in the wheel; the texts of its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name).decode() if ".dist-info/" in name else "" for name in archive.namelist()}


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and what it asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    made = run(sys.executable, "-m", "venv", folder, cwd=folder)
    assert made.returncode == 0, made.stderr
    installed = run(
        folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--retries=1", wheel, cwd=folder
    )
    if installed.returncode != 0 and OFFLINE.search(installed.stderr) and os.environ.get("CI") != "true":
        pytest.skip(
            "An empty environment needs the network once, to install Django and requests. Go online to run this."
        )
    assert installed.returncode == 0, installed.stderr
    return folder / "bin/python"


# ---- What is in the wheel


def test_the_wheel_holds_every_file_of_the_kit_and_nothing_else(content: dict[str, str]) -> None:
    package = Path(paytm_kit.__path__[0])
    files = {
        str(path.relative_to(package.parent))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in content if ".dist-info/" not in name} == files


@pytest.mark.parametrize(
    "pattern",
    [
        r"paytm_kit/py\.typed",
        r"paytm_kit/templates/paytm_kit/result\.html",
        r"paytm_kit/templates/admin/paytm_kit/payment/change_form\.html",
        r"paytm_kit/static/paytm_kit/\w+\.css",
        r"paytm_kit/static/paytm_kit/\w+\.js",
        r"paytm_kit/locale/hi/LC_MESSAGES/django\.mo",
        r"paytm_kit/migrations/0001_initial\.py",
        r"paytm_kit/management/commands/paytm_doctor\.py",
        r"paytm_kit/simulator/migrations/0001_initial\.py",
        r"paytm_kit/simulator/templates/.+\.html",
        r"paytm_kit/simulator/static/.+",
        r"paytm_kit/standins/migrations/0001_initial\.py",
        r"paytm_kit/standins/templates/.+\.html",
        r"paytm_kit/standins/static/.+\.js",
        r"paytm_kit-.+\.dist-info/(licenses/)?LICENSE",
    ],
)
def test_the_wheel_holds(content: dict[str, str], pattern: str) -> None:
    assert [name for name in content if re.fullmatch(pattern, name)]


def test_the_wheel_asks_for_four_packages_and_offers_the_rest_as_extras(content: dict[str, str]) -> None:
    metadata = Parser().parsestr(next(text for name, text in content.items() if name.endswith("/METADATA")))
    assert (metadata["Name"], metadata["Version"]) == ("paytm-kit", paytm_kit.__version__)
    asked = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert {re.match(r"[\w-]+", line)[0].lower() for line in asked} == CORE
    assert {"qr", "celery", "demo", "test", "lint"} <= set(metadata.get_all("Provides-Extra"))
    assert "paytm-simulator = paytm_kit.simulator.run.cli:main" in next(
        text for name, text in content.items() if name.endswith("/entry_points.txt")
    )


# ---- Where nothing else is installed

CLOSURE = """
import json, re
from importlib.metadata import distribution, distributions
def plain(name): return re.sub(r"[-_.]+", "-", name).lower()
from pip._vendor.packaging.requirements import Requirement
needed, ask = set(), ["paytm-kit"]
while ask:
    name = plain(ask.pop())
    if name not in needed:
        needed.add(name)
        wanted = map(Requirement, distribution(name).requires or [])
        ask += [r.name for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
print(json.dumps([sorted(needed), sorted(plain(d.metadata["Name"]) for d in distributions())]))
"""


def test_nothing_is_installed_but_the_kit_its_four_packages_and_what_those_need(python: Path, tmp_path: Path) -> None:
    done = run(python, "-c", CLOSURE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    needed, installed = (set(names) for names in json.loads(done.stdout))
    assert installed - {"pip", "setuptools"} == needed
    assert needed > CORE
    assert not needed & {"segno", "celery", "django-csp", "dj-database-url", "setuptools"}


MODELS = """
from decimal import Decimal
from django.db import models
from paytm_kit.payable import PayableMixin

class Order(PayableMixin):
    total = models.DecimalField(max_digits=8, decimal_places=2)

    def amount_due(self):
        return self.total
"""

SITE = """
import importlib, pathlib, sys, warnings
from decimal import Decimal
warnings.simplefilter("error")
import django
from django.conf import settings
from django.urls import include, path

settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-here",
    ALLOWED_HOSTS=["testserver"],
    INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.staticfiles", "paytm_kit", "paytm_kit.outgoing",
        "paytm_kit.simulator", "shop",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    MIDDLEWARE=["django.middleware.locale.LocaleMiddleware"],
    STATIC_URL="static/",
    USE_TZ=True,
    PAYTM_KIT={
        "BASE_URL": "http://testserver",
        "ACCOUNTS": {
            "default": {
                "ENVIRONMENT": "staging", "MERCHANT_ID": "TESTMID0000000000001", "MERCHANT_KEY": "test#Key&1@paytm"
            }
        },
    },
)
django.setup()
urlpatterns = [path("paytm/", include("paytm_kit.urls"))]

from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

call_command("check", fail_level="WARNING")
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("makemigrations", "paytm_kit", "paytm_simulator", check=True, dry_run=True, verbosity=0)

from paytm_kit.checkout import open_payment
from shop.models import Order

payment = open_payment(Order.objects.create(total=Decimal("499.00")))
page = Client().get(payment.get_result_url())
assert page.status_code == 200, page
assert "Confirming your payment" in page.content.decode()
assert "₹499.00" in page.content.decode()
hindi = Client().get(payment.get_result_url(), headers={"Accept-Language": "hi"}).content.decode()
assert "Confirming your payment" not in hindi and 'lang="hi"' in hindi
for name in ("paytm_kit.css", "wait.js", "autosubmit.js", "js_checkout.js"):
    assert finders.find(f"paytm_kit/{name}"), name

import paytm_kit
assert "site-packages" in paytm_kit.__file__
apart = (
    *("paytm_kit.admin", "paytm_kit.outgoing.admin"),
    *("paytm_kit.tasks", "paytm_kit.outgoing.tasks"),
    "paytm_kit.simulator.run.settings",
    "paytm_kit.simulator.__main__",
    "paytm_kit.testing.pytest_plugin",
    *("paytm_kit.api", "paytm_kit.contrib.flask", "paytm_kit.gateways.stripe.client"),  # extras, see NEEDING
)
package = pathlib.Path(paytm_kit.__file__).parent
for file in package.rglob("*.py"):
    name = ".".join(file.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
    if not name.startswith(apart):
        importlib.import_module(name)
for absent in ("segno", "csp", "dj_database_url", "celery"):
    assert absent not in sys.modules
print("done")
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text("")
    (tmp_path / "shop/models.py").write_text(MODELS)
    (tmp_path / "site_script.py").write_text(SITE)
    return tmp_path


def test_a_minimal_site_checks_migrates_and_shows_the_result_page(python: Path, site: Path) -> None:
    done = run(python, "-c", "import site_script", cwd=site)
    assert (done.returncode, done.stdout[-5:]) == (0, "done\n"), done.stdout + done.stderr


NEEDING = """
from importlib import import_module
from paytm_kit import gateways
from paytm_kit.gateways.base import Account, ConfigurationError

def built(gateway, merchant, currency, **more):
    gateways.build(Account("default", gateway, "staging", merchant, ("sk_test_onlyhere",), currency=currency, **more))

for attempt in (
    lambda: import_module("paytm_kit.api"),
    lambda: import_module("paytm_kit.contrib.flask"),
    lambda: built("stripe", "acct_1OnlyHere000001", "INR", webhook_secrets=("whsec_onlyhere",)),
    lambda: built("paypal", "ONLYHERE00001", "USD", client_id="A" * 40),
):
    try:
        attempt()
    except (ImportError, ConfigurationError) as error:
        print(error)
"""


def test_without_an_extra_the_error_names_the_command_that_installs_it(python: Path, tmp_path: Path) -> None:
    done = run(python, "-W", "error", "-c", NEEDING, cwd=tmp_path)
    told = re.findall(r'pip install "paytm-kit\[(\w+)\]"', done.stdout)
    assert told == ["api", "flask", "stripe", "paypal"], done.stdout + done.stderr


def test_the_simulators_program_is_there_and_starts_without_any_extra(python: Path, tmp_path: Path) -> None:
    done = run(python.with_name("paytm-simulator"), "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--port" in done.stdout
