"""Where the simulator must not run, whom it may contact, and that every page says what it is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from paytm_kit.simulator import door, guard, rendering
from tests.simulator.conftest import Simulator

TEMPLATES = rendering.FOLDER / "paytm_simulator"
PAGES = sorted(path.name for path in TEMPLATES.glob("*.html") if not path.name.startswith("_"))
NOTICE = "This is not Paytm"


# ---- pages ---------------------------------------------------------------------------------------------------------


def root_of(name: str) -> str:
    text = (TEMPLATES / name).read_text("utf-8")
    parent = re.match(r'\{% extends "paytm_simulator/([^"]+)" %\}', text)
    return root_of(parent[1]) if parent else text


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_it_is_not_where_no_block_can_take_it_away(name: str) -> None:
    outside_blocks = re.sub(r"\{% block .*?%\}.*?\{% endblock .*?%\}", "", root_of(name), flags=re.DOTALL)
    assert NOTICE in outside_blocks.replace("{{ notice }}", door.NOTICE)


def test_there_are_no_other_templates() -> None:
    assert {path.parent for path in rendering.FOLDER.rglob("*.html")} == {TEMPLATES}
    assert len(PAGES) > 5


@pytest.mark.parametrize(
    "path",
    [
        "/", "/_sim/", "/_sim/watch/money", "/_sim/watch/instruments", "/_sim/watch/faults",
        "/_sim/watch/order?order_id=ORD-1", "/_sim/watch/order?order_id=NONE", "/pay/unknown/", "/pay/{token}/",
        "/pay/{token}/otp", "/order/process", "/theia/api/v1/showPaymentPage", "/merchantpgpui/checkoutjs/frame",
    ],
)  # fmt: skip
def test_whatever_a_person_opens_says_it(sim: Simulator, path: str) -> None:
    answer = sim.get(path.format(token=sim.token()))
    assert answer.headers["Content-Type"].startswith("text/html")
    assert NOTICE in answer.text
    assert answer.headers["X-Paytm-Simulator"].startswith(NOTICE)


@pytest.mark.parametrize("case", ["success", "declined", "pending", "close", "cancel"])
def test_the_page_after_a_payment_says_it(sim: Simulator, case: str) -> None:
    assert NOTICE in sim.post(f"/pay/{sim.token()}/case/{case}").text


def test_answers_for_programs_say_it_in_a_header(sim: Simulator) -> None:
    for answer in (sim.get("/_sim/health"), sim.initiate(), sim.status(), sim.get("/nothing")):
        assert answer.headers["X-Paytm-Simulator"].startswith(NOTICE)


# ---- whom it may contact -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/x",
        "https://127.0.0.1:8000/x",
        "http://[::1]:80/",
        "http://SHOP.test/x",
        "https://shop.test:1/",
    ],
)
def test_local_and_named_hosts_may_be_contacted(url: str) -> None:
    assert guard.refusal(url, ["shop.test"]) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://paytm.in/x",
        "https://secure.paytmpayments.com/",
        "http://localhost.evil.example/",
        "http://evil.example/?http://localhost/",
        "http://localhost@evil.example/",
        "http://user:word@localhost/",
        "http://127.0.0.1.nip.io/",
        "http://127.1/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/",
        "http://sub.shop.test/",
        "http://shop.test.evil.example/",
        "http://localhost\\@evil.example/",
        "http://localhost\n.evil.example/",
        "http://localhost:port/",
        "//localhost/x",
        "/x",
        "",
        "ftp://localhost/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://[::1/",
    ],
)
def test_nobody_else_may(url: str) -> None:
    assert guard.refusal(url, ["shop.test"])


# ---- where it must not run -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["production", "PRODUCTION", " Production "])
def test_production_is_refused_with_the_way_out(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYTM_ENVIRONMENT", value)
    assert "Unset PAYTM_ENVIRONMENT" in guard.production()


@pytest.mark.parametrize("value", ["", "staging", "simulator"])
def test_everywhere_else_it_may_run(value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYTM_ENVIRONMENT", value)
    assert guard.production() == ""


def test_an_account_of_production_in_the_settings_is_named() -> None:
    accounts = {"default": {"ENVIRONMENT": "staging"}, "tickets": {"ENVIRONMENT": "Production"}}
    assert "'tickets'" in guard.production_accounts({"ACCOUNTS": accounts})


@pytest.mark.parametrize("kit", [None, {}, {"ACCOUNTS": None}, {"ACCOUNTS": {"default": {"ENVIRONMENT": "staging"}}}])
def test_other_settings_are_no_reason_to_refuse(kit: object) -> None:
    assert guard.production_accounts(kit) == ""
