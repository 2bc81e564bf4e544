"""What a letter says and to whom: read from the order and the ledger at the moment when it is sent.

Subject, text and HTML are templates under ``paytm_kit/email/``. To a shopper about "paid": ``paid_subject.txt``,
``paid.txt`` and ``paid.html``. To the shop: ``merchant_paid_subject.txt`` and so on where the site has them, else
``merchant_subject.txt``, ``merchant.txt`` and ``merchant.html``. A site's own that breaks gives way to the kit's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from paytm_kit import conf, rendering
from paytm_kit.conf import MailSettings
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.masking import mask_contact, one_line, safe_line
from paytm_kit.models import Letter, Payment, PaymentEvent
from paytm_kit.modes import in_words
from paytm_kit.money import shown
from paytm_kit.services import letter_words, outages
from paytm_kit.services.letter_kinds import RULES

FOLDER = "paytm_kit/email/"
# As Indians write them. Django's formats for "en" are American.
DAY, MOMENT = "j F Y", "j F Y, H:i T"
LONGEST_SUBJECT = 150  # characters; a label takes at most LONGEST_LABEL of them
LONGEST_LABEL = 60

SUBJECT, TEXT, HTML = "_subject.txt", ".txt", ".html"

Facts = list[tuple[str, str]]


class NotSent(Exception):
    """This letter is not to be sent, now or later. ``str()`` says why, for staff."""


def compose(letter: Letter, chosen: MailSettings) -> EmailMultiAlternatives:
    """The message, ready to be sent; notes on ``letter`` its language and, masked, to whom it goes. Raises NotSent."""
    event = letter.event
    if why := RULES[letter.kind].overtaken(event):
        raise NotSent(why)
    if letter.audience == Letter.Audience.MERCHANT:
        to, letter.language = list(chosen.email_merchant), settings.LANGUAGE_CODE
        if not to:
            raise NotSent("EMAIL_MERCHANT names nobody.")
    else:
        to, letter.language = [_address(event.payment)], _language(event.payment)
    letter.recipient = ", ".join(mask_contact(parseaddr(address)[1]) for address in to)[:200]
    with translation.override(letter.language), timezone.override(timezone.get_default_timezone()):
        subject, text, html = _parts(letter)
    message = EmailMultiAlternatives(
        subject,
        text,
        chosen.email_from or None,
        to,
        reply_to=[chosen.email_reply_to] if chosen.email_reply_to else None,
        headers={"Message-ID": message_id(letter), "Auto-Submitted": "auto-generated"},
        connection=_connection(chosen),
    )
    message.attach_alternative(html, "text/html")
    return message


def message_id(letter: Letter) -> str:
    """The same for every sending of this letter, another for every letter; it tells nothing about the payment."""
    secret = f"{letter.event.payment.token}|{letter.pk}"
    return f"<letter-{hashlib.sha256(secret.encode()).hexdigest()[:32]}@{_host()}>"


def _connection(chosen: MailSettings) -> Any:
    connection = get_connection()
    if hasattr(connection, "timeout"):  # Django's SMTP waits for ever by default; other backends have their own ways
        connection.timeout = chosen.email_timeout
    return connection


def _address(payment: Payment) -> str:
    order: Any = payment.order
    if order is None:
        raise NotSent("The order is gone: there is nobody to write to.")
    address = str(order.payment_email() or "").strip()
    if not address:
        raise NotSent("The order names no e-mail address.")
    try:
        validate_email(address)
    except ValidationError:
        raise NotSent(f"The order's e-mail address is none: {safe_line(mask_contact(address), 100)}") from None
    return address


def _language(payment: Payment) -> str:
    order: Any = payment.order
    try:
        return translation.get_supported_language_variant(str(order.payment_language() or ""))
    except LookupError:
        return settings.LANGUAGE_CODE


def _host() -> str:
    return urlsplit(conf.kit().base_url).hostname or "localhost"


def _parts(letter: Letter) -> tuple[str, str, str]:
    to_shop = letter.audience == Letter.Audience.MERCHANT
    context = _context(letter)

    def part(ending: str) -> str:
        if to_shop:
            return rendering.text(f"{FOLDER}merchant{ending}", context, special=special(letter.kind, ending))
        return rendering.text(f"{FOLDER}{letter.kind}{ending}", context)

    context["subject"] = one_line(" ".join(part(SUBJECT).split()), LONGEST_SUBJECT)
    text = re.sub(r"[ \t]+\n", "\n", part(TEXT))
    return context["subject"], re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", part(HTML)


def special(kind: str, ending: str) -> str:
    """A template that a site may write for letters to the shop about one kind alone."""
    return f"{FOLDER}merchant_{kind}{ending}"


def _context(letter: Letter) -> dict[str, Any]:
    event = letter.event
    payment = event.payment
    return {
        "letter": letter,
        "event": event,
        "payment": payment,
        "order": payment.order,
        "refund": event.refund,
        "dispute": event.dispute,
        "label": label(payment),
        "shop": shop(),
        "language": letter.language,
        "result_url": _absolute(payment.get_result_url()),
        "receipt_url": _absolute(payment.get_receipt_url()) if payment.is_paid else "",
        "desk_url": _desk(payment) if letter.audience == Letter.Audience.MERCHANT else "",
        "facts": facts(event, for_staff=letter.audience == Letter.Audience.MERCHANT),
        "notice": letter_words.MERCHANT[letter.kind],
    }


def label(payment: Payment) -> str:
    """What the order is called, on one line and not too long; its payment's reference when it has no name any more."""
    text = one_line(payment.order_label, LONGEST_LABEL + 1).strip() or payment.gateway_order_id
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def shop() -> str:
    """Who writes: the seller's name, or the site's host."""
    try:
        name = conf.seller().seller_name
    except ConfigurationError:  # the checks say so
        name = ""
    return name or _host()


def facts(event: PaymentEvent, *, for_staff: bool) -> Facts:
    """Names and values, in the active language, of what the letter is about; empty ones are left out."""
    payment = event.payment
    found = [
        (gettext("Order"), label(payment)),
        *(_refund_facts(event) if event.refund else _payment_facts(payment)),
        (gettext("Payment reference"), payment.gateway_order_id),
        *(_staff_facts(event) if for_staff else ()),
    ]
    return [(name, safe_line(value, 200)) for name, value in found if value]


def _payment_facts(payment: Payment) -> Iterator[tuple[str, str]]:
    yield gettext("Amount"), shown(payment.amount, payment.currency)
    yield gettext("Paid on"), moment(payment.paid_at)
    ways = (in_words(payment.payment_mode), payment.bank_name)
    yield gettext("Paid with"), ", ".join(filter(None, ways)) if payment.is_paid else ""
    yield gettext("Bank reference"), payment.bank_transaction_id if payment.is_paid else ""


def _refund_facts(event: PaymentEvent) -> Iterator[tuple[str, str]]:
    refund = event.refund
    assert refund is not None
    yield gettext("Refund"), shown(refund.amount, event.payment.currency)
    yield gettext("Of a payment of"), shown(event.payment.amount, event.payment.currency)
    expected = refund.credit_expected if refund.is_open else None
    yield gettext("Expected by"), date_format(expected, DAY) if expected else ""
    yield gettext("Bank reference"), refund.rrn or refund.arn
    yield gettext("Refund reference"), refund.refund_id


def _staff_facts(event: PaymentEvent) -> Iterator[tuple[str, str]]:
    yield gettext("Account"), event.payment.account
    yield gettext("Transaction"), event.transaction_id
    yield gettext("Flag"), str(event.get_flag_display()) if event.flag else ""
    if event.dispute:
        yield gettext("Dispute"), event.dispute.dispute_id
        amount = event.dispute.amount
        yield gettext("Disputed"), shown(amount, event.payment.currency) if amount else ""
        yield gettext("Answer due"), moment(event.dispute.due_at)
    not_begun = event.kind == PaymentEvent.Kind.NOT_STARTED
    said = " ".join(filter(None, (event.code, event.message)))
    yield gettext("Why") if not_begun else gettext("Gateway said"), said
    if not_begun:
        count = outages.lately().get(event.payment.account, 0)
        yield gettext("Payments it could not begin in the last hour"), str(count)


def moment(at: datetime | None) -> str:
    """A date with its time and zone, in the active language; nothing for ``None``."""
    return date_format(timezone.localtime(at), MOMENT) if at else ""


def _absolute(path: str) -> str:
    return conf.kit().base_url + path


def _desk(payment: Payment) -> str:
    try:
        return _absolute(reverse("admin:paytm_kit_payment_change", args=[payment.pk]))
    except NoReverseMatch:
        return ""
