"""Where a setting comes from, when it is read, and what is said when it cannot be used."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError, Flow

CANARY = "canary#Key&1@key"  # 16 bytes
ACCOUNT = {"ENVIRONMENT": "staging", "MERCHANT_ID": "TESTMID0000000000001", "MERCHANT_KEY": CANARY}
Configure = Callable[..., None]


@pytest.fixture
def configure(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Configure:
    """A site of its own: ``PAYTM_KIT``, environment variables and the text of ``.env``."""

    def write(kit: object = None, *, env: Mapping[str, str] | None = None, dotenv: str = "") -> None:
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        settings.BASE_DIR = tmp_path
        settings.PAYTM_KIT = {} if kit is None else kit

    return write


def accounts(**values: Any) -> dict[str, Any]:
    return {"ACCOUNTS": {"default": {**ACCOUNT, **values}}}


def problem(read: Callable[[], object]) -> str:
    """What the error says, and proof that neither it nor anything that it carries shows the key."""
    with pytest.raises(ConfigurationError) as caught:
        read()
    error = caught.value
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert CANARY not in told
    assert (error.__cause__, error.__context__) == (None, None)
    return str(error)


# ---- Where a value comes from


def test_settings_win_over_the_environment_which_wins_over_the_env_file_which_wins_over_the_default(
    configure: Configure,
) -> None:
    names = ("WEBSITE", "INDUSTRY_TYPE", "CHANNEL", "READ_TIMEOUT")
    dotenv = "PAYTM_WEBSITE=file\nPAYTM_INDUSTRY_TYPE=file\nPAYTM_CHANNEL=WAP\n"
    env = {"PAYTM_WEBSITE": "environment", "PAYTM_INDUSTRY_TYPE": "environment"}
    configure(accounts(WEBSITE="settings"), env=env, dotenv=dotenv)
    account = conf.account()
    found = [getattr(account, name.lower()) for name in names]
    assert found == ["settings", "environment", "WAP", 30.0]


def test_a_site_can_be_configured_by_the_environment_alone(configure: Configure) -> None:
    configure(
        env={
            "PAYTM_ENVIRONMENT": "staging",
            "PAYTM_MID": "TESTMID0000000000001",
            "PAYTM_MERCHANT_KEY": CANARY,
            "PAYTM_BASE_URL": "https://shop.your-domain.in/",
            "PAYTM_FLOW": "js",
            "PAYTM_REQUIRE_SIGNED_RESPONSES": "no",
            "PAYTM_TRUSTED_PROXIES": "2",
            "PAYTM_MINIMUM_AMOUNT": "10",
        }
    )
    account = conf.account()
    assert (account.name, account.key, account.flow) == ("default", CANARY, Flow.JS)
    assert account.require_signed_responses is False
    kit = conf.kit()
    assert (kit.base_url, kit.trusted_proxies) == ("https://shop.your-domain.in", 2)
    assert (kit.minimum_amount, kit.unverified_asks) == (Decimal("10.00"), 5)


def test_without_any_paytm_kit_setting_there_is_one_account_called_default(configure: Configure, settings: Any) -> None:
    configure()
    del settings.PAYTM_KIT
    assert list(conf.raw_accounts()) == ["default"]


@pytest.mark.parametrize("nothing", [None, "", "  "], ids=["None", "empty", "blank"])
def test_an_empty_value_is_the_same_as_none(configure: Configure, nothing: str | None) -> None:
    """``os.environ.get("…")`` gives None for what is not set; it must not become the text "None"."""
    env = {"PAYTM_MID": "FROMENVIRONMENT00001", "PAYTM_READ_TIMEOUT": " "}
    configure(accounts(MERCHANT_ID=nothing, PREVIOUS_MERCHANT_KEY=nothing, WEBSITE=nothing), env=env)
    account = conf.account()
    assert account.merchant_id == "FROMENVIRONMENT00001"
    assert account.keys == (CANARY,)
    assert (account.website, account.read_timeout) == ("WEBSTAGING", 30.0)


# ---- Names


@pytest.mark.parametrize(
    ("account", "name"),
    [("default", "PAYTM_MID"), ("tickets", "PAYTM_TICKETS_MID"), ("two-words", "PAYTM_TWO_WORDS_MID")],
)
def test_the_variable_of_an_account_carries_its_name(configure: Configure, account: str, name: str) -> None:
    given = {key: value for key, value in ACCOUNT.items() if key != "MERCHANT_ID"}
    configure({"ACCOUNTS": {account: given}}, env={name: "FROMENVIRONMENT00001"})
    assert conf.account(account).merchant_id == "FROMENVIRONMENT00001"


def test_accounts_do_not_read_each_others_variables(configure: Configure) -> None:
    configure({"ACCOUNTS": {"default": ACCOUNT, "tickets": {}}}, env={"PAYTM_TICKETS_MID": "TICKETSMID0000000001"})
    assert conf.account().merchant_id == ACCOUNT["MERCHANT_ID"]
    assert "PAYTM_TICKETS_ENVIRONMENT" in problem(lambda: conf.account("tickets"))


def test_an_unknown_account_is_told_with_the_known_ones(configure: Configure) -> None:
    configure({"ACCOUNTS": {"books": ACCOUNT, "tickets": ACCOUNT}})
    assert problem(conf.account) == 'There is no account "default". PAYTM_KIT["ACCOUNTS"] has: books, tickets.'


def test_every_setting_has_a_meaning_and_a_variable_of_its_own() -> None:
    table = [*conf.KIT_SETTINGS, *conf.ACCOUNT_SETTINGS]
    assert all(setting.help for setting in table)
    assert len({conf.variable(setting) for setting in table}) == len(table) == len(conf.variables())


# ---- When it is read


def test_values_are_read_once_and_again_when_the_settings_change(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(accounts(), env={"PAYTM_WEBSITE": "FIRST", "PAYTM_BASE_URL": "https://first.your-domain.in"})
    first = conf.account(), conf.kit()
    monkeypatch.setenv("PAYTM_WEBSITE", "SECOND")
    monkeypatch.setenv("PAYTM_BASE_URL", "https://second.your-domain.in")
    assert (conf.account(), conf.kit()) == first
    with override_settings(PAYTM_KIT=accounts(READ_TIMEOUT=7)):
        assert (conf.account().website, conf.account().read_timeout) == ("SECOND", 7.0)
        assert conf.kit().base_url == "https://second.your-domain.in"
    assert conf.account().read_timeout == 30.0


def test_an_account_that_could_not_be_read_is_read_again(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    configure({"ACCOUNTS": {"default": {**ACCOUNT, "MERCHANT_ID": None}}})
    problem(conf.account)
    monkeypatch.setenv("PAYTM_MID", "FROMENVIRONMENT00001")
    assert conf.account().merchant_id == "FROMENVIRONMENT00001"


# ---- Keys


@pytest.mark.parametrize("key", [f" {CANARY[1:-1]} ", f"{CANARY[:-1]}\n", f"'{CANARY[1:-1]}'", f'"{CANARY}"'])
def test_a_key_is_taken_to_the_letter(configure: Configure, key: str) -> None:
    configure(accounts(MERCHANT_KEY=key))
    assert conf.account().key == key


def test_the_previous_key_comes_second(configure: Configure) -> None:
    configure(accounts(PREVIOUS_MERCHANT_KEY="older#Key&1@paytm"[:16]))
    assert conf.account().keys == (CANARY, "older#Key&1@payt")


def test_no_representation_shows_a_key(configure: Configure) -> None:
    configure(accounts())
    account = conf.account()
    assert CANARY not in f"{account} {account!r} {account.keys!r}"
    assert CANARY not in repr({"frame": account.key})


# ---- What cannot be used


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ENVIRONMENT", "prod"),
        ("ENVIRONMENT", "Production"),
        ("FLOW", "popup"),
        ("CHANNEL", "APP"),
        ("CONNECT_TIMEOUT", "soon"),
        ("CONNECT_TIMEOUT", 0),
        ("READ_TIMEOUT", -1),
        ("READ_TIMEOUT", "nan"),
        ("READ_TIMEOUT", "inf"),
        ("READ_TIMEOUT", 301),
        ("REQUIRE_SIGNED_RESPONSES", "perhaps"),
        ("REQUIRE_SIGNED_RESPONSES", []),
    ],
)
def test_a_bad_value_of_an_account_is_told_by_setting_account_and_variable(
    configure: Configure, setting: str, value: object
) -> None:
    configure({"ACCOUNTS": {"tickets": {**ACCOUNT, setting: value}}})
    told = problem(lambda: conf.account("tickets"))
    variable = next(conf.variable(s, "tickets") for s in conf.ACCOUNT_SETTINGS if s.name == setting)
    meaning = next(s.help for s in conf.ACCOUNT_SETTINGS if s.name == setting)
    assert (
        told
        == f'{setting} of account "tickets" (in PAYTM_KIT, or {variable}) has a value that cannot be used. {meaning}'
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MINIMUM_AMOUNT", "one"),
        ("MINIMUM_AMOUNT", 0.1),
        ("MINIMUM_AMOUNT", "NaN"),
        ("MINIMUM_AMOUNT", "-1"),
        ("MINIMUM_AMOUNT", 0),
        ("TRUSTED_PROXIES", -1),
        ("TRUSTED_PROXIES", "1.5"),
        ("UNVERIFIED_ASKS", "many"),
    ],
)
def test_a_bad_value_of_the_kit_is_told_by_setting_and_variable(
    configure: Configure, setting: str, value: object
) -> None:
    configure({"BASE_URL": "https://shop.your-domain.in", setting: value, **accounts()})
    told = problem(conf.kit)
    assert told.startswith(f"{setting} (in PAYTM_KIT, or PAYTM_{setting}) has a value that cannot be used.")


@pytest.mark.parametrize(
    "setting", [s for s in conf.ACCOUNT_SETTINGS if s.default is conf.tables.REQUIRED], ids=lambda s: s.name
)
def test_a_missing_setting_is_told_with_its_variable_and_meaning(
    configure: Configure, setting: conf.tables.Setting
) -> None:
    configure(accounts(**{setting.name: ""}))
    expected = f'{setting.name} of account "default" is missing: set it in PAYTM_KIT or as {conf.variable(setting)}.'
    assert problem(conf.account) == f"{expected} {setting.help}"


def test_a_missing_base_url_is_told_with_its_variable(configure: Configure) -> None:
    configure(accounts())
    assert problem(conf.kit).startswith("BASE_URL is missing: set it in PAYTM_KIT or as PAYTM_BASE_URL.")


def test_a_simulator_needs_to_be_found(configure: Configure) -> None:
    configure(accounts(ENVIRONMENT="simulator"))
    told = problem(conf.account)
    assert "HOST" in told
    assert "PAYTM_HOST" in told


def test_a_mid_and_key_that_changed_places_are_recognised_before_anything_prints_the_mid(configure: Configure) -> None:
    configure(accounts(MERCHANT_ID=CANARY, MERCHANT_KEY="TESTMID0000000000001"))
    assert "look exchanged" in problem(conf.account)


@pytest.mark.parametrize(
    "kit", [[], "text", {"ACCOUNTS": [CANARY]}, {"ACCOUNTS": {"default": CANARY}}, {"ACCOUNTS": {1: {}}}]
)
def test_another_shape_than_a_dictionary_is_told(configure: Configure, kit: object) -> None:
    configure(kit)
    assert "dictionar" in problem(conf.account)


# ---- Which addresses the outside world can reach


@pytest.mark.parametrize(
    "url", ["https://shop.your-domain.in", "https://shop.your-domain.in:8443/x/", "https://8.8.8.8"]
)
def test_public_addresses(url: str) -> None:
    assert conf.is_public_https(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.your-domain.in",
        "https://localhost",
        "https://shop",
        "https://127.0.0.1",
        "https://127.8.8.8",
        "https://10.0.0.4",
        "https://192.168.1.5",
        "https://[::1]",
        "https://[fd00::1]",
        "https://shop.local",
        "https://shop.test",
        "https://shop.example",
        "https://example.com",
        "https://shop.example.com",
        "https://shop.internal",
        "https://[",
        "shop.your-domain.in",
        "",
    ],
)
def test_addresses_that_only_this_network_knows(url: str) -> None:
    assert not conf.is_public_https(url)


@pytest.mark.parametrize("written", ["read=2/1m, pay=off", {"read": "2/1m", "pay": "off"}])
def test_throttles_of_the_api_are_read_from_text_and_from_a_dictionary(settings: Any, written: object) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_THROTTLES": written}
    assert conf.api().api_throttles == {"read": (2, 60), "refund": (30, 60)}


@pytest.mark.parametrize("written", ["read=2/min", {"read": "2/min"}, {"nothing": "2/1m"}, {"read": 3}])
def test_throttles_that_cannot_be_read_are_said_so(settings: Any, written: object) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_THROTTLES": written}
    with pytest.raises(ConfigurationError, match="API_THROTTLES"):
        conf.api()
