"""What is set about other systems: from Python or the environment, each mistake told in words, none stops a payment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from paytm_kit import conf
from paytm_kit.conf.tables import OUTGOING_EVENTS
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.outgoing import deliveries
from tests.outgoing.conftest import OLD_SECRET, SECRET, Configure

PUBLIC = {"URL": "https://erp.your-domain.in/hooks", "SECRET": SECRET}
WAITS = "Mend it: until then its webhooks wait; payments go on."
HTTP = "Use https; plain http is for this machine, for DEBUG, and for sites that use the simulator alone."


def found() -> list[CheckMessage]:
    return [message for message in run_checks(tags=["paytm_kit"]) if str(message.id)[-3:-1] in ("07", "08", "00")]


def told() -> list[tuple[str, str, str | None]]:
    return [(str(message.id).removeprefix("paytm_kit."), message.msg, message.hint) for message in found()]


# ---- Reading


def test_an_endpoint_can_come_from_the_environment_alone(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PAYTM_OUTGOING_WEBHOOKS": "erp, stock-room",
        "PAYTM_OUTGOING_ERP_URL": "https://erp.your-domain.in/hooks",
        "PAYTM_OUTGOING_ERP_SECRET": SECRET,
        "PAYTM_OUTGOING_ERP_PREVIOUS_SECRET": OLD_SECRET,
        "PAYTM_OUTGOING_STOCK_ROOM_URL": "https://stock.your-domain.in/",
        "PAYTM_OUTGOING_STOCK_ROOM_SECRET": OLD_SECRET,
        "PAYTM_OUTGOING_STOCK_ROOM_EVENTS": "refund.succeeded,payment.succeeded",
        "PAYTM_OUTGOING_STOCK_ROOM_ENABLED": "false",
    }.items():
        monkeypatch.setenv(name, value)
    settings.PAYTM_KIT = {**settings.PAYTM_KIT}
    erp, stock = conf.endpoint("erp"), conf.endpoint("stock-room")
    assert (erp.url, erp.secrets) == ("https://erp.your-domain.in/hooks", (SECRET, OLD_SECRET))
    assert (erp.events, erp.enabled, erp.allow_private) == (OUTGOING_EVENTS, True, False)
    assert (stock.events, stock.enabled) == (("payment.succeeded", "refund.succeeded"), False)
    assert [text for text in told() if text[0] != "W078"] == []


def test_the_secret_may_stay_in_the_environment_while_the_rest_is_in_python(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYTM_OUTGOING_ERP_SECRET", SECRET)
    configure(erp={"URL": PUBLIC["URL"]})
    assert conf.endpoint("erp").secrets == (SECRET,)
    assert told() == []


def test_a_secret_shows_in_no_repr(configure: Configure) -> None:
    configure(erp=PUBLIC)
    endpoint = conf.endpoint("erp")
    assert SECRET not in repr(endpoint) + repr(endpoint.secrets)
    assert "your-domain" not in repr(endpoint)


def test_an_unknown_endpoint_is_told_with_the_known_ones(configure: Configure) -> None:
    configure(erp=PUBLIC)
    with pytest.raises(ConfigurationError, match=r'^There is no endpoint "crm"\. OUTGOING_WEBHOOKS has: erp\.$'):
        conf.endpoint("crm")


# ---- Checks, word by word

BAD: list[tuple[str, dict[str, Any], list[tuple[str, str, str | None]]]] = [
    ("right", {"erp": PUBLIC}, []),
    (
        "no URL",
        {"erp": {"SECRET": SECRET}},
        [
            (
                "E072",
                'URL of endpoint "erp" is missing: set it in PAYTM_KIT or as PAYTM_OUTGOING_ERP_URL. '
                "Where to: https://host/path.",
                WAITS,
            )
        ],
    ),
    (
        "no secret",
        {"erp": {"URL": PUBLIC["URL"]}},
        [
            (
                "E072",
                'SECRET of endpoint "erp" is missing: set it in PAYTM_KIT or as PAYTM_OUTGOING_ERP_SECRET. What signs: '
                "whsec_ and 24 to 64 random bytes in base64; manage.py paytm_deliver --new-secret makes one. Keep it "
                "in the environment.",
                WAITS,
            )
        ],
    ),
    (
        "unknown event",
        {"erp": {**PUBLIC, "EVENTS": ["payment.paid"]}},
        [
            (
                "E072",
                'EVENTS of endpoint "erp" (in PAYTM_KIT, or PAYTM_OUTGOING_ERP_EVENTS) has a value that cannot be '
                f"used. What it is told: {', '.join(OUTGOING_EVENTS)}. By default all.",
                WAITS,
            )
        ],
    ),
    (
        "misspelt",
        {"erp": {**PUBLIC, "EVENT": "payment.failed"}},
        [("E003", "Endpoint \"erp\" has an unknown setting 'EVENT'.", "Did you mean EVENTS?")],
    ),
    (
        "name",
        {"er p": PUBLIC},
        [
            (
                "E073",
                "'er p' cannot be the name of an endpoint.",
                "It stands in variables and in the admin: a-z, 0-9, _ and -, at most 40.",
            )
        ],
    ),
    *(
        (
            f"address {url}",
            {"erp": {**PUBLIC, "URL": url}},
            [
                (
                    "E074",
                    'URL of endpoint "erp" is not the address of a system.',
                    "Write https://host/path, without a user, a password or a # in it.",
                )
            ],
        )
        for url in (
            *("erp", "ftp://erp.your-domain.in", "https://", "https://user:pass@erp.your-domain.in/", "https://[::1"),
            *("https://erp..your-domain.in/", f"https://{'a' * 64}.your-domain.in/"),
            *("https://erp.your-domain.in/#x", "https://erp.your-domain.in:0/", "https://erp.your-domain.in/a b"),
            *("https://erp.your-domain.in:99999/", "https://erp.your-domain.in\\@10.0.0.5/", "file:///etc/passwd"),
        )
    ),
    (
        "http",
        {"erp": {**PUBLIC, "URL": "http://erp.your-domain.in/"}},
        [("E075", 'URL of endpoint "erp" is plain http: whoever is in between reads what is sent.', HTTP)],
    ),
    *(
        (
            f"inside {host}",
            {"erp": {**PUBLIC, "URL": f"https://{host}/"}},
            [
                (
                    "E076",
                    f'URL of endpoint "erp" leads to {host.strip("[]")}, which is not public.',
                    "If it is meant, set ALLOW_PRIVATE to true for this endpoint.",
                )
            ],
        )
        for host in ("127.0.0.1", "10.0.0.5", "[::1]", "169.254.169.254", "localhost", "erp", "erp.internal")
    ),
    ("inside, and meant", {"erp": {**PUBLIC, "URL": "https://10.0.0.5/", "ALLOW_PRIVATE": "true"}}, []),
    ("this machine", {"erp": {**PUBLIC, "URL": "http://127.0.0.1:9000/", "ALLOW_PRIVATE": True}}, []),
    (
        "weak secret",
        {"erp": {**PUBLIC, "SECRET": "whsec_c2hvcnQ="}},
        [
            (
                "E077",
                'SECRET of endpoint "erp" cannot sign. A secret is whsec_ and 24 to 64 bytes in base64.',
                "Make one with manage.py paytm_deliver --new-secret, and tell it to the other side.",
            )
        ],
    ),
    (
        "weak old secret",
        {"erp": {**PUBLIC, "PREVIOUS_SECRET": "canary"}},
        [
            (
                "E077",
                'PREVIOUS_SECRET of endpoint "erp" cannot sign. A secret is whsec_ and 24 to 64 bytes in base64.',
                "Make one with manage.py paytm_deliver --new-secret, and tell it to the other side.",
            )
        ],
    ),
    (
        "one secret for two",
        {"erp": PUBLIC, "crm": PUBLIC},
        [
            (
                "W078",
                "These endpoints have the same secret: erp, crm.",
                "Give each its own: whoever knows one could speak to the other as if it were you.",
            )
        ],
    ),
    (
        "no exchange",
        {"erp": {**PUBLIC, "PREVIOUS_SECRET": SECRET}},
        [
            (
                "W079",
                'SECRET and PREVIOUS_SECRET of endpoint "erp" are the same.',
                "Make a new SECRET, or remove PREVIOUS_SECRET.",
            )
        ],
    ),
]


@pytest.mark.parametrize(("endpoints", "expected"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_each_mistake_is_told_with_the_way_to_mend_it(
    settings: Any, endpoints: dict[str, Any], expected: list[Any]
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "OUTGOING_WEBHOOKS": endpoints}
    assert told() == expected
    assert "canary" not in str(told())
    errors = [text for text in told() if text[0].startswith("E") and text[0] != "E003"]
    for name in endpoints:
        assert (deliveries.usable_endpoint(name) is None) == bool(errors)


def test_settings_that_are_no_dictionary_are_told(settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "OUTGOING_WEBHOOKS": [{"URL": "https://erp.your-domain.in"}]}
    [(number, text, hint)] = told()
    assert number == "E071"
    assert text.startswith("OUTGOING_WEBHOOKS (in PAYTM_KIT, or PAYTM_OUTGOING_WEBHOOKS) has a value that cannot")
    assert hint == "Mend it: until then no other system is told of payments; payments go on."


def test_plain_http_is_allowed_in_debug_and_to_a_site_of_simulators(configure: Configure, settings: Any) -> None:
    url = {**PUBLIC, "URL": "http://erp.your-domain.in/"}
    configure(erp=url)
    with override_settings(DEBUG=True):
        assert not [text for text in told() if text[0] == "E075"]
    simulator = {"ENVIRONMENT": "simulator", "HOST": "http://127.0.0.1:1", "MERCHANT_ID": "M", "MERCHANT_KEY": "k" * 16}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": simulator}}
    assert not [text for text in told() if text[0] == "E075"]


def test_webhooks_that_outlive_orders_names_are_told(settings: Any) -> None:
    for kept, warned in ((0, True), (400, True), (90, False)):
        settings.PAYTM_KIT = {
            **settings.PAYTM_KIT,
            "OUTGOING_WEBHOOKS": {"erp": PUBLIC},
            "OUTGOING_RETENTION_DAYS": kept,
        }
        assert [text[0] for text in told()] == ["W080"] * warned


def test_a_misspelt_variable_is_told(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(erp=PUBLIC)
    monkeypatch.setenv("PAYTM_OUTGOING_ERP_PREVIOUS_SECRT", OLD_SECRET)
    assert told() == [
        (
            "W081",
            "The environment (or .env) sets PAYTM_OUTGOING_ERP_PREVIOUS_SECRT, which no endpoint reads.",
            "Did you mean PAYTM_OUTGOING_ERP_PREVIOUS_SECRET?",
        )
    ]


# ---- Without the app

WITHOUT = """
import django
from django.conf import settings
from tests import settings as ours
names = {name: getattr(ours, name) for name in dir(ours) if name.isupper()}
names["INSTALLED_APPS"] = [name for name in names["INSTALLED_APPS"] if name != "paytm_kit.outgoing"]
names["PAYTM_KIT"] = {**names["PAYTM_KIT"], "OUTGOING_WEBHOOKS": {"erp": {}}}
settings.configure(**names)
django.setup()
from django.core.checks import run_checks
from django.core.management import get_commands
from django.apps import apps
from paytm_kit import signals
from paytm_kit.services import doctor, jobs, purge, roles
print([m.id for m in run_checks(tags=["paytm_kit"])])
print("paytm_deliver" in get_commands(), "webhooks" in jobs.JOBS, "webhooks" in purge.KINDS, roles.APPS)
print(sorted(receiver[0][0] for receiver in signals.payment_succeeded.receivers if "outgoing" in str(receiver[0][0])))
print([model.__name__ for model in apps.get_models() if "outgoing" in model.__module__])
"""


def test_without_the_app_there_is_no_table_no_receiver_no_command_and_a_setting_says_so() -> None:
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=root, capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.stdout.splitlines() == ["['paytm_kit.W070']", "False False False ['paytm_kit']", "[]", "[]"], (
        done.stderr
    )
