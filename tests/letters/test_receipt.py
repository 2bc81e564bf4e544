"""The receipt: of paid payments alone, with what the order gives and nothing that the kit made up."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core import checks
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.conf import gstin
from paytm_kit.gateways.base import State
from paytm_kit.invoices import Invoice, InvoiceLine, InvoiceTax
from paytm_kit.models import Payment
from tests.letters.conftest import Configure
from tests.letters.test_what_is_written import applied
from tests.paytm import Paytm

GSTIN = "29AAAAA0000A1ZY"  # invented
SELLER = {"SELLER_NAME": "Kadamb", "SELLER_ADDRESS": "12 Lake Road|Mysuru 570001", "SELLER_GSTIN": GSTIN}
LINES = (
    InvoiceLine("Tea <b>first</b> flush", Decimal("400.00"), "2", "0902"),
    InvoiceLine("Saffron", Decimal("75.24"), "1 g", "0910"),
)
TAXES = (InvoiceTax("CGST 2.5%", Decimal("11.88")), InvoiceTax("SGST 2.5%", Decimal("11.88")))
INVOICE = {
    "number": "KD/26-27/1001",
    "issued_on": date(2026, 11, 21),
    "lines": LINES,
    "taxes": TAXES,
    "place_of_supply": "Karnataka (29)",
    "bill_to": ("Asha Rao", "Mysuru"),
}
NOT_A_TAX_INVOICE = "not a tax invoice"


@pytest.fixture
def invoiced(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(**changes: object) -> None:
        monkeypatch.setattr(Order, "payment_invoice", lambda self: Invoice(**{**INVOICE, **changes}))

    return give


def read(payment: Payment, client: Client) -> str:
    """The page as somebody reads it."""
    page = client.get(payment.get_receipt_url())
    assert page.status_code == 200
    assert page["X-Frame-Options"] == "DENY"
    assert "no-store" in page["Cache-Control"]
    text = BeautifulSoup(page.content, "html.parser").main.get_text(" ")
    return re.sub(r"\s+", " ", text)


def test_it_says_what_was_paid_when_and_how_and_names_nobody(client: Client, payment: Payment) -> None:
    applied(payment, bank_name="HDFC Bank", amount=payment.amount)
    text = read(payment, client)
    payment.refresh_from_db()
    for fact in (
        "Receipt",
        "₹499.00",
        "UPI, HDFC Bank",
        "103000000001",
        payment.transaction_id,
        payment.gateway_order_id,
        "IST",
        NOT_A_TAX_INVOICE,
    ):
        assert fact in text
    for private in ("Asha", "asha@example.com", "9000000001", "Lake Road"):
        assert private not in text


@pytest.mark.parametrize("state", [None, State.PENDING, State.FAILURE])
def test_an_unpaid_payment_has_none(client: Client, payment: Payment, state: State | None) -> None:
    if state is not None:
        applied(payment, state=state, code="x")
    answer = client.get(payment.get_receipt_url())
    assert (answer.status_code, answer.url) == (302, payment.get_result_url())
    assert "receipt" not in client.get(payment.get_result_url()).content.decode()


def test_nobody_guesses_one(client: Client, paid: Payment) -> None:
    assert client.get(f"/paytm/receipt/{'0' * 40}/").status_code == 404
    assert client.get(f"/paytm/receipt/{paid.gateway_order_id}/").status_code == 404
    assert client.post(paid.get_receipt_url()).status_code in (403, 405)


def test_the_result_page_leads_there(client: Client, paid: Payment) -> None:
    assert paid.get_receipt_url() in client.get(paid.get_result_url()).content.decode()


def test_with_every_field_it_is_a_tax_invoice(
    client: Client, paid: Payment, mail_settings: Configure, invoiced: Any
) -> None:
    mail_settings(**SELLER)
    invoiced()
    text = read(paid, client)
    assert text.strip().startswith("Kadamb 12 Lake Road Mysuru 570001 GSTIN 29AAAAA0000A1ZY Tax invoice")
    for fact in (
        "Invoice KD/26-27/1001",
        "21 November 2026",
        "Asha Rao Mysuru",
        "Tea <b>first</b> flush",
        "Quantity 2, HSN/SAC 0902",
        "CGST 2.5% ₹11.88",
        "Total ₹499.00",
        "Place of supply: Karnataka (29)",
    ):
        assert fact in text
    assert NOT_A_TAX_INVOICE not in text


@pytest.mark.parametrize(
    ("seller", "invoice"),
    [
        ({"SELLER_GSTIN": ""}, {}),
        ({"SELLER_ADDRESS": ""}, {}),
        ({"SELLER_NAME": ""}, {}),
        ({}, {"number": ""}),
        ({}, {"number": "longer-than-sixteen-characters"}),
        ({}, {"issued_on": None}),
        ({}, {"taxes": ()}),
        ({}, {"place_of_supply": ""}),
        ({}, {"lines": ()}),
        ({}, {"lines": (*LINES, InvoiceLine("Something", Decimal("1.00")))}),
        ({"SELLER_GSTIN": "29AAAAA0000A1ZZ"}, {}),  # mistyped
    ],
)
def test_with_a_field_missing_it_says_that_it_is_none(
    client: Client, paid: Payment, mail_settings: Configure, invoiced: Any, seller: dict[str, str], invoice: Any
) -> None:
    mail_settings(**{**SELLER, **seller})
    invoiced(**invoice)
    text = read(paid, client)
    assert NOT_A_TAX_INVOICE in text
    assert "Tax invoice" not in text


def test_no_tax_is_made_up(client: Client, paid: Payment, mail_settings: Configure) -> None:
    """The demo's order gives lines alone."""
    mail_settings(**SELLER)
    text = read(paid, client)
    assert "Tea Quantity 1 ₹499.00 Total ₹499.00" in text
    for word in ("GST 2", "CGST", "Taxable", "HSN"):
        assert word not in text


def test_refunds_are_on_it(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10", refundDetailInfoList=[{"payMethod": "UPI", "rrn": "103000000009"}])
    refunds.request(paid, "100.00", reason="Wrong size")
    paytm.will_refund()
    refunds.request(paid, "50.00", reason="Wrong size")
    text = read(paid, client)
    assert "made, bank reference 103000000009 ₹100.00" in text
    assert "on its way ₹50.00" in text
    assert "Paid less refunds made ₹399.00" in text
    assert "Wrong size" not in text


@pytest.mark.parametrize(
    "broken",
    [
        lambda self: 1 / 0,
        lambda self: None,
        lambda self: "KD-1",
        lambda self: Invoice(lines=(InvoiceLine("Tea", 4.5), *LINES)),  # type: ignore[arg-type]
        lambda self: Invoice(**{**INVOICE, "number": 1001}),
        lambda self: Invoice(**{**INVOICE, "bill_to": 7}),
    ],
)
def test_an_order_that_cannot_say_its_invoice_has_a_plain_receipt(
    client: Client, paid: Payment, monkeypatch: pytest.MonkeyPatch, mail_settings: Configure, broken: Any
) -> None:
    mail_settings(**SELLER)
    monkeypatch.setattr(Order, "payment_invoice", broken)
    assert NOT_A_TAX_INVOICE in read(paid, client)


def test_an_order_that_is_gone_has_one_still(client: Client, paid: Payment) -> None:
    Order.objects.all().delete()
    assert "₹499.00" in read(paid, client)


# ---- GST numbers


@pytest.mark.parametrize("written", [GSTIN, "29aaaaa0000a1zy", " 29 AAAAA 0000A 1ZY ", ""])
def test_a_gst_number_is_read_as_people_write_it(written: str) -> None:
    assert gstin.checked(written) in (GSTIN, "")


@pytest.mark.parametrize("slip", ["29AAAAA0000A1ZZ", "29AAAAA0000A1Z", "92AAAAA0000A1ZY", "29AAAAA0O00A1ZY", "Kadamb"])
def test_a_slip_in_it_is_noticed_and_stops_no_payment(slip: str, mail_settings: Configure, payment: Payment) -> None:
    with pytest.raises(ValueError):
        gstin.checked(slip)
    mail_settings(SELLER_GSTIN=slip)
    [error] = [found for found in checks.run_checks(tags=["paytm_kit"]) if found.id == "paytm_kit.E030"]
    assert "SELLER_GSTIN" in error.msg
    applied(payment)
    payment.refresh_from_db()
    assert payment.status == "paid"
