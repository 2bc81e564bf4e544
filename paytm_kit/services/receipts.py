"""What a receipt says: the payment, what went back of it, who sold, and the order's invoice where it gives one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from paytm_kit import conf
from paytm_kit.conf import Seller
from paytm_kit.currencies import INR
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.invoices import Invoice
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment, Refund
from paytm_kit.money import shown
from paytm_kit.services.letter_text import label, shop

log = EventLog("paytm_kit.receipts")


@dataclass(frozen=True, slots=True)
class Receipt:
    """``kept`` is what the seller has of this payment after refunds, in its currency."""

    payment: Payment
    label: str
    shop: str
    seller: Seller
    address: tuple[str, ...]
    refunds: tuple[Refund, ...]
    kept: Decimal
    invoice: Invoice | None
    invoice_currency: str
    is_tax_invoice: bool


def of(payment: Payment) -> Receipt:
    """The receipt of a paid payment. Nobody's contact is on it but what the order's ``payment_invoice`` gives."""
    seller = _seller()
    invoice = _invoice(payment)
    currency = (invoice.currency if invoice else "") or payment.currency
    named = bool(seller.seller_name and seller.seller_address and seller.seller_gstin)
    return Receipt(
        payment=payment,
        label=label(payment),
        shop=shop(),
        seller=seller,
        address=tuple(filter(None, (line.strip() for line in re.split(r"[\n|]", seller.seller_address)))),
        refunds=tuple(payment.refunds.under_way_or_made()),
        kept=payment.captured_amount - payment.refunded_amount,
        invoice=invoice,
        invoice_currency=currency,
        is_tax_invoice=named and currency == INR and invoice is not None and invoice.names_every_field,
    )


def _seller() -> Seller:
    try:
        return conf.seller()
    except ConfigurationError as error:
        log.error("receipt.no_seller", error=str(error))
        return Seller("", "", "")


def _invoice(payment: Payment) -> Invoice | None:
    """The merchant's own code: whatever it raises, the shopper gets a receipt, without an invoice."""
    order: Any = payment.order
    try:
        invoice: Invoice | None = order.payment_invoice() if order is not None else None
        if invoice is not None:
            shown(invoice.total, str(invoice.currency))  # no number among them that cannot be added up
            tuple(invoice.bill_to), invoice.names_every_field  # nor anything else that the page could not show
    except Exception as error:  # noqa: BLE001
        log.error("receipt.no_invoice", order_id=payment.gateway_order_id, error=f"{type(error).__name__}: {error}")
        return None
    return invoice
