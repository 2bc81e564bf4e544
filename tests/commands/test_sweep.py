"""``paytm_sweep``: what it prints, as lines and as JSON, and how it ends."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from paytm_kit.models import Payment
from tests.paytm import TXNID, Paytm
from tests.services.test_sweep import ORDERS, Lists, lists, order_row

__all__ = ["lists"]

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


def run(*arguments: str) -> tuple[str, str, int]:
    """What it printed, why it failed, its exit code."""
    out = io.StringIO()
    try:
        call_command("paytm_sweep", *arguments, "--no-color", stdout=out, stderr=out)
    except CommandError as error:
        return out.getvalue(), str(error), error.returncode
    return out.getvalue(), "", 0


def test_each_difference_is_a_line(lists: Lists, paid: Payment) -> None:
    lists.hold(order_row(paid), order_row("LOST-1", "PENDING"))
    out, why, code = run("--since", "3h")
    assert out == (
        f"order  LOST-1  {TXNID}  499.00  pending  unknown here\n"
        "listed 2, agreed 1, put right 0, for a person 1, lists not read 0\n"
    )
    assert (why.split(" that ")[0], code) == ("Something differs", 1)


def test_json_is_one_document(lists: Lists, paid: Payment) -> None:
    lists.hold(order_row(paid), order_row("LOST-1"))
    out, _, code = run("--json", "--since", "3h")
    said = json.loads(out)
    assert (code, said["left"], said["agreed"], said["errors"]) == (1, 1, 1, [])
    assert said["findings"] == [
        {
            "kind": "order", "account": "default", "order_id": "LOST-1", "reference": TXNID, "amount": "499.00",
            "said": "success", "result": "unknown here", "left": True,
        }
    ]  # fmt: skip


def test_by_default_it_looks_two_days_back(lists: Lists, paytm: Paytm) -> None:
    assert run()[2] == 0
    asked = [json.loads(call.request.body)["body"] for call in paytm.wire.calls if call.request.url.endswith(ORDERS)]
    first = datetime.fromisoformat(asked[0]["fromDate"])
    last = datetime.fromisoformat(asked[-1]["toDate"])
    assert timedelta(days=2) <= last - first <= timedelta(days=2, seconds=2)
    assert abs(last - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--since", "2d", "--until", "3d"], "--since must lie before --until."),
        (["--account", "nobody"], 'There is no account "nobody". PAYTM_KIT["ACCOUNTS"] has: default.'),
    ],
)
def test_what_cannot_be_meant_ends_with_code_two(arguments: list[str], why: str) -> None:
    assert run(*arguments) == ("", why, 2)
