"""docs/balancer.md tells the truth: what caches may keep, whose address it is, and an nginx that takes the example."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client, RequestFactory

import paytm_kit
from paytm_kit.conf.tables import ACCOUNT_SETTINGS
from paytm_kit.ledger import book
from paytm_kit.models import Payment
from paytm_kit.services import journal
from tests.docs.page import blocks, text
from tests.docs.project import DOCS
from tests.ledger.test_book import success
from tests.outgoing.test_addresses import certificate

PAGE = DOCS / "balancer.md"
[NGINX] = re.findall(r"^```nginx\n(.*?)^```$", text(PAGE), re.DOTALL | re.MULTILINE)
[NEVER] = set(re.findall(r"`Cache-Control: (max-age=0[^`]+)`", text(PAGE)))


def test_nginx_takes_the_example(tmp_path: Path) -> None:
    if not shutil.which("nginx"):
        missing = "no nginx here: apt-get install nginx-light"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    pem, _ = certificate(tmp_path, "shop.example")
    config = NGINX.replace("/etc/ssl/shop.pem", str(pem)).replace("/etc/ssl/private/shop.key", str(pem))
    kept = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;"
    temporary = " ".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(f"{kept} {temporary}\n{config}\n}}")
    done = subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_example_trusts_nobody_elses_headers_and_waits_longer_than_the_kit() -> None:
    """Its parts that matter for money and addresses, in case somebody edits the page."""
    assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in NGINX
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in NGINX
    assert "non_idempotent" not in NGINX
    assert "proxy_cache" not in NGINX
    [waits] = re.findall(r"proxy_read_timeout (\d+)s;", NGINX)
    usual = {setting.name: setting.default for setting in ACCOUNT_SETTINGS}
    assert int(waits) > usual["CONNECT_TIMEOUT"] + 2 * usual["READ_TIMEOUT"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "found"),
    [
        (0, "203.0.113.99", "198.51.100.7", "198.51.100.7"),
        (1, "198.51.100.7", "10.0.0.5", "198.51.100.7"),
        (1, "203.0.113.99, 198.51.100.7", "10.0.0.5", "198.51.100.7"),
        (2, "203.0.113.99, 198.51.100.7, 192.0.2.1", "10.0.0.5", "198.51.100.7"),
        (1, "203.0.113.99, 198.51.100.7", "", "198.51.100.7"),  # gunicorn on a socket file
        (2, "203.0.113.99, 198.51.100.7", "10.0.0.5", "203.0.113.99"),  # too large a number: anybody's choice
    ],
)
def test_whose_address_it_is(settings: Any, proxies: int, forwarded: str, remote: str, found: str) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "TRUSTED_PROXIES": proxies}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert journal.client_address(request) == found


@pytest.mark.django_db(transaction=True)
def test_no_page_of_the_kit_may_be_kept_by_anybody(client: Client, paid: Payment) -> None:
    pages = ["result", "receipt", "status", "refunds"]
    for path in [*(f"/paytm/{name}/{paid.token}/" for name in pages), "/paytm/result/", "/paytm/webhook/"]:
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == NEVER, path
        assert (answer.headers["X-Frame-Options"], answer.headers["Referrer-Policy"]) == ("DENY", "same-origin"), path
    assert client.post("/paytm/webhook/", "x", content_type="text/plain").headers["Cache-Control"] == NEVER
    assert client.get("/admin/login/").headers["Cache-Control"] == NEVER


@pytest.mark.django_db(transaction=True)
def test_djangos_cache_of_whole_pages_keeps_none_of_them(client: Client, payment: Payment, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "balancer"}}
    around = ["django.middleware.cache.UpdateCacheMiddleware", *settings.MIDDLEWARE]
    settings.MIDDLEWARE = [*around, "django.middleware.cache.FetchFromCacheMiddleware"]
    assert client.get(f"/paytm/status/{payment.token}/").json() == {"status": "processing", "done": False}
    waiting = client.get(payment.get_result_url()).content
    book.apply(payment.pk, success(payment), source="webhook")  # on another instance
    assert client.get(f"/paytm/status/{payment.token}/").json() == {"status": "paid", "done": True}
    assert client.get(payment.get_result_url()).content != waiting
    assert caches["default"]._cache == {}  # type: ignore[attr-defined]


def test_only_the_throttles_of_the_api_use_the_cache() -> None:
    package = Path(paytm_kit.__path__[0])
    uses = re.compile(r"django\.core\.cache|cache_page|SimpleRateThrottle|\bcaches?\.(?:get|set|add|incr)\(")
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if not {"simulator", "standins"} & set(path.parts) and uses.search(path.read_text("utf-8"))
    }
    assert found <= {"api/throttles.py"}


def test_the_settings_on_the_page_are_settings() -> None:
    written = "\n".join(block.text for block in blocks(PAGE) if block.language == "python")
    given: dict[str, Any] = {}
    exec(written, given)
    from django.conf import global_settings

    names = {name for name in given if name.isupper()}
    assert {"CACHES", "STORAGES", "SECURE_PROXY_SSL_HEADER"} <= names
    assert [name for name in names if not hasattr(global_settings, name)] == []
