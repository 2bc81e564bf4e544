"""Our ids for payments and refunds: in each gateway's form, and never taken for a card number."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from paytm_kit.gateways import order_ids
from paytm_kit.masking import mask_cards

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # past midnight in India


def test_an_id_begins_with_the_day_in_india() -> None:
    assert order_ids.new("paytm", NOW).startswith("261122-")
    assert len(order_ids.new("paytm", NOW)) == 27


@pytest.mark.parametrize("gateway", ["paytm", "zaakpay", "stripe", "paypal"])
def test_our_own_ids_are_known_from_others(gateway: str) -> None:
    ours = order_ids.new(gateway, NOW)
    assert order_ids.is_payment(ours)
    others = (ours[:-1], f"{ours}x", ours.upper(), f"{ours}\n", "another-system-7", order_ids.new_refund(), "")
    assert not any(map(order_ids.is_payment, others))


def test_an_id_that_looks_like_a_card_number_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Masked in a stored message, replay could not read it again."""
    unlucky, lucky = "2633664864mzdax4i5bq", "74mpymfdtpxn2jjckmzt"
    assert mask_cards(f"261122-{unlucky}") == "[card ****4864]mzdax4i5bq"
    drawn: Iterator[str] = iter(unlucky + lucky)
    monkeypatch.setattr(secrets, "choice", lambda alphabet: next(drawn))
    assert order_ids.new("paytm", NOW) == f"261122-{lucky}"


def test_nor_does_a_refunds_id(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(["4111111111111111abcdef12", "dc4a97168d8554984692b9a8"])
    monkeypatch.setattr(secrets, "token_hex", lambda count: next(numbers))
    assert order_ids.new_refund() == "r-dc4a97168d8554984692b9a8"
