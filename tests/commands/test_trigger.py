"""manage.py paytm_trigger: the kit's own views take every message, and none of them makes anything paid."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from paytm_kit.models import Payment, Refund, WireMessage
from paytm_kit.simulator.triggers import registry, tampers
from tests.paytm import MID, Paytm

Send = Callable[..., list[tuple[str, int]]]
WEBHOOKS = [name for name in registry.NAMES if registry.load(name).to == "webhook"]
CALLBACKS = [name for name in registry.NAMES if registry.load(name).to == "callback"]


@pytest.fixture
def send(live_server: Any, settings: Any, paytm: Paytm) -> Send:
    """Runs the command against this project, served for real; gives each message's name and HTTP status."""
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "BASE_URL": live_server.url}
    paytm.wire.add_passthru(live_server.url)

    def run(*words: str) -> list[tuple[str, int]]:
        out = StringIO()
        error = None
        try:
            call_command("paytm_trigger", *words, stdout=out)
        except CommandError as raised:
            error = raised
        lines = [line.split("  ") for line in out.getvalue().splitlines()]
        answers = [(line[1], int(line[3])) for line in lines]
        assert (error is not None) == any(status >= 500 for _, status in answers)
        return answers

    return run


def told(*words: str) -> str:
    out = StringIO()
    call_command("paytm_trigger", *words, "--dry-run", stdout=out)
    return out.getvalue()


def refusal(*words: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command("paytm_trigger", *words, stdout=StringIO())
    return caught.value


# ---- the kit's own views ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["success", "webhook-success", "webhook-success-json"])
def test_a_success_alone_makes_nothing_paid(send: Send, payment: Payment, paytm: Paytm, name: str) -> None:
    paytm.will_say("PENDING", payment=payment)
    assert send(name, "--order", payment.gateway_order_id) == [(name, 303 if name == "success" else 200)]
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert paytm.asked() == 1
    (message,) = payment.wire_messages.filter(direction=WireMessage.Direction.IN)
    assert message.verdict == WireMessage.Verdict.VERIFIED


def test_a_failure_alone_fails_nothing(send: Send, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("TXN_SUCCESS", payment=payment)
    send("failure", "webhook-failure", "--order", payment.gateway_order_id)
    payment.refresh_from_db()
    assert payment.status == "paid"


OF_A_REFUND = ("refund-accepted", "refund-rejected", "refund-success", "refund-arn")


@pytest.mark.parametrize("names", [CALLBACKS, WEBHOOKS], ids=["callbacks", "webhooks"])
def test_the_views_take_every_trigger(send: Send, payment: Payment, paytm: Paytm, names: list[str]) -> None:
    paytm.will_say("NO_RECORD_FOUND")
    paytm.refund_becomes("TXN_FAILURE", "631")
    # a refund of which the gateway knows nothing yet is to be told once more
    expected = {name: 303 if names is CALLBACKS else 503 if name in OF_A_REFUND else 200 for name in names}
    assert send(*names, "--order", payment.gateway_order_id) == list(expected.items())
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert payment.captured_amount == 0
    assert not Refund.objects.filter(status="succeeded").exists()
    assert WireMessage.objects.filter(direction=WireMessage.Direction.IN).count() == len(names)


# What the kit answers to each tamper: the browser's callback, Paytm's webhook. Where a signature does not match, the
# shopper is shown the result page (303) and the server is told no (400).
REJECTED, ACCEPTED, MALFORMED, TOO_LARGE = (303, 400), (303, 200), (400, 400), (413, 413)
ANSWERS = {tamper.name: ACCEPTED if tamper.before else REJECTED for tamper in tampers.ALL} | {
    "rename": ACCEPTED,  # its signature matches; the status API decides
    "resplit": REJECTED,
    "pipe": REJECTED,
    "repeat-field": MALFORMED,
    "nul": MALFORMED,
    "oversize": TOO_LARGE,
}


@pytest.mark.parametrize("how", [tamper.name for tamper in tampers.ALL if tamper.name != "respace"])
def test_the_views_stand_every_tamper(send: Send, payment: Payment, paytm: Paytm, how: str) -> None:
    paytm.will_say("PENDING", payment=payment)
    answers = send("success", "webhook-success", "--order", payment.gateway_order_id, "--tamper", how)
    assert tuple(status for _, status in answers) == ANSWERS[how]
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_respaced_json_is_rejected(send: Send, payment: Payment, paytm: Paytm) -> None:
    words = ("webhook-success-json", "--order", payment.gateway_order_id, "--tamper", "respace")
    assert send(*words) == [("webhook-success-json", 400)]
    assert paytm.asked() == 0


def test_a_storm_of_copies_in_any_order_pays_once(send: Send, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("TXN_SUCCESS", payment=payment)
    words = ("pending", "success", "failure", "webhook-success", "webhook-failure", "--repeat", "3", "--shuffle")
    answers = send(*words, "--order", payment.gateway_order_id, "--seed", "7")
    assert len(answers) == 15
    assert {status for _, status in answers} == {200, 303}
    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("paid", payment.amount)


def test_an_order_that_nobody_knows_is_taken_calmly(send: Send, paytm: Paytm, transactional_db: None) -> None:
    assert send("success", "webhook-success", "--order", "NOBODYS-1") == [("success", 303), ("webhook-success", 200)]
    assert not Payment.objects.exists()


def test_a_server_error_ends_with_1(send: Send, payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer(ConnectionError("down"))
    assert refusal("webhook-success", "--order", payment.gateway_order_id).returncode == 1


# ---- what is known without being told --------------------------------------------------------------------------


def test_amount_mid_and_address_come_from_the_project(payment: Payment) -> None:
    said = told("success", "webhook-success", "--order", payment.gateway_order_id)
    assert "POST http://testserver/paytm/callback/\n" in said
    assert "POST http://testserver/paytm/webhook/\n" in said
    assert f"  TXNAMOUNT={payment.amount}\n" in said
    assert f"  MID={MID}\n" in said


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's own address is one that may be written to."""
    monkeypatch.setattr("paytm_kit.simulator.guard.LOCAL_HOSTS", ("localhost", "127.0.0.1", "::1", "testserver"))


def test_another_account_has_its_own(settings: Any, db: None) -> None:
    second = settings.PAYTM_KIT["ACCOUNTS"]["default"] | {"MERCHANT_ID": "SECONDMID00000000001"}
    settings.PAYTM_KIT = {
        **settings.PAYTM_KIT,
        "ACCOUNTS": {**settings.PAYTM_KIT["ACCOUNTS"], "second": second},
    }
    said = told("success", "--order", "ORD-1", "--account", "second")
    assert "POST http://testserver/paytm/callback/second/\n" in said
    assert "  MID=SECONDMID00000000001\n" in said


def test_what_is_told_wins(payment: Payment) -> None:
    words = ("--amount", "1", "--mid", "OTHERMID", "--url", "http://localhost:9/hook", "--set", "RESPMSG=Hello")
    said = told("success", "--order", payment.gateway_order_id, *words)
    assert "POST http://localhost:9/hook\n" in said
    for line in ("TXNAMOUNT=1.00", "MID=OTHERMID", "RESPMSG=Hello"):
        assert f"  {line}\n" in said


def test_the_key_is_shown_nowhere(payment: Payment) -> None:
    assert "test#Key" not in told("success", "--order", payment.gateway_order_id)


# ---- guard rails -----------------------------------------------------------------------------------------------


def test_production_is_refused(settings: Any, payment: Payment) -> None:
    account = settings.PAYTM_KIT["ACCOUNTS"]["default"] | {"ENVIRONMENT": "production"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    error = refusal("success", "--order", payment.gateway_order_id)
    assert error.returncode == 2
    assert str(error).startswith('Account "default" is set to production')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["success", "--order", "O", "--account", "nobody"], 'There is no account "nobody"'),
        (["webhook-sucess", "--order", "O"], "Did you mean webhook-success?"),
        (["success", "--order", "O", "--url", "https://shop.example.com/"], "--allow-host shop.example.com"),
    ],
)
def test_wrong_usage_ends_with_2(db: None, words: list[str], said: str) -> None:
    error = refusal(*words)
    assert error.returncode == 2
    assert said in str(error)


def test_a_database_without_tables_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("no such table: paytm_kit_payment")

    monkeypatch.setattr(Payment.objects, "filter", broken)
    error = refusal("success", "--order", "ORD-1", "--dry-run")
    assert error.returncode == 2
    assert str(error).endswith("(no such table: paytm_kit_payment). Run migrate first, or give --amount.")
    assert "TXNAMOUNT=5.00" in told("success", "--order", "ORD-1", "--amount", "5")


def test_the_list_needs_no_settings(settings: Any) -> None:
    settings.PAYTM_KIT = {"ACCOUNTS": {}}
    out = StringIO()
    call_command("paytm_trigger", "--list", stdout=out)
    assert "webhook-success-json" in out.getvalue()
