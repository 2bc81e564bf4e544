"""With many payments the desk stays quick: few questions a page, and PostgreSQL answers each by an index.

The queries are those that the pages really sent, taken down and handed to EXPLAIN.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from paytm_kit.models import Payment

LIST = "/admin/paytm_kit/payment/"
PAYMENTS = 3000
BIG = {"paytm_kit_payment", "paytm_kit_paymentevent", "paytm_kit_wiremessage", "paytm_kit_announcement"}

pytestmark = [
    pytest.mark.databases,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="EXPLAIN is read as PostgreSQL writes it"),
]

FILTERS = (
    "",
    "?p=3",
    "?status__exact=failed",
    "?status__exact=paid",
    "?flag=any",
    "?flag=stuck",
    "?flag=resolved",
    "?payment_mode=UPI",
    "?payment_mode=EMI",
    "?bank_name=Tapti+Demo+Bank",
    "?gateway_name=WALLET",
    "?gateway=paytm",
    "?account=default",
    "?environment=simulator",
    "?environment=production",
    "?open_for=1h",
    "?status__exact=failed&payment_mode=NB&environment=simulator",
)
OVERVIEWS = ("period=today", "period=7d", "period=7d&account=default")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def read_in_full(sql: str) -> set[str]:
    """The big tables that PostgreSQL would read from their first row to their last for this."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        [found] = cursor.fetchone()
    plans = json.loads(found) if isinstance(found, str) else found
    return {node["Relation Name"] for node in nodes(plans[0]["Plan"]) if node["Node Type"] == "Seq Scan"} & BIG


def test_no_page_of_the_desk_reads_a_big_table_in_full_or_asks_often(admin_client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # VACUUM calls visible to all only what has reached the disk
    call_command("paytm_seed", "--payments", str(PAYMENTS), "--force", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(sorted(BIG))}")  # as autovacuum does
    payment = Payment.objects.filter(refunds__isnull=False).latest("created_at")
    day, month = (payment.created_at.strftime(form) for form in ("%Y-%m-%d", "%Y-%m"))
    ids = (payment.gateway_order_id, payment.transaction_id, payment.order_label, payment.bank_transaction_id)
    pages = [
        *((LIST + query, 10) for query in (*FILTERS, f"?day={day}", f"?day={month}")),
        *((f"{LIST}?q={found}", 10) for found in ids),
        (f"{LIST}?q={payment.refunds.get().refund_id}", 10),
        (f"{LIST}?q=asha12%40example.com", 10),
        (f"{LIST}{payment.pk}/change/", 30),
        (f"{LIST}export/?status__exact=failed", 12),
        *((f"{LIST}overview/?environment=simulator&{query}", 20) for query in OVERVIEWS),
    ]
    wrong = []
    for path, most in pages:
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(path).status_code == 200, path
        if len(queries) > most:
            wrong.append(f"{path}: {len(queries)} queries")
        for query in queries.captured_queries:
            if query["sql"].startswith(("SELECT", "(SELECT")) and (tables := read_in_full(query["sql"])):
                wrong.append(f"{path}: reads all of {', '.join(sorted(tables))}: {query['sql']}")
    assert wrong == []
