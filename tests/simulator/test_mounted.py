"""The app inside another project, and what it does without the optional QR library or in production."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = """
import sys
{before}
from django.conf import settings
from django.urls import include, path
settings.configure(
    SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=["paytm_kit.simulator"], USE_TZ=True,
    TEMPLATES=[{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}}],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "books.sqlite3"}}}},
    PAYTM_SIMULATOR={{"mid": "MOUNTED", "key": "m" * 16, "settle_after": 0, {options}}}, {more}
)
import django
django.setup()
urlpatterns = [path("", include("paytm_kit.simulator.urls"))]
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
shop = Client(enforce_csrf_checks=True)
assert shop.get("/_sim/health").json()["mid"] == "MOUNTED"
from paytmchecksum import PaytmChecksum
form = {{"MID": "MOUNTED", "ORDER_ID": "O-1", "CUST_ID": "C", "TXN_AMOUNT": "5.00", "CHANNEL_ID": "WEB",
        "WEBSITE": "WEBSTAGING", "INDUSTRY_TYPE_ID": "Retail", "CALLBACK_URL": "http://localhost/cb"}}
form["CHECKSUMHASH"] = PaytmChecksum.generateSignature(dict(form), "m" * 16)
page = shop.post("/order/process", form, follow=True)
{after}
shop.post(page.redirect_chain[0][0] + "case/success")
print(shop.get("/_sim/orders/O-1").json()["captured_amount"])
from paytm_kit.simulator import worker
worker.stop()
"""


def project(
    folder: Path, before: str = "", after: str = "", options: str = "", more: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-c", PROJECT.format(before=before, after=after, options=options, more=more)],
        cwd=folder, capture_output=True, text=True, timeout=30, env={"PYTHONPATH": root, **environ},
    )  # fmt: skip


def test_it_works_inside_a_project_with_its_settings(tmp_path: Path) -> None:
    ended = project(tmp_path, after='assert b"<svg" in page.content')
    assert ended.stdout == "5.00\n", ended.stderr


def test_without_segno_the_page_shows_the_link_instead_of_the_code(tmp_path: Path) -> None:
    ended = project(
        tmp_path,
        before='sys.modules["segno"] = None',
        after='assert b"upi://pay?pa=shop@demo" in page.content and b"<svg" not in page.content',
    )
    assert ended.stdout == "5.00\n", ended.stderr


def test_it_does_not_load_in_production(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PAYTM_ENVIRONMENT=production\n")
    ended = project(tmp_path)
    assert ended.returncode == 1
    assert "ImproperlyConfigured: The Paytm simulator does not run where PAYTM_ENVIRONMENT=production" in ended.stderr


def test_it_does_not_load_beside_an_account_of_production(tmp_path: Path) -> None:
    ended = project(tmp_path, more='PAYTM_KIT={"ACCOUNTS": {"default": {"ENVIRONMENT": "production"}}},')
    assert ended.returncode == 1
    assert "does not run beside the account 'default' of PAYTM_KIT" in ended.stderr


def test_its_merchants_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "merchants.json").write_text('[{"mid": "SECOND", "key": "kkkkkkkkkkkkkkkk"}]')
    ended = project(
        tmp_path,
        options='"merchants": "merchants.json"',
        after='assert [row["mid"] for row in shop.get("/_sim/merchants").json()["merchants"]] == ["MOUNTED", "SECOND"]',
    )
    assert ended.stdout == "5.00\n", ended.stderr


def test_a_mistake_in_its_settings_is_told_when_the_project_starts(tmp_path: Path) -> None:
    (tmp_path / "merchants.json").write_text('[{"mid": "SECOND", "key": "short"}]')
    ended = project(tmp_path, options='"merchants": "merchants.json"')
    assert ended.returncode == 1
    assert "ImproperlyConfigured: PAYTM_SIMULATOR: --merchants: merchants.json, entry 1, key:" in ended.stderr


def test_the_projects_language_does_not_change_its_amounts(tmp_path: Path) -> None:
    ended = project(tmp_path, more='LANGUAGE_CODE="de",', after='assert b"5.00" in page.content, page.content')
    assert ended.stdout == "5.00\n", ended.stderr
