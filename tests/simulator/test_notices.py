"""Callbacks and webhooks: the fields, the signature, the retries, and whom they never go to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator.conftest import GARBLED, MID, Shop, Simulator, callback_form, eventually, signed

CALLBACK = {"ORDERID", "MID", "TXNID", "TXNAMOUNT", "PAYMENTMODE", "CURRENCY", "TXNDATE", "STATUS", "RESPCODE",
            "RESPMSG", "BANKTXNID", "CHECKSUMHASH"}  # fmt: skip


def webhook(sim: Simulator, shop: Shop) -> None:
    sim.settings(webhook_url=shop.url + shop.hook)


# ---- callback --------------------------------------------------------------------------------------------------


def test_a_success_callback_has_the_fields_of_the_reference(sim: Simulator) -> None:
    sim.initiate(extendInfo={"mercUnqRef": "REF-9"})
    callback = sim.pay()["callback"]
    fields = callback["fields"]
    assert callback["url"] == sim.callback_url
    assert fields.keys() == CALLBACK | {"GATEWAYNAME", "MERC_UNQ_REF"}
    assert re.fullmatch(r"20\d{33}", fields["TXNID"])
    assert re.fullmatch(r"\d{12}", fields["BANKTXNID"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.0", fields["TXNDATE"])
    assert fields["TXNID"].startswith(fields["TXNDATE"][:10].replace("-", ""))
    assert (fields["STATUS"], fields["RESPCODE"], fields["RESPMSG"]) == ("TXN_SUCCESS", "01", "Txn Success")
    assert (fields["TXNAMOUNT"], fields["CURRENCY"], fields["MID"]) == ("249.50", "INR", MID)
    assert signed(fields)


def test_the_time_is_indian_time(sim: Simulator) -> None:
    sim.initiate()
    said = datetime.fromisoformat(sim.pay()["callback"]["fields"]["TXNDATE"].removesuffix(".0") + "+05:30")
    assert abs(datetime.now(UTC) - said) < timedelta(seconds=10)


@pytest.mark.parametrize(
    ("outcome", "more"), [("failure", {"GATEWAYNAME"}), ("pending", set()), ("cancel", {"GATEWAYNAME"})]
)
def test_other_outcomes_have_an_empty_bank_transaction(sim: Simulator, outcome: str, more: set[str]) -> None:
    sim.initiate()
    fields = sim.pay(outcome=outcome)["callback"]["fields"]
    assert fields.keys() == CALLBACK | more
    assert fields["BANKTXNID"] == ""
    assert signed(fields)


def test_cancelling_before_a_method_was_chosen_names_no_mode(sim: Simulator) -> None:
    _, fields = callback_form(sim.post(f"/pay/{sim.token()}/case/cancel"))
    assert fields.keys() == CALLBACK - {"PAYMENTMODE"}
    assert signed(fields)


def test_the_control_plane_delivers_the_callback_without_following_redirects(sim: Simulator, shop: Shop) -> None:
    shop.answers[:] = [303]
    sim.initiate()
    callback = sim.pay(deliver=["callback"])["callback"]
    assert callback["delivered"] == {"status": 303, "answer": "303", "location": "/elsewhere"}
    assert [path for path, _ in shop.posts] == ["/callback"]
    assert shop.posts[0][1] == callback["fields"]
    assert signed(shop.posts[0][1])


def test_a_shop_that_is_down_is_reported_not_raised(sim: Simulator) -> None:
    sim.initiate(callbackUrl="http://127.0.0.1:1/callback")
    delivered = sim.pay(deliver=["callback"])["callback"]["delivered"]
    assert delivered["status"] is None
    assert delivered["answer"].startswith("no answer: ")


def test_an_answer_that_cannot_be_read_is_reported_too(sim: Simulator, shop: Shop) -> None:
    shop.answers[:] = [GARBLED]
    sim.initiate()
    delivered = sim.pay(deliver=["callback"])["callback"]["delivered"]
    assert delivered == {"status": 299, "answer": "299", "location": ""}


# ---- webhook ---------------------------------------------------------------------------------------------------


def test_a_webhook_follows_a_success_with_its_own_fields(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    sim.initiate(extendInfo={"mercUnqRef": "REF-9"})
    callback = sim.pay(deliver=["webhook"])["callback"]["fields"]
    [fields] = shop.heard(shop.hook)
    assert signed(fields)
    assert fields["TXNDATE"] == callback["TXNDATE"][:10]
    assert fields["TXNDATETIME"] == callback["TXNDATE"]
    assert (fields["CUSTID"], fields["TXNTYPE"], fields["MERC_UNQ_REF"]) == ("C_17", "SALE", "REF-9")
    own = {"TXNDATE", "TXNDATETIME", "CUSTID", "TXNTYPE", "CHECKSUMHASH"}
    assert {name: fields[name] for name in fields.keys() - own} == {
        name: callback[name] for name in callback.keys() - own
    }
    eventually(lambda: sim.order()["webhooks"][0]["status"] == "delivered", "delivery recorded")


@pytest.mark.parametrize("outcome", ["failure", "cancel"])
def test_a_failure_is_terminal_and_announced(sim: Simulator, shop: Shop, outcome: str) -> None:
    webhook(sim, shop)
    sim.initiate()
    sim.pay(outcome=outcome, deliver=["webhook"])
    assert shop.heard(shop.hook)[0]["STATUS"] == "TXN_FAILURE"


def test_pending_is_announced_only_once_it_is_settled(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    sim.initiate()
    sim.pay(outcome="pending", deliver=["webhook"])
    assert sim.order()["webhooks"] == []
    sim.post("/_sim/orders/ORD-1/settle", json={"outcome": "failure"})
    [fields] = shop.heard(shop.hook)
    assert (fields["STATUS"], fields["RESPCODE"]) == ("TXN_FAILURE", "227")
    assert sim.result() == ("TXN_FAILURE", "227")


def test_pending_is_announced_at_once_where_the_merchant_asked_for_it(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    sim.settings(webhook_on_pending=True)
    sim.initiate()
    sim.pay(outcome="pending", deliver=["webhook"])
    assert shop.heard(shop.hook)[0]["STATUS"] == "PENDING"


def test_nobody_asks_and_the_webhook_still_comes_when_the_time_is_over(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    sim.settings(settle_after=0.3)
    sim.post(f"/pay/{sim.token()}/case/pending")
    assert shop.heard(shop.hook)[0]["STATUS"] == "TXN_SUCCESS"


def test_closing_the_tab_is_heard_by_webhook(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    sim.post(f"/pay/{sim.token()}/case/close")
    assert shop.heard(shop.hook)[0]["STATUS"] == "TXN_SUCCESS"


def test_a_webhook_is_tried_again_until_200(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    shop.answers[:] = [500, 302]
    sim.initiate()
    sim.pay(deliver=["webhook"])
    shop.heard(shop.hook, 1)
    eventually(lambda: sim.order()["webhooks"][0]["attempts"] == 1, "attempt recorded")
    for number, wait in ((2, 1), (3, 5)):
        assert sim.order()["webhooks"][0]["status"] == "queued"
        sim.advance(wait)
        shop.heard(shop.hook, number)
    [sent] = sim.order()["webhooks"]
    assert sent["status"] == "delivered"
    assert [attempt["answer"] for attempt in sent["log"]] == ["500", "302", "200"]
    first, *others = shop.forms(shop.hook)
    assert others == [first, first]


def test_after_five_attempts_it_gives_up(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    shop.answers[:] = [500] * 5
    sim.initiate()
    sim.pay(deliver=["webhook"])
    sim.advance(1 + 5 + 30 + 120 + 1)
    [sent] = sim.order()["webhooks"]
    assert (sent["attempts"], sent["status"]) == (5, "failed")


def test_without_a_webhook_url_none_is_sent(sim: Simulator, shop: Shop) -> None:
    sim.initiate()
    sim.pay(deliver=["callback", "webhook"])
    assert sim.order()["webhooks"] == []
    assert [path for path, _ in shop.posts] == ["/callback"]


def test_a_payment_that_must_not_be_announced_stays_silent_when_it_settles(sim: Simulator, shop: Shop) -> None:
    webhook(sim, shop)
    sim.settings(settle_after=20)
    sim.initiate()
    sim.pay(outcome="pending", deliver=[])
    sim.advance(21)
    assert sim.result() == ("TXN_SUCCESS", "01")
    assert sim.order()["webhooks"] == []
