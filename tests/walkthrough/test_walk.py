"""What the walkthrough tells of a payment: that payment's own messages, whole and masked, to its own people only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from bs4 import Tag
from paytmchecksum import PaytmChecksum

from demo_site.walkthrough.models import Trace
from demo_site.walkthrough.texts import STEPS
from paytm_kit.models import Payment, WireMessage, ledger_writes
from paytm_kit.testing.simulator import Simulator
from tests.walkthrough.conftest import Newcomer

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]
pytestmark = pytest.mark.django_db(transaction=True)

ALL = [words.slug for words in STEPS]


def pairs(step: Tag, title: str) -> dict[str, str]:
    """The names and values under a heading, spread out or folded."""
    heading = next(tag for tag in step.select("h3, summary") if tag.get_text(strip=True) == title)
    rows = heading.find_parent(class_="wt-block").select(".wt-pairs > div")
    return {row.dt.get_text(strip=True): row.dd.get_text(strip=True) for row in rows}


@pytest.mark.parametrize("flow", ["hosted", "js", "legacy"])
def test_a_payment_is_told_from_its_price_to_its_webhook(
    flow: str, newcomer: Newcomer, buys: Callable[..., Payment], simulator: Simulator
) -> None:
    payment = buys(flow)
    assert payment.is_paid
    newcomer.reads(payment)
    assert newcomer.reached() == ALL
    told = {slug: " ".join(newcomer.step(slug).get_text(" ").split()) for slug in ALL}
    assert payment.gateway_order_id in told["payment"]
    assert "m***@example.com" in told["string"]
    assert ("initiateTransaction" in told["request"]) == (flow != "legacy")
    assert "UPI" in told["gateway"]
    assert told["checks"].count(": passed") == 11
    assert "TXN_SUCCESS" in told["status"]
    assert "processing" in told["rows"]
    assert "payment_succeeded" in told["rows"]
    page = newcomer.response.content.decode()
    for secret in (simulator.key, "meera@example.com", "9000000001"):
        assert secret not in page
        assert secret not in str(list(Trace.objects.values()))


def test_what_is_shown_of_the_callback_is_what_paytm_signed(
    newcomer: Newcomer, buys: Callable[..., Payment], simulator: Simulator
) -> None:
    newcomer.reads(buys())
    fields = pairs(newcomer.step("callback"), "Fields, in the order in which they came")
    signature = fields.pop("CHECKSUMHASH")
    sent = {name: "" if value == "-" else value for name, value in fields.items()}
    assert PaytmChecksum.verifySignature(sent, simulator.key, signature)
    stages = pairs(newcomer.step("checks"), "Step by step")
    joined = "|".join(sent[name] for name in sorted(sent))
    assert stages["SHA-256 of the string, a pipe and the salt"] == (
        hashlib.sha256(f"{joined}|{stages['Salt']}".encode()).hexdigest()
    )


def test_the_string_that_the_shop_signed_differs_from_the_true_one_in_the_masks_alone(
    newcomer: Newcomer, buys: Callable[..., Payment]
) -> None:
    newcomer.reads(buys())
    shown = newcomer.step("string").pre.get_text()
    true = shown.replace("m***@example.com", "meera@example.com").replace("******0001", "9000000001")
    stages = pairs(newcomer.step("signature"), "Step by step")
    assert stages["The hash inside the signature"] == hashlib.sha256(f"{true}|{stages['Salt']}".encode()).hexdigest()


def test_steps_not_reached_say_so(newcomer: Newcomer) -> None:
    payment = newcomer.goes_to_pay()
    newcomer.reads(payment)
    assert newcomer.reached() == ALL[:6]
    for slug in ALL[6:]:
        assert "Not reached yet" in newcomer.step(slug).get_text()


def test_a_message_that_never_came_is_missed_by_nobody(newcomer: Newcomer, simulator: Simulator) -> None:
    payment = newcomer.goes_to_pay()
    newcomer.presses(payment, "lose")
    newcomer.presses(payment, "reconcile")
    assert newcomer.reached() == ALL
    assert "It never came" in newcomer.step("callback").get_text()
    assert "reconcile" in newcomer.step("rows").get_text()


def test_a_message_from_before_the_walkthrough_is_told_without_its_string(
    newcomer: Newcomer, buys: Callable[..., Payment]
) -> None:
    payment = buys()
    Trace.objects.all().delete()
    newcomer.reads(payment)
    assert newcomer.response.status_code == 200
    assert "was not kept" in newcomer.step("string").get_text()
    assert pairs(newcomer.step("callback"), "Fields, in the order in which they came")["STATUS"] == "TXN_SUCCESS"


def test_without_the_simulator_the_rest_is_still_told(
    newcomer: Newcomer, buys: Callable[..., Payment], settings: Any
) -> None:
    payment = buys()
    account = settings.PAYTM_KIT["ACCOUNTS"]["default"] | {"HOST": "http://127.0.0.1:1"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    newcomer.reads(payment)
    assert "does not answer" in newcomer.step("gateway").get_text()
    newcomer.presses(payment, "replay")
    assert newcomer.response.status_code == 200


def test_what_a_stranger_sends_is_shown_and_cannot_act(newcomer: Newcomer, live_server: Any) -> None:
    payment = newcomer.goes_to_pay()
    evil = "<script>alert(1)</script>"
    fields = {"ORDERID": payment.gateway_order_id, "RESPMSG": evil, "CHECKSUMHASH": f"{evil}asha@example.com"}
    requests.post(f"{live_server.url}/paytm/callback/", data=fields, timeout=10, allow_redirects=False)
    newcomer.reads(payment)
    assert evil in newcomer.step("callback").get_text()
    page = newcomer.response.content.decode()
    assert evil not in page
    assert "asha@example.com" not in page


# ---- for whom, and where -----------------------------------------------------------------------------------------


def test_order_and_result_lead_to_it(newcomer: Newcomer, buys: Callable[..., Payment]) -> None:
    payment = buys()
    address = f"/walkthrough/{payment.token}/"
    for page in (payment.order.get_absolute_url(), payment.get_result_url()):
        newcomer.open(page)
        assert newcomer.page.select(f"main a[href='{address}']")
    newcomer.open(payment.order.get_absolute_url())
    assert len(newcomer.page.select(".wt-latest li")) == 4


def test_nobody_else_may_look_but_staff(newcomer: Newcomer) -> None:
    newcomer.sign_in("asha")
    payment = newcomer.goes_to_pay()
    newcomer.reads(payment)
    assert newcomer.response.status_code == 200
    stranger, staff = Newcomer(), Newcomer()
    staff.sign_in("staff")
    for person, status in ((stranger, 404), (staff, 200)):
        person.reads(payment)
        assert person.response.status_code == status
        person.open(payment.get_result_url())
        assert bool(person.page.select("a[href^='/walkthrough/']")) == (status == 200)
    stranger.open("/product/masala-chai/")
    token = stranger.page.select_one("main input[name=csrfmiddlewaretoken]")["value"]
    for path in ("again/", "try/unsigned/"):
        answer = stranger.client.post(f"/walkthrough/{payment.token}/{path}", {"csrfmiddlewaretoken": token})
        assert answer.status_code == 404
    assert not WireMessage.objects.filter(direction="in").exists()


def test_a_guests_payment_is_the_browsers_that_ordered(newcomer: Newcomer) -> None:
    payment = newcomer.goes_to_pay()
    other = Newcomer()
    other.reads(payment)
    assert other.response.status_code == 404
    newcomer.reads(payment)
    assert newcomer.response.status_code == 200


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_with_paytm_itself_it_does_not_exist(
    environment: str, newcomer: Newcomer, buys: Callable[..., Payment], settings: Any
) -> None:
    payment = buys()
    account = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    here = settings.PAYTM_KIT
    # The account became another; and the other way round, a payment of the real account from before.
    settings.PAYTM_KIT = {**here, "ACCOUNTS": {"default": account | {"ENVIRONMENT": environment}}}
    _is_nowhere(newcomer, payment)
    settings.PAYTM_KIT = here
    with ledger_writes():
        Payment.objects.filter(pk=payment.pk).update(environment=environment)
    _is_nowhere(newcomer, payment)


def _is_nowhere(newcomer: Newcomer, payment: Payment) -> None:
    newcomer.reads(payment)
    assert newcomer.response.status_code == 404
    for page in (payment.order.get_absolute_url(), payment.get_result_url()):
        newcomer.open(page)
        assert "/walkthrough/" not in newcomer.page.main.decode()
