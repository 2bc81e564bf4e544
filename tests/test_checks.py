"""Django's system checks: every bad setting has an id and a way to mend it; good settings are met with silence."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from django.core.checks import ERROR, CheckMessage, run_checks
from django.test import override_settings

from paytm_kit import checks, conf
from paytm_kit.gateways.paytm import faults

MID = "TESTMID0000000000001"
KEY = "canary#Key&1@key"  # 16 bytes
GOOD = {"ENVIRONMENT": "staging", "MERCHANT_ID": MID, "MERCHANT_KEY": KEY}
LIVE = {**GOOD, "ENVIRONMENT": "production", "WEBSITE": "DEFAULT"}
SHOP = "https://shop.your-domain.in"


def found(
    account: Any = GOOD, *, deploy: bool = False, accounts: Any = None, kit: Any = None, **django: Any
) -> list[CheckMessage]:
    """What the kit's checks say of this configuration; no message ever shows a key, and each tells what to do."""
    given = {"BASE_URL": SHOP, "ACCOUNTS": accounts or {"default": account}} if kit is None else kit
    with override_settings(PAYTM_KIT=given, **{"DEBUG": False, **django}):
        messages = run_checks(tags=["paytm_kit"], include_deployment_checks=deploy)
    for message in messages:
        assert KEY not in f"{message.msg} {message.hint}"
        assert message.hint
    return messages


def ids(messages: list[CheckMessage]) -> list[str]:
    return [str(message.id).removeprefix("paytm_kit.") for message in messages]


def only(messages: list[CheckMessage]) -> CheckMessage:
    assert len(messages) == 1, messages
    return messages[0]


# ---- Silence


@pytest.mark.parametrize(
    "account",
    [
        GOOD,
        LIVE,
        {**GOOD, "ENVIRONMENT": "simulator", "HOST": "http://127.0.0.1:8001"},
        {**GOOD, "MERCHANT_KEY": "x" * 24, "PREVIOUS_MERCHANT_KEY": "y" * 32},
        {**GOOD, "HOST": "https://securegw-stage.paytm.in"},
        {**LIVE, "HOST": "https://securegw.paytm.in/"},
        {**GOOD, "FLOW": "legacy"},
    ],
    ids=["staging", "production", "simulator", "longer keys", "old staging host", "old production host", "legacy"],
)
def test_good_settings_give_no_message(account: dict[str, str]) -> None:
    assert found(account) == []


def test_a_good_production_site_passes_the_deployment_checks() -> None:
    assert found(LIVE, deploy=True) == []


def test_several_accounts_are_fine() -> None:
    tickets = {**GOOD, "MERCHANT_ID": "TICKETSMID0000000001"}
    assert (
        found(
            accounts={
                "default": GOOD,
                "tickets": tickets,
                "gift-cards_2": {**tickets, "ENVIRONMENT": "production", "WEBSITE": "GIFT"},
            }
        )
        == []
    )


# ---- One message for one fault

NAMED = {
    "E001 not a dictionary": ("E001", {"kit": ["BASE_URL"]}),
    "E001 accounts not a dictionary": ("E001", {"kit": {"BASE_URL": SHOP, "ACCOUNTS": ["default"]}}),
    "E002 no key": ("E002", {"account": {**GOOD, "MERCHANT_KEY": None}}),
    "E002 no MID": ("E002", {"account": {**GOOD, "MERCHANT_ID": ""}}),
    "E002 no environment": ("E002", {"account": {**GOOD, "ENVIRONMENT": ""}}),
    "E002 unknown environment": ("E002", {"account": {**GOOD, "ENVIRONMENT": "test"}}),
    "E002 simulator without host": ("E002", {"account": {**GOOD, "ENVIRONMENT": "simulator"}}),
    "E002 unknown flow": ("E002", {"account": {**GOOD, "FLOW": "iframe"}}),
    "E002 timeout of nothing": ("E002", {"account": {**GOOD, "READ_TIMEOUT": 0}}),
    "E002 MID and key exchanged": ("E002", {"account": {**GOOD, "MERCHANT_ID": KEY, "MERCHANT_KEY": MID}}),
    "E003 misspelt": ("E003", {"account": {**GOOD, "WEBSIT": "DEFAULT"}}),
    "E004 missing": ("E004", {"kit": {"ACCOUNTS": {"default": GOOD}}}),
    "E004 minimum": ("E004", {"kit": {"BASE_URL": SHOP, "MINIMUM_AMOUNT": 0.5, "ACCOUNTS": {"default": GOOD}}}),
    "E005 not mounted": ("E005", {"ROOT_URLCONF": "demo_site.shop.urls"}),
    "E006 key cut at a hash": ("E006", {"account": {**GOOD, "MERCHANT_KEY": KEY.partition("#")[0]}}),
    "E006 key with a line break": ("E006", {"account": {**GOOD, "MERCHANT_KEY": KEY + "\n"}}),
    "E006 key in its quotes": ("E006", {"account": {**GOOD, "MERCHANT_KEY": f'"{KEY}"'}}),
    "E006 previous key": ("E006", {"account": {**GOOD, "PREVIOUS_MERCHANT_KEY": "short"}}),
    "E007 MID with a space": ("E007", {"account": {**GOOD, "MERCHANT_ID": "TEST MID"}}),
    "E007 MID too long": ("E007", {"account": {**GOOD, "MERCHANT_ID": MID + "2"}}),
    "E007 MID in another script": ("E007", {"account": {**GOOD, "MERCHANT_ID": "TESTMID१"}}),
    "E008 no such gateway": ("E008", {"account": {**GOOD, "GATEWAY": "barter"}}),
    "E008 plain http": ("E008", {"account": {**GOOD, "HOST": "http://securegw-stage.paytm.in"}}),
    "E008 host with a path": ("E008", {"account": {**GOOD, "HOST": "https://securegw-stage.paytm.in/theia"}}),
    "E008 staging at production's host": ("E008", {"account": {**GOOD, "HOST": "https://secure.paytmpayments.com"}}),
    "W009 staging website": ("W009", {"account": {**LIVE, "WEBSITE": "WEBSTAGING"}}),
    "W009 no website": ("W009", {"account": {**LIVE, "WEBSITE": None}}),
    "E015 staging host": ("E015", {"account": {**LIVE, "HOST": "https://securestage.paytmpayments.com"}}),
    "E015 old staging host": ("E015", {"account": {**LIVE, "HOST": "https://securegw-stage.paytm.in"}}),
    "E015 local host": ("E015", {"account": {**LIVE, "HOST": "https://localhost:8001"}}),
    "E015 loopback": ("E015", {"account": {**LIVE, "HOST": "http://127.0.0.1:8001"}}),
    "E015 private network": ("E015", {"account": {**LIVE, "HOST": "https://192.168.0.9"}}),
    "E016 capitals": ("E016", {"accounts": {"Tickets": GOOD}}),
    "E016 a space": ("E016", {"accounts": {"my shop": GOOD}}),
    "E016 too long": ("E016", {"accounts": {"a" * 41: GOOD}}),
    "E016 whose variables are another's": ("E016", {"accounts": {"previous": GOOD}}),
    "W018 spaces around the key": ("W018", {"account": {**GOOD, "MERCHANT_KEY": f" {KEY[:14]} "}}),
    "W018 previous key": ("W018", {"account": {**GOOD, "PREVIOUS_MERCHANT_KEY": KEY[:15] + "\n"}}),
    "W019 one MID twice": ("W019", {"accounts": {"default": GOOD, "tickets": {**GOOD, "WEBSITE": "TICKETS"}}}),
    "W021 debugging real money": ("W021", {"account": LIVE, "DEBUG": True}),
}


@pytest.mark.parametrize(("expected", "given"), NAMED.values(), ids=NAMED)
def test_one_fault_gives_one_message(expected: str, given: dict[str, Any]) -> None:
    message = only(found(**given))
    assert ids([message]) == [expected]
    assert (message.level >= ERROR) == expected.startswith("E")


def test_the_simulator_does_not_stand_beside_real_money(settings: Any) -> None:
    """E020"""
    installed = [*dict.fromkeys([*settings.INSTALLED_APPS, "paytm_kit.simulator"])]
    assert ids(found(LIVE, INSTALLED_APPS=installed)) == ["E020"]
    assert found(GOOD, INSTALLED_APPS=installed) == []


def test_webhooks_in_the_background_need_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    kit = {"BASE_URL": SHOP, "ACCOUNTS": {"default": GOOD}, "WEBHOOKS_IN_BACKGROUND": True}
    assert ids([only(found(kit=kit))]) == ["E024"]  # it has no broker
    monkeypatch.setitem(current_app.conf, "broker_url", "memory://")
    assert found(kit=kit) == []
    monkeypatch.setitem(sys.modules, "celery", None)
    message = only(found(kit=kit))
    assert ids([message]) == ["E023"]
    assert 'pip install "paytm-kit[celery]"' in message.hint


def test_other_systems_that_nobody_tells_are_a_warning(settings: Any) -> None:
    kit = {"BASE_URL": SHOP, "ACCOUNTS": {"default": GOOD}, "OUTGOING_WEBHOOKS": {"erp": {}}}
    without = [name for name in settings.INSTALLED_APPS if name != "paytm_kit.outgoing"]
    message = only([each for each in found(kit=kit, INSTALLED_APPS=without) if each.id != "paytm_kit.E072"])
    assert ids([message]) == ["W070"]
    assert "INSTALLED_APPS" in message.hint


@pytest.mark.parametrize("level", ["repeatable read", "Serializable", None])
def test_a_database_that_shows_old_rows_under_a_lock_is_an_error(
    monkeypatch: pytest.MonkeyPatch, level: str | None
) -> None:
    options = {"isolation_level": level}
    database = SimpleNamespace(vendor="mysql", alias="default", settings_dict={"OPTIONS": options})
    monkeypatch.setattr(checks, "connections", {"default": database})
    message = only(found())
    assert ids([message]) == ["E022"]
    assert '"read committed"' in message.hint
    options["isolation_level"] = "READ COMMITTED"
    assert found() == []
    options.clear()  # Django's own default is read committed
    assert found() == []


def test_every_id_is_triggered_in_this_file() -> None:
    """A new check without a test fails here."""
    sources = Path(checks.__file__).read_text() + Path(faults.__file__).read_text()
    known = set(re.findall(r"(?:paytm_kit\.|\")([EW]\d{3})\"", sources))
    here = set(re.findall(r'"([EW]\d{3})"', Path(__file__).read_text()))
    assert known == here


def test_two_faults_give_two_messages() -> None:
    broken = {**GOOD, "MERCHANT_KEY": "short", "MERCHANT_ID": "no mid"}
    assert sorted(ids(found(broken))) == ["E006", "E007"]


def test_one_broken_account_does_not_hide_the_others() -> None:
    accounts = {"default": {**GOOD, "MERCHANT_KEY": None}, "tickets": {**GOOD, "MERCHANT_KEY": "short"}}
    messages = found(accounts=accounts)
    assert ids(messages) == ["E002", "E006"]
    assert 'account "default"' in messages[0].msg
    assert 'account "tickets"' in messages[1].msg


def test_a_key_of_the_wrong_length_is_told_by_its_length() -> None:
    message = only(found({**GOOD, "MERCHANT_KEY": "canary"}))
    assert message.msg == 'The merchant key of account "default" has 6 bytes; it must have 16.'


# ---- Misspelt names


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("WEBSIT", "Did you mean WEBSITE?"),
        ("merchant_id", "Did you mean MERCHANT_ID?"),
        ("MID", "Did you mean MERCHANT_ID?"),
        ("PAYTM_MID", "Did you mean MERCHANT_ID?"),
        ("MERCHANTKEY", "Did you mean MERCHANT_KEY?"),
        ("PAYTM_MERCHANT_KEY", "Did you mean MERCHANT_KEY?"),
        ("ENVIROMENT", "Did you mean ENVIRONMENT?"),
        ("BASE_URL", "BASE_URL belongs in PAYTM_KIT itself, outside ACCOUNTS."),
    ],
)
def test_a_misspelt_setting_of_an_account_gets_a_suggestion(name: str, hint: str) -> None:
    message = only(found({**GOOD, name: KEY}))
    assert (message.id, message.hint) == ("paytm_kit.E003", hint)
    assert message.msg == f"Account \"default\" has an unknown setting '{name}'."


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("BASE_URI", "Did you mean BASE_URL?"),
        ("ACCOUNT", "Did you mean ACCOUNTS?"),
        ("MERCHANT_KEY", "MERCHANT_KEY belongs in an account of ACCOUNTS."),
        ("PAYTM_ENVIRONMENT", "ENVIRONMENT belongs in an account of ACCOUNTS."),
    ],
)
def test_a_misspelt_setting_of_the_kit_gets_a_suggestion(name: str, hint: str) -> None:
    message = only(found(kit={"BASE_URL": SHOP, "ACCOUNTS": {"default": GOOD}, name: KEY}))
    assert (message.id, message.hint) == ("paytm_kit.E003", hint)


def test_a_name_like_no_other_gets_the_whole_list() -> None:
    message = only(found({**GOOD, "ZZZ": 1}))
    assert message.hint is not None
    assert message.hint.startswith("Known names: ")
    assert all(setting.name in message.hint for setting in conf.ACCOUNT_SETTINGS)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [("PAYTM_WEBSIT", "PAYTM_WEBSITE"), ("PAYTM_TICKETS_MERCHNT_KEY", "PAYTM_TICKETS_MERCHANT_KEY")],
)
def test_a_misspelt_variable_gets_a_suggestion(monkeypatch: pytest.MonkeyPatch, variable: str, meant: str) -> None:
    monkeypatch.setenv(variable, KEY)
    accounts = {"default": GOOD, "tickets": {**GOOD, "MERCHANT_ID": "TICKETSMID0000000001"}}
    message = only(found(accounts=accounts))
    assert ids([message]) == ["W017"]
    assert variable in message.msg
    assert message.hint == f"Did you mean {meant}?"


def test_a_misspelt_line_of_the_env_file_gets_a_suggestion(tmp_path: Any) -> None:
    (tmp_path / ".env").write_text("PAYTM_TRUSTED_PROXY=1\nPAYTM_WEBSITES=DEFAULT\n")
    assert [message.hint for message in found(BASE_DIR=tmp_path)] == [
        "Did you mean PAYTM_TRUSTED_PROXIES?",
        "Did you mean PAYTM_WEBSITE?",
    ]


def test_a_projects_own_variables_are_its_own_business(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAYTM_SIM_MID", "PAYTM_SIM_KEY", "PAYTM_PARTNER_DESK", "PAYTM_MID", "PAYTM_HOSTS_FILE"):
        monkeypatch.setenv(name, "1")
    assert found() == []


# ---- The site's address


@pytest.mark.parametrize(
    "url",
    [
        "shop.your-domain.in",
        "ftp://shop.your-domain.in",
        "https://",
        "https://shop.your-domain.in/paytm",
        "https://shop.your-domain.in/?x=1",
        "https://shop.your-domain.in#top",
        "https://asha@shop.your-domain.in",
        "https://shop.your domain.in",
        "https://shop.your-domain.in:https",
        "https://[",
        "https://दुकान.भारत",
    ],
)
def test_a_base_url_that_is_not_an_origin_is_refused(url: str) -> None:
    message = only(found(kit={"BASE_URL": url, "ACCOUNTS": {"default": GOOD}}))
    assert message.id == "paytm_kit.E004"


@pytest.mark.parametrize(
    "url", ["https://shop.your-domain.in/", "http://localhost:8000", "http://[::1]:8000", " https://xn--d1acufc.in "]
)
def test_a_base_url_on_a_laptop_or_with_a_slash_behind_it_is_fine(url: str) -> None:
    assert found(kit={"BASE_URL": url, "ACCOUNTS": {"default": GOOD}}) == []


# ---- Before going live

DEPLOYED = {
    "E010 plain http": ("E010", {"BASE_URL": "http://shop.your-domain.in"}, {}),
    "E010 localhost": ("E010", {"BASE_URL": "https://localhost"}, {}),
    "E010 example.com": ("E010", {"BASE_URL": "https://shop.example.com"}, {}),
    "E010 private address": ("E010", {"BASE_URL": "https://192.168.1.4"}, {}),
    "E012 staging": ("E012", {}, {"ENVIRONMENT": "staging"}),
    "E012 simulator": ("E012", {}, {"ENVIRONMENT": "simulator", "HOST": "http://127.0.0.1:8001"}),
    "E013 unsigned answers": ("E013", {}, {"REQUIRE_SIGNED_RESPONSES": False}),
    "W014 JS Checkout": ("W014", {}, {"FLOW": "js"}),
}


@pytest.mark.parametrize(("expected", "kit", "account"), DEPLOYED.values(), ids=DEPLOYED)
def test_what_is_unsafe_in_public_is_told_by_check_deploy_alone(
    expected: str, kit: dict[str, str], account: dict[str, str]
) -> None:
    given = {"BASE_URL": SHOP, **kit, "ACCOUNTS": {"default": {**LIVE, **account}}}
    assert found(kit=given) == []
    message = only(found(kit=given, deploy=True))
    assert ids([message]) == [expected]
    assert (message.level >= ERROR) == expected.startswith("E")


def test_debug_is_an_error_once_deployed() -> None:
    assert ids(found(LIVE, DEBUG=True, deploy=True)) == ["W021", "E011"]


def test_settings_that_cannot_be_read_are_told_once_even_when_deploying() -> None:
    assert ids(found(kit=[], deploy=True)) == ["E001"]
