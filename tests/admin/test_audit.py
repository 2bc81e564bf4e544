"""The audit log: who, what, when, from where, why, and what came of it. Written once; changed by nobody."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from demo_site.shop.models import Order
from paytm_kit.models import AppendOnly, AuditEntry, Payment, SettlementLine
from paytm_kit.services import audit
from paytm_kit.testing import factories
from tests.admin.desk import Person, message, page_of
from tests.paytm import Paytm

pytestmark = [pytest.mark.django_db(transaction=True)]

LIST = "/admin/paytm_kit/auditentry/"


@pytest.mark.databases
def test_an_entry_is_written_once(paid: Payment) -> None:
    entry = audit.by_command("ravi", "payment.refund", paid, reason="Wrong size", detail="100.00")
    entry.reason = "something else"
    for change in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(actor="nobody")
    with pytest.raises(AppendOnly):
        AuditEntry.objects.bulk_update([entry], ["actor"])
    assert AuditEntry.objects.get().reason == "Wrong size"


@pytest.mark.databases
def test_it_says_who_when_from_where_on_what_and_why(paid: Payment) -> None:
    person = Person()
    person.open(page_of(paid, "refund"))
    before = paid.paid_at
    person.send(page_of(paid, "refund"), transaction=paid.transaction_id, amount="600", reason="Wrong size")
    fields = {**person.hidden(), "csrfmiddlewaretoken": person.token()}
    person.client.post(page_of(paid, "refund"), fields)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.channel, entry.action, entry.remote_ip) == (
        "meera",
        "desk",
        "payment.refund",
        "203.0.113.7",
    )
    assert (entry.payment, entry.object_type, entry.object_label) == (paid, "payment", paid.gateway_order_id)
    assert (entry.reason, entry.result) == ("Wrong size", "refused")
    assert entry.detail.startswith("₹600.00: ")
    assert entry.created_at > before
    assert len(entry.correlation_id) == 16


def test_a_proxy_in_front_is_believed_only_as_far_as_it_is_ours(paid: Payment, settings: Any) -> None:
    person = Person()
    person.open(page_of(paid))
    forged = {"HTTP_X_FORWARDED_FOR": "192.0.2.1, 198.51.100.4"}
    token = person.token()
    for trusted, ip in ((0, "203.0.113.7"), (1, "198.51.100.4")):
        settings.PAYTM_KIT = {**settings.PAYTM_KIT, "TRUSTED_PROXIES": trusted}
        person.client.post(page_of(paid, "close"), {"csrfmiddlewaretoken": token, "reason": "x"}, **forged)
        assert AuditEntry.objects.latest("pk").remote_ip == ip


@pytest.mark.parametrize("detail", ["q=asha%40example.com&day=2026", "asha@example.com", "q=asha@example.com"])
def test_what_was_searched_for_is_masked(detail: str) -> None:
    entry = audit.by_command("ravi", "payment.export", detail=detail, reason="for asha@example.com, 9000000001")
    assert "a***@example.com" in entry.detail
    assert "asha" not in entry.detail + entry.reason
    assert "9000000001" not in entry.reason


def test_whoever_tries_without_the_right_is_written_down(paid: Payment) -> None:
    viewer = Person("Paytm viewer")
    viewer.open(page_of(paid))
    assert viewer.client.get(page_of(paid, "refund")).status_code == 403
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.result) == ("meera", "payment.refund", "refused")


def test_the_history_of_a_row_is_what_people_did_to_it(paid: Payment) -> None:
    audit.by_command("ravi", "payment.refund", paid, reason="Wrong size", detail="100.00 rupees")
    finance = Person("Paytm finance")
    finance.open(page_of(paid, "history"))
    for words in ("ravi", "payment.refund", "Wrong size", "100.00 rupees", "command"):
        assert words in finance.text()
    viewer = Person("Paytm viewer", name="asha")
    viewer.open(page_of(paid, "history"))
    assert "Wrong size" not in viewer.text()


def test_finance_reads_it_finds_in_it_and_changes_nothing(paid: Payment, make_order: Callable[..., Order]) -> None:
    other = factories.payment(make_order(), "paid")
    for actor, payment in (("ravi", paid), ("asha", other)):
        audit.by_command(actor, "payment.close", payment, reason=f"{actor} looked")
    finance = Person("Paytm finance")
    assert len(finance.listed("", LIST)) == 2
    for query in (f"?q={paid.gateway_order_id}", "?q=ravi", "?actor=ravi", "?action=payment.close&actor=ravi"):
        finance.listed(query, LIST)
        rows = finance.page.select("#result_list tbody tr")
        assert len(rows) == 1, query
        assert "ravi" in rows[0].get_text()
    entry = AuditEntry.objects.get(actor="ravi")
    finance.open(page_of(entry))
    assert "ravi looked" in finance.text()
    assert finance.page.select("input[name=_save], .deletelink, #content-main textarea") == []
    for address in (f"{LIST}add/", page_of(entry, "delete")):
        assert finance.client.get(address).status_code == 403


def test_a_download_of_settlement_lines_is_written_down() -> None:
    Person().client.post("/admin/paytm_kit/settlementline/", {})
    person = Person(name="ravi")
    person.open("/admin/paytm_kit/settlementline/")
    assert not SettlementLine.objects.exists()
    # nothing ticked: nothing downloaded, nothing written
    assert not AuditEntry.objects.exists()


@pytest.mark.databases
def test_commands_that_change_something_are_written_down(
    make_order: Callable[..., Order], paytm: Paytm, capsys: Any
) -> None:
    paid = factories.payment(make_order(), "paid")
    stuck = factories.payment(make_order(), "held")
    paytm.will_refund("PENDING", "601", refundAmount="10.00", txnId=paid.transaction_id)
    paytm.will_say("PENDING", payment=stuck)
    call_command("paytm_refund", paid.gateway_order_id, amount="10.00", reason="Wrong size")
    call_command("paytm_close", stuck.gateway_order_id, reason="looked")
    call_command("paytm_replay", message(stuck, verdict="received", processed_at=None).pk)
    call_command("paytm_roles")
    who = f"command by {getpass.getuser()}"
    found = list(AuditEntry.objects.order_by("pk").values_list("action", "channel", "actor", "remote_ip"))
    actions = ["payment.refund", "payment.close", "message.replay", "roles.mend", "roles.mend", "roles.mend"]
    assert found == [(action, "command", who, None) for action in actions]
    assert AuditEntry.objects.get(action="payment.close").reason == "looked"
    assert AuditEntry.objects.get(action="payment.refund").payment == paid
