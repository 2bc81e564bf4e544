"""Money of two currencies never meets: not in an order, not in a sum, not on a page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.checkout import AlreadyPaid, NothingToPay, PaymentError, open_payment
from paytm_kit.gateways.base import Outcome, State
from paytm_kit.invoices import Invoice, InvoiceLine, InvoiceTax
from paytm_kit.ledger import book, refundable
from paytm_kit.ledger import refunds as ledger
from paytm_kit.models import Flag, Payment, PaymentEvent, RiskDecision, ledger_writes
from paytm_kit.services import announce, export, opening, risk
from tests.admin.desk import Person
from tests.begin import begin
from tests.export.test_export import MAIN, Sheet
from tests.overview.test_overview import PAGE, table, tiles
from tests.paytm import MID

pytestmark = pytest.mark.django_db(transaction=True)

OVERVIEW = f"{PAGE}?period=7d&environment=staging"


@pytest.fixture(autouse=True)
def accounts(settings: Any) -> None:
    """Beside the one for rupees, an account for each currency; its name is the currency's."""
    own = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    others = {code: {**own, "CURRENCY": code} for code in ("USD", "EUR", "JPY")}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": own, **others}}


Collect = Callable[..., Payment]


@pytest.fixture
def collect(make_order: Callable[..., Order]) -> Collect:
    """A payment in a currency, on the gateway's page or (``state``) with what the gateway says of it."""

    def make(amount: str, code: str = "INR", /, state: State | None = State.SUCCESS, **said: Any) -> Payment:
        order = said.pop("order", None) or make_order(amount, currency=code)
        payment = begin(open_payment(order, account="default" if code == "INR" else code).pk)
        return payment if state is None else says(payment, state, **said)

    return make


def says(payment: Payment, state: State, **said: Any) -> Payment:
    facts = {"merchant_id": MID, "amount": payment.amount, "transaction_id": f"T{payment.pk}", **said}
    return book.apply(payment.pk, Outcome(payment.gateway_order_id, state, **facts), source="webhook").payment


def give_back(payment: Payment, amount: str | None = None) -> Any:
    wanted = None if amount is None else Decimal(amount)
    facts: Any = {"transaction_id": "", "reason": "Torn", "actor": "meera", "wait": False, "seen_left": None}
    return ledger.request(payment.pk, amount=wanted, **facts)


# ---- An order has one currency


def now_in(order: Order, currency: str) -> Order:
    order.currency = currency
    order.save()
    return order


@pytest.mark.databases
def test_what_was_paid_in_another_currency_does_not_pay_the_order(collect: Collect, make_order: Any) -> None:
    order = make_order("100.00", currency="USD")
    collect("", "USD", order=order)
    assert (order.amount_paid, order.balance_due, order.is_paid) == (Decimal("100.00"), Decimal("0.00"), True)
    now_in(order, "INR")
    assert (order.amount_paid, order.balance_due, order.is_paid) == (Decimal("0.00"), Decimal("100.00"), False)


@pytest.mark.databases
def test_an_order_that_holds_money_in_another_currency_is_not_charged_until_it_went_back(
    collect: Collect, make_order: Any
) -> None:
    order = make_order("100.00", currency="USD")
    paid = collect("", "USD", order=order)
    now_in(order, "INR")
    with pytest.raises(opening.OtherCurrency, match=f"was paid by {paid.gateway_order_id} 100.00 USD paid: refund"):
        open_payment(order)
    with ledger_writes():
        Payment.objects.filter(pk=paid.pk).update(refunded_amount=Decimal("100.00"))
    assert (open_payment(order).currency, order.payments.count()) == ("INR", 2)


def test_an_account_of_another_currency_cannot_collect_the_order(make_order: Any) -> None:
    with pytest.raises(PaymentError, match='is in USD; account "EUR" collects EUR'):
        open_payment(make_order("5.00", currency="USD"), account="EUR")


def test_an_open_payment_in_the_old_currency_makes_way_though_its_number_is_the_same(
    make_order: Any, settings: Any
) -> None:
    order = make_order("100.00")
    old = open_payment(order)
    now_in(order, "USD")
    accounts = settings.PAYTM_KIT["ACCOUNTS"]
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": accounts["USD"]}}
    new = open_payment(order)
    assert (old.currency, new.currency, new.amount, new.pk == old.pk) == ("INR", "USD", old.amount, False)


def test_an_amount_that_was_chosen_in_one_currency_is_not_asked_for_in_another(make_order: Any) -> None:
    order = make_order("1000.00", currency="USD")
    part = open_payment(order, amount="10", account="USD")
    now_in(order, "INR")
    with pytest.raises(opening.OtherCurrency, match="was over a chosen amount"):
        opening.retry(part, account="default")


@pytest.mark.databases
def test_a_capture_beside_another_currency_is_flagged_and_still_announced(collect: Collect, make_order: Any) -> None:
    """The order counts rupees now: this capture pays it, and a person hears of the dollars beside."""
    order = make_order("100.00", currency="USD")
    first = collect("", "USD", None, order=order)
    book.supersede(first.pk, why="The order's currency changed.", seen=first)
    second = collect("", order=now_in(order, "INR"), state=None)
    says(first, State.SUCCESS)
    paid = says(second, State.SUCCESS)
    captured = paid.events.get(kind=PaymentEvent.Kind.CAPTURED)
    assert (paid.status, paid.flag_list) == ("paid", [Flag.DUPLICATE])
    assert captured.announcement.signal == "payment_succeeded"
    assert order.amount_paid == Decimal("100.00")


@pytest.mark.databases
def test_another_currency_than_was_asked_for_is_flagged_and_its_amount_counts_for_nothing(collect: Collect) -> None:
    payment = collect("100.00", "USD", amount=Decimal("8000.00"), currency="INR")
    [event] = payment.events.filter(kind=PaymentEvent.Kind.FLAGGED)
    assert (payment.status, payment.flag_list) == ("processing", [Flag.CURRENCY_MISMATCH])
    assert event.message.startswith("The gateway names the currency INR.")
    assert (event.currency, refundable.left_of(payment)) == ("", {})
    with pytest.raises(refunds.NotRefundable, match="captured nothing"):
        refunds.request(payment, reason="Other currency")


# ---- Amounts as they come in


def test_yen_have_no_decimals_and_no_smallest_amount_in_rupees(make_order: Any, settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "MINIMUM_AMOUNT": "100.00"}
    order = make_order("1000.00", currency="JPY")
    with pytest.raises(NothingToPay, match=r"An amount in JPY has no decimals"):
        open_payment(order, amount="10.50", account="JPY")
    assert open_payment(order, amount=5, account="JPY").amount == Decimal("5.00")
    with pytest.raises(NothingToPay, match="below MINIMUM_AMOUNT"):
        open_payment(make_order("99.00"))


def test_half_a_yen_cannot_be_refunded_and_the_sentence_names_the_currency(collect: Collect) -> None:
    paid = collect("1000.00", "JPY")
    with pytest.raises(refunds.NotRefundable, match=r"in JPY has no decimals"):
        refunds.request(paid, "0.50", reason="x")
    with pytest.raises(refunds.NotRefundable, match=r"1000 JPY of transaction"):
        refunds.request(paid, "1001", reason="x")
    with pytest.raises(CommandError, match=r"in JPY has no decimals.*Nothing was sent"):
        call_command("paytm_refund", paid.gateway_order_id, "--amount", "0.5", "--reason", "x", stdout=io.StringIO())
    said = io.StringIO()
    call_command("paytm_refund", paid.gateway_order_id, stdout=said)
    assert said.getvalue() == f"transaction T{paid.pk}: 1000 JPY are left to refund\n"


def test_paytms_smallest_part_of_a_rupee_is_no_rule_for_dollars(collect: Collect) -> None:
    assert give_back(collect("10.00", "USD"), "0.50").amount == Decimal("0.50")
    with pytest.raises(refunds.NotRefundable, match="below one rupee"):
        give_back(collect("10.00"), "0.50")


def test_the_desks_form_takes_whole_yen_only_and_asks_in_yen(collect: Collect, client: Client) -> None:
    paid = collect("1000.00", "JPY")
    client.force_login(User.objects.create_superuser("meera"))
    url = f"/admin/paytm_kit/payment/{paid.pk}/refund/"
    page = BeautifulSoup(client.get(url).content, "html.parser")
    field = page.select_one("input[name=amount]")
    assert (field["value"], field["step"]) == ("1000", "1")
    assert page.select_one("label[for=id_amount]").get_text() == "Amount (JPY):"
    assert "JPY 1,000 left" in page.select_one("select[name=transaction]").get_text()
    token = page.select_one("form[method=post]:not([action]) input[name=csrfmiddlewaretoken]")["value"]
    typed = {"csrfmiddlewaretoken": token, "transaction": f"T{paid.pk}", "reason": "Torn"}
    wrong = client.post(url, {**typed, "amount": "10.5"}).content.decode()
    assert "Amounts in JPY have no decimals. Write a whole number." in wrong
    assert "Send JPY 10 back to the customer?" in client.post(url, {**typed, "amount": "10"}).content.decode()
    assert not paid.refunds.exists()


# ---- Sums


@pytest.mark.databases
def test_the_overview_keeps_each_currency_apart(collect: Collect) -> None:
    collect("500.00")
    collect("30.00", "USD")
    back = give_back(collect("20.00", "USD"), "5.50")
    collect("7.00", state=State.FAILURE, code="227")
    collect("3.00", "USD", State.FAILURE, code="227")
    collect("1000.00", "JPY", None)
    collect("1.00", "EUR", amount=Decimal("2.00"))  # flagged
    page = Person().open(OVERVIEW)
    rupees, dollars = table(page, "money")[-1], table(page, "money-USD")[-1]
    assert rupees == ["Together", "1", "₹500.00", "0", "₹0.00", "₹0.00", "₹500.00"]
    assert dollars == ["Together", "2", "USD 50.00", "0", "USD 0.00", "USD 0.00", "USD 50.00"]
    assert page.select_one("#pk-money h2").get_text() == "Money (INR)"
    assert page.select_one("#pk-money-JPY") is None  # nothing came in
    assert tiles(page)["Money in"] == "₹500.00 · USD 50.00"
    assert tiles(page)["Net, before fees"] == "₹500.00 · USD 50.00"
    assert table(page, "reasons")[0][1:] == ["2", "₹7.00 · USD 3.00"]
    assert table(page, "ages")[0] == ["up to 15 minutes", "2", "EUR 1.00 · JPY 1,000"]
    assert table(page, "flags")[0][2] == "EUR 1.00"
    assert "USD 5.50" in page.select_one("a[href='#pk-now']").get_text()
    charts = json.loads(page.select_one("#pk-charts").get_text())
    assert max(charts["money-USD"]["series"][0]["values"]) == 50.0
    assert back.currency == "USD"


def test_the_overview_of_one_accounts_currency_shows_only_this(collect: Collect) -> None:
    collect("500.00")
    page = Person().open(f"{OVERVIEW}&account=USD")
    assert tiles(page)["Money in"] == "USD 0.00"
    assert page.select_one("#pk-money h2").get_text() == "Money"


def test_an_export_names_the_currency_of_each_row_and_formats_it_so(collect: Collect) -> None:
    collect("123456.00")
    collect("123456.50", "USD")
    collect("123456.00", "JPY")
    payments = Payment.objects.order_by("pk")
    found = csv.DictReader(io.StringIO("".join(export.csv_text(export.PAYMENTS, payments)).removeprefix(export.MARK)))
    told = [(row["amount"], row["currency"]) for row in found]
    assert told == [("123456.00", "INR"), ("123456.50", "USD"), ("123456.00", "JPY")]
    with export.xlsx_file(export.PAYMENTS, payments) as file:
        sheet = Sheet(file.read())
    styles = {cell.get("r"): cell.get("s") for cell in ElementTree.fromstring(sheet.xml).iter(f"{MAIN}c")}
    column = sheet.names["amount"]
    assert len({styles[f"{column}{row}"] for row in (2, 3, 4)}) == 3


# ---- What people read


def test_every_page_of_a_payment_names_its_currency(collect: Collect, client: Client) -> None:
    paid = collect("1234.50", "USD")
    give_back(paid, "34.50")
    client.force_login(User.objects.create_superuser("meera"))
    pages = {
        "result": paid.get_result_url(),
        "receipt": paid.get_receipt_url(),
        "refunds": f"/paytm/refunds/{paid.token}/",
        "desk": f"/admin/paytm_kit/payment/{paid.pk}/change/",
        "list": "/admin/paytm_kit/payment/",
        "refund list": "/admin/paytm_kit/refund/",
        "event list": "/admin/paytm_kit/paymentevent/",
    }
    for name, url in pages.items():
        response = client.get(url)
        text = " ".join(BeautifulSoup(response.content, "html.parser").get_text().split())
        assert response.status_code == 200, name
        assert "₹" not in text, name
        assert "USD 34.50" in text or "USD 1,234.50" in text, name


def test_the_button_and_the_history_name_it_too(make_order: Any, rf: RequestFactory) -> None:
    order = make_order("1500.00", currency="JPY")
    payment = open_payment(order, account="JPY")
    source = "{% load paytm_kit %}{% paytm_pay_button order %}{% paytm_history order %}{{ payment|money }}"
    text = Template(source + '{{ 5|money:"EUR" }}').render(Context({"order": order, "payment": payment}))
    assert text.count("JPY 1,500") == 3
    assert text.endswith("EUR 5.00")
    assert "₹" not in text


def test_letters_name_the_currency_of_the_payment(collect: Collect, settings: Any) -> None:
    kit = {"EMAIL": True, "EMAIL_FROM": "orders@example.com", "EMAIL_MERCHANT": ["owner@example.com"]}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, **kit}
    paid = collect("1234.50", "USD")
    announce.deliver(paid.events.get(kind=PaymentEvent.Kind.CAPTURED).announcement.pk)
    call_command("paytm_reconcile", stdout=io.StringIO())
    assert {"your payment of USD 1,234.50" in letter.subject for letter in mail.outbox} == {True, False}
    for letter in mail.outbox:
        assert "USD 1,234.50" in letter.body
        assert "₹" not in letter.body + letter.subject


INVOICE = Invoice(
    number="KD/1",
    issued_on=timezone.now().date(),
    lines=(InvoiceLine("Tea", Decimal("90.00"), "1", "0902"),),
    taxes=(InvoiceTax("IGST 5%", Decimal("4.50")),),
    place_of_supply="Karnataka (29)",
)


@pytest.mark.parametrize(
    ("currency", "shown", "is_tax_invoice"), [("", "USD 94.50", False), ("INR", "₹94.50", True)], ids=str
)
def test_an_invoice_is_in_the_payments_currency_or_names_its_own_and_gst_is_in_rupees(
    collect: Collect,
    client: Client,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    currency: str,
    shown: str,
    is_tax_invoice: bool,
) -> None:
    seller = {"SELLER_NAME": "Kadamb", "SELLER_ADDRESS": "12 Lake Road", "SELLER_GSTIN": "29AAAAA0000A1ZY"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, **seller}
    monkeypatch.setattr(Order, "payment_invoice", lambda order: replace(INVOICE, currency=currency))
    text = client.get(collect("100.00", "USD").get_receipt_url()).content.decode()
    assert shown in text
    assert ("not a tax invoice" not in text) is is_tax_invoice


# ---- Rules


HIGH = {"name": "high", "when": "amount >= 25000", "action": "hold", "reason": "High."}
DOLLARS = {**HIGH, "name": "high_dollars", "when": "amount >= 300", "currency": "USD"}


@pytest.mark.parametrize(
    ("amount", "currency", "held_by"),
    [
        ("30000.00", "INR", ["high"]),
        ("30000.00", "JPY", []),
        ("100.00", "USD", []),
        ("300.00", "USD", ["high_dollars"]),
        ("300.00", "INR", []),
    ],
)
def test_a_rule_about_an_amount_looks_only_at_payments_in_its_currency(
    make_order: Any, rf: RequestFactory, settings: Any, amount: str, currency: str, held_by: list[str]
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "RISK_RULES": [HIGH, DOLLARS]}
    account = "default" if currency == "INR" else currency
    payment = open_payment(make_order(amount, currency=currency), account=account)
    risk.look(rf.get("/"), payment)
    assert list(RiskDecision.objects.values_list("rule", flat=True)) == held_by


def test_a_persons_word_about_dollars_says_nothing_about_rupees(
    make_order: Any, rf: RequestFactory, settings: Any
) -> None:
    rules = [{**HIGH, "when": "customer_payments >= 0"}]
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "RISK_RULES": rules}
    order = make_order("100.00", currency="USD")
    first = open_payment(order, account="USD")
    assert not risk.look(rf.get("/"), first).goes_on
    risk.settle(first, passes=True, actor="meera", reason="Called them")
    assert risk.look(rf.get("/"), first).goes_on
    book.supersede(first.pk, why="The order's currency changed.", seen=first)
    second = open_payment(now_in(order, "INR"))
    assert not risk.look(rf.get("/"), second).goes_on


def test_an_order_that_is_paid_says_so_whatever_the_currency(collect: Collect, make_order: Any) -> None:
    order = make_order("100.00", currency="USD")
    collect("", "USD", order=order)
    with pytest.raises(AlreadyPaid):
        open_payment(order, account="USD")
