"""Payments, events, refunds, ways to pay and health: who sees what, page by page."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from demo_site.shop.models import Order
from paytm_kit.gateways.base import State
from paytm_kit.ledger import book
from paytm_kit.models import AuditEntry, Payment, Refund
from tests.api.conftest import INITIATE, Caller, fields, problem, wanted
from tests.ledger.test_book import success
from tests.paytm import Paytm

PAYMENTS = "/api/v1/payments"


def at(payment: Payment, *rest: str) -> str:
    return "/".join([PAYMENTS, payment.gateway_order_id, *rest])


@pytest.fixture
def her_payment(hers: Order, start: Callable[..., Payment]) -> Payment:
    payment = start(hers)
    return book.apply(payment.pk, success(payment), source="webhook").payment


# ---- One payment


def test_a_payment_is_shown_to_whom_its_order_belongs(asha: Caller, her_payment: Payment) -> None:
    shown = asha.get(at(her_payment)).json()
    assert shown["id"] == her_payment.gateway_order_id
    assert (shown["status"], shown["amount"], shown["captured_amount"]) == ("paid", "499.00", "499.00")
    assert (shown["order"], shown["gateway"], shown["transaction_id"]) == (
        her_payment.order_label,
        "paytm",
        f"T{her_payment.pk}",
    )
    assert shown["receipt_url"] == f"http://testserver{her_payment.get_receipt_url()}"
    assert shown["desk"] is None
    assert "@" not in str(shown)


def test_staff_see_what_the_desk_sees(staff: Caller, her_payment: Payment) -> None:
    desk = staff.get(at(her_payment)).json()["desk"]
    assert (desk["account"], desk["environment"], desk["code"], desk["flags"]) == ("default", "staging", "01", [])


@pytest.mark.parametrize("rest", [(), ("events",), ("refunds",), ("refunds", "r-1")])
def test_anothers_payment_does_not_exist(make_caller: Callable[..., Caller], her_payment: Payment, rest: Any) -> None:
    problem(make_caller("ravi").get(at(her_payment, *rest)), 404, "not_found")
    problem(make_caller("ravi").get(f"{PAYMENTS}/none"), 404, "not_found")


@pytest.mark.parametrize("path", [PAYMENTS, f"{PAYMENTS}/x", "/api/v1/refunds", "/api/v1/events"])
def test_nobody_is_asked_to_sign_in(db: None, path: str) -> None:
    answer = Caller().get(path)
    problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_guest_sees_what_this_browser_initiated(order: Order, paytm: Paytm, paid: Payment) -> None:
    paytm.will_start()
    guest = Caller()
    session = guest.client.session
    session["placed_orders"] = [order.pk]
    session.save()
    page = guest.client.get("/login/")
    token = page.cookies["csrftoken"].value
    told = guest.post(INITIATE, wanted(order), X_CSRFToken=token).json()
    assert guest.get(f"{PAYMENTS}/{told['payment_id']}").json()["order_id"] == order.number
    assert [row["id"] for row in guest.get(PAYMENTS).json()["results"]] == [told["payment_id"]]


def test_what_the_bank_has_not_decided_is_said_apart_from_what_nobody_paid_yet(
    asha: Caller, hers: Order, start: Callable[..., Payment]
) -> None:
    begun = start(hers)
    assert (asha.get(at(begun)).json()["status"], asha.get(at(begun)).json()["waiting"]) == ("processing", False)
    book.apply(begun.pk, success(begun, state=State.PENDING, code="400"), source="webhook")
    assert (asha.get(at(begun)).json()["status"], asha.get(at(begun)).json()["waiting"]) == ("processing", True)
    assert [row["waiting"] for row in asha.get(PAYMENTS).json()["results"]] == [True]


# ---- Lists


@pytest.fixture
def seven(hers: Order, start: Callable[..., Payment], make_order: Callable[..., Order]) -> list[Payment]:
    """Newest first; the third failed."""
    user = User.objects.get(username="asha")
    found = [start(make_order(user=user)) for _ in range(7)][::-1]
    book.apply(found[2].pk, success(found[2], state=State.FAILURE, code="227"), source="webhook")
    return found


def ids(rows: list[Any]) -> list[str]:
    return [row["id"] if isinstance(row, dict) else row.gateway_order_id for row in rows]


def test_pages_follow_each_other_without_gap_or_repeat(
    asha: Caller, seven: list[Payment], start: Callable[..., Payment], make_order: Callable[..., Order]
) -> None:
    page = asha.get(PAYMENTS, limit=3).json()
    assert ids(page["results"]) == ids(seven[:3])
    start(make_order(user=User.objects.get(username="asha")))  # a new one shifts nothing
    second = asha.get(page["next"]).json()
    third = asha.get(second["next"]).json()
    assert ids(second["results"] + third["results"]) == ids(seven[3:])
    assert third["next"] is None


def test_rows_of_one_moment_are_all_shown(staff: Caller, seven: list[Payment]) -> None:
    with connection.cursor() as cursor:  # the model refuses every writer but the ledger
        cursor.execute("UPDATE paytm_kit_payment SET created_at = '2026-11-21 10:00:00'")
    seen, path = [], f"{PAYMENTS}?limit=2"
    while path:
        page = staff.get(path).json()
        seen += ids(page["results"])
        path = page["next"]
    assert sorted(seen) == sorted(ids(seven))


def test_a_page_asks_the_database_a_few_times_whatever_its_length(staff: Caller, seven: list[Payment]) -> None:
    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert staff.get(PAYMENTS, limit=limit).status_code == 200
        return len(asked)

    queries(1)  # the first of a day notes that the token was used
    assert queries(1) == queries(7) <= 8


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"status": "failed"}, 1),
        ({"status": ["failed", "processing"]}, 7),
        ({"status": "paid"}, 0),
        ({"gateway": "paytm"}, 7),
        ({"account": "other"}, 0),
        ({"created_after": "2000-01-01T00:00:00Z"}, 7),
        ({"created_before": "2000-01-01T00:00:00Z"}, 0),
        ({"search": "no such id"}, 0),
    ],
)
def test_a_list_is_narrowed_down(asha: Caller, seven: list[Payment], query: dict[str, Any], count: int) -> None:
    assert len(asha.get(PAYMENTS, **query).json()["results"]) == count


def test_a_list_is_searched_by_any_id_and_by_order(asha: Caller, seven: list[Payment]) -> None:
    wanted_one = seven[4]
    for query in (
        {"search": wanted_one.gateway_order_id},
        {"search": wanted_one.order_label},
        {"search": wanted_one.gateway_order_id[-6:]},
        {"order_id": wanted_one.order_label},
    ):
        assert ids(asha.get(PAYMENTS, **query).json()["results"]) == [wanted_one.gateway_order_id], query


def test_what_another_calls_an_order_hides_nothing_of_ones_own(
    asha: Caller, seven: list[Payment], start: Callable[..., Payment]
) -> None:
    mine, another = seven[4], start()
    with connection.cursor() as cursor:  # the model refuses every writer but the ledger
        label = mine.gateway_order_id[-6:]
        cursor.execute("UPDATE paytm_kit_payment SET order_label = %s WHERE id = %s", [label, another.pk])
    assert ids(asha.get(PAYMENTS, search=label).json()["results"]) == [mine.gateway_order_id]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"status": "x"}, {"status": "invalid_choice"}),
        ({"colour": "red", "page": "2"}, {"colour": "unknown", "page": "unknown"}),
        ({"created_after": "", "search": ""}, {"created_after": "blank", "search": "blank"}),
        ({"limit": "0"}, {"limit": "invalid"}),
        ({"limit": "101"}, {"limit": "invalid"}),
        ({"limit": "٣"}, {"limit": "invalid"}),
        ({"cursor": "x"}, {"cursor": "invalid"}),
        ({"cursor": "%00"}, {"cursor": "invalid"}),
        ({"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5LjE"}, {"cursor": "invalid"}),
        ({"created_after": "yesterday"}, {"created_after": "invalid"}),
        ({"created_after": "0001-01-01T00:00:00+14:00"}, {"created_after": "invalid"}),
        ({"gateway": "a\x00"}, {"gateway": "null_characters_not_allowed"}),
        ({"search": "x" * 201}, {"search": "max_length"}),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(asha: Caller, query: dict[str, str], wrong: dict[str, str]) -> None:
    answer = asha.get(PAYMENTS, **query)
    assert fields(answer) == wrong
    assert {error["in"] for error in answer.json()["errors"]} == {"query"}


def test_another_persons_order_narrows_to_nothing_that_could_be_told(
    asha: Caller, make_order: Callable[..., Order]
) -> None:
    his = make_order(user=User.objects.create(username="ravi"))
    problem(asha.get(PAYMENTS, order_id=his.number), 404, "not_found")


# ---- Events


def test_a_payer_reads_what_happened_and_staff_who_did_it(asha: Caller, staff: Caller, her_payment: Payment) -> None:
    book.flag(her_payment.pk, "refund_mismatch", source="t", message="x")
    mine = asha.get(at(her_payment, "events")).json()["results"]
    assert [event["kind"] for event in mine] == ["captured", "started", "opened"]
    assert {event["desk"] for event in mine} == {None}
    theirs = staff.get(at(her_payment, "events")).json()["results"]
    assert [event["kind"] for event in theirs] == ["flagged", "captured", "started", "opened"]
    assert theirs[1]["desk"]["source"] == "webhook"
    assert (theirs[1]["status_before"], theirs[1]["status_after"]) == ("processing", "paid")
    assert len(staff.get("/api/v1/events").json()["results"]) == 4


# ---- Refunds


def test_money_is_given_back_and_everybody_sees_where_it_is(
    asha: Caller, staff: Caller, her_payment: Payment, paytm: Paytm
) -> None:
    paytm.will_refund()
    answer = staff.post(at(her_payment, "refunds"), {"amount": "99.5", "reason": "broken cup"}, Idempotency_Key="k")
    assert answer.status_code == 201
    refund = Refund.objects.get()
    told = answer.json()
    assert (told["id"], told["status"], told["amount"]) == (refund.refund_id, "pending", "99.50")
    assert told["desk"]["actor"] == "finance"
    assert answer.headers["Location"] == at(her_payment, "refunds", refund.refund_id)
    hers = asha.get(answer.headers["Location"]).json()
    assert (hers["status"], hers["desk"]) == ("pending", None)
    assert [row["id"] for row in asha.get(at(her_payment, "refunds")).json()["results"]] == [refund.refund_id]
    assert [row["id"] for row in asha.get("/api/v1/refunds").json()["results"]] == [refund.refund_id]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.channel, entry.action, entry.result) == ("finance", "api", "payment.refund", "done")


def test_without_an_amount_all_that_is_left_goes_back(staff: Caller, her_payment: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    answer = staff.post(at(her_payment, "refunds"), {"reason": "cancelled"}, Idempotency_Key="k")
    assert answer.json()["amount"] == "499.00"


def test_more_than_is_left_is_refused_and_nothing_is_sent(staff: Caller, her_payment: Payment, paytm: Paytm) -> None:
    answer = staff.post(at(her_payment, "refunds"), {"amount": "500", "reason": "x"}, Idempotency_Key="k")
    assert "499" in problem(answer, 409, "not_refundable")["detail"]
    assert not Refund.objects.exists()
    assert AuditEntry.objects.get().result == "refused"


def test_an_unpaid_payment_is_not_refundable(staff: Caller, payment: Payment) -> None:
    problem(staff.post(at(payment, "refunds"), {"reason": "x"}, Idempotency_Key="k"), 409, "not_refundable")


def test_who_paid_may_not_refund(asha: Caller, her_payment: Payment) -> None:
    found = problem(
        asha.post(at(her_payment, "refunds"), {"reason": "x"}, Idempotency_Key="k"), 403, "permission_denied"
    )
    assert "refund_payment" in found["detail"]
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, {"reason": "required"}),
        ({"reason": " "}, {"reason": "blank"}),
        ({"reason": 1, "amount": "a"}, {"reason": "invalid", "amount": "invalid"}),
        ({"reason": "x", "order_id": "1"}, {"order_id": "unknown"}),
        ({"reason": "x" * 301}, {"reason": "max_length"}),
    ],
)
def test_a_refunds_fields_are_named(
    staff: Caller, her_payment: Payment, sent: dict[str, Any], wrong: dict[str, str]
) -> None:
    assert fields(staff.post(at(her_payment, "refunds"), sent, Idempotency_Key="k")) == wrong


# ---- Ways to pay


def test_the_ways_to_pay_an_order_are_told(asha: Caller, hers: Order) -> None:
    told = asha.get("/api/v1/gateways", order_id=hers.number).json()
    assert (told["amount"], told["currency"]) == ("499.00", "INR")
    assert [(offer["account"], offer["gateway"]) for offer in told["gateways"]] == [("default", "paytm")]
    assert "credit_card" in told["payment_methods"]
    assert fields(asha.get("/api/v1/gateways")) == {"order_id": "required"}


def test_a_paid_order_has_no_way_to_pay(asha: Caller, hers: Order, her_payment: Payment) -> None:
    told = asha.get("/api/v1/gateways", order_id=hers.number).json()
    assert (told["amount"], told["gateways"]) == ("0.00", [])


# ---- Health


def test_health_tells_everybody_the_status_and_staff_the_reasons(db: None, staff: Caller) -> None:
    told = Caller().get("/api/v1/health")
    assert told.status_code == 200
    assert told.json() == {
        "status": "degraded",
        "checks": {"database": "ok", "accounts": "ok", "due_work": "degraded"},
        "details": [],
    }
    assert staff.get("/api/v1/health").json()["details"] == [
        "paytm_reconcile has not come to its end within the last hour"
    ]


def test_an_account_that_is_set_up_wrongly_takes_the_shop_down(db: None, settings: Any, staff: Caller) -> None:
    broken = {"ENVIRONMENT": "staging", "MERCHANT_ID": "TESTMID0000000000001", "MERCHANT_KEY": "canaryShort"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": broken}}
    answer = staff.get("/api/v1/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["checks"]["accounts"]) == (503, "down", "down")
    assert "canaryShort" not in answer.content.decode()


def test_a_database_that_is_gone_is_told(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def gone() -> bool:
        raise OperationalError("no route to canary-host")

    monkeypatch.setattr("paytm_kit.services.doctor.to_migrate", gone)
    answer = Caller().get("/api/v1/health")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "down"})
    assert "canary" not in answer.content.decode()


def test_amounts_are_texts_with_two_decimals(asha: Caller, her_payment: Payment) -> None:
    shown = asha.get(at(her_payment)).json()
    assert Decimal(shown["amount"]) == her_payment.amount
    assert all(isinstance(shown[name], str) for name in ("amount", "captured_amount", "refunded_amount"))
