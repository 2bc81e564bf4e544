"""Steps one to seven: from the order's price to the shopper on the gateway's page."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from demo_site.shop.forms import PayForm
from demo_site.walkthrough import masks, rows
from demo_site.walkthrough.blocks import Block, Code, Facts, Grid, Link, Note, Text, Told
from demo_site.walkthrough.models import Trace
from demo_site.walkthrough.record import Record
from demo_site.walkthrough.simulator import Simulator, Unwilling
from paytm_kit.models import WireMessage
from paytm_kit.templatetags.paytm_kit import money, rupees

OPENED = ("gateway_order_id", "amount", "currency", "account", "environment", "merchant_id", "customer_id")
NOTHING_SENT = _("Nothing has been sent yet.")
NOT_KEPT = _("This message went before the walkthrough was switched on, so its signed text was not kept.")


def order(record: Record) -> Told:
    lines = list(record.order.lines.all())
    total, of = money(record.order.total, record.order), record.order
    sold = [(line.name, str(line.quantity), money(line.unit_price, of), money(line.total, of)) for line in lines]
    table = Grid(
        _("Lines of the order, as they are stored"),
        (_("Product"), _("Quantity"), _("Price"), _("Sum")),
        [*sold, (_("Total"), "", "", total)],
    )
    sent = Facts(
        _("What the browser's form sends"),
        [("csrfmiddlewaretoken", _("a random token of the session")), *((name, "…") for name in PayForm.base_fields)],
    )
    line = ngettext("%(amount)s, from %(count)s line", "%(amount)s, from %(count)s lines", len(lines))
    return Told(line % {"amount": total, "count": len(lines)}, [table, sent])


def payment(record: Record) -> Told:
    row = record.payment
    values: list[tuple[Text, Text]] = [(name, rows.text(getattr(row, name))) for name in OPENED]
    values.insert(0, ("status", "created"))
    values.append(("open_slot", _("a hash of the order; the column is unique, so a second open payment cannot be")))
    values.append(("created_at", rows.text(row.created_at)))
    return Told(row.gateway_order_id, [Facts(rows.name(row), values)])


def request(record: Record) -> Told:
    if record.is_legacy:
        form = record.form
        if form is None:
            return Told()
        fields = [(name, value) for name, value in form.pairs]
        return Told(
            gettext("A form for %(url)s") % {"url": form.url},
            [Facts(_("Fields of the form, before CHECKSUMHASH is added"), fields), *_masked(form)],
        )
    message, trace = record.initiate, record.trace(record.initiate, "request")
    if message is None:
        return Told()
    blocks: list[Block] = [Facts(_("HTTP request"), [("POST", message.url), ("Content-Type", message.content_type)])]
    blocks.append(Code(_("Body, spread out to be read"), _spread(message.request_body, "body")))
    blocks.append(Facts(_("Head, which is not signed"), _head(message.request_body), folded=True))
    return Told(f"initiateTransaction, {message.http_status or '-'}", [*blocks, *_masked(trace)])


def string(record: Record) -> Told:
    trace = record.signed
    if trace is None:
        return Told("-", [Note(NOT_KEPT)]) if record.initiate else Told()
    blocks: list[Block] = [Code(_("Signed, to the byte"), trace.text)]
    if trace.is_form:
        blocks.append(Code(_("Whose values these are, in the order of signing"), "|".join(trace.names)))
    blocks += _masked(trace)
    return Told(_form_or_json(trace), blocks)


def signature(record: Record) -> Told:
    trace = record.signed
    if trace is None:
        return Told("-", [Note(NOT_KEPT)]) if record.initiate else Told()
    return Told(f"{trace.signature[:10]}…", [*stages(trace)])


def stages(trace: Trace) -> list[Block]:
    """From the text to the signature, and whether they belong together."""
    if not trace.salt:
        why = (
            _("There is no signature.")
            if not trace.signature
            else _("The merchant key does not open this signature: it was made with another key, or it was spoilt.")
        )
        return [Facts(_("Signature"), [(masks.CHECKSUM, trace.signature or "-")]), Note(why)]
    same = _("the same: it fits") if trace.fits else _("another: it was made for another text")
    return [
        Facts(
            _("Step by step"),
            [
                (_("Salt"), trace.salt),
                (_("SHA-256 of the string, a pipe and the salt"), trace.hash),
                (_("The hash inside the signature"), trace.hash_inside),
                (_("Compared"), same),
                (_("Encrypted"), _("hash and salt, by AES in CBC mode, with the merchant key (not shown)")),
                (_("Signature: Base64, 108 characters"), trace.signature),
            ],
        )
    ]


def answer(record: Record) -> Told:
    message, form = record.initiate, record.form
    blocks: list[Block] = []
    if message is not None:
        blocks.append(Code(_("Answer to initiateTransaction, secrets masked"), _spread(message.response_body, "")))
        trace = record.trace(message, "response")
        signed = message.get_verdict_display()
        blocks.append(Facts(_("Its signature"), [(signed, message.detail or (trace.signature if trace else "-"))]))
    if form is not None:
        signed_form = [(masks.CHECKSUM, form.signature)] if form.signature else []
        fields: list[tuple[Text, Text]] = [("POST", form.url), *((n, v) for n, v in form.pairs), *signed_form]
        blocks.append(Facts(_("The form in the page, which the browser sends to the gateway"), fields))
        blocks += _masked(form)
    if record.payment.flow == "js" and form is not None:
        blocks.append(Note(_("With JavaScript the same token opens the gateway's window over this shop instead.")))
    return Told(FLOWS.get(record.payment.flow, record.payment.flow), blocks) if form else Told("", blocks)


FLOWS: dict[str, Text] = {
    "hosted": _("A token, and a form for the gateway's page"),
    "js": _("A token for the gateway's window"),
    "legacy": _("A signed form; no call between servers"),
}


def gateway(record: Record) -> Told:
    """Asks the simulator's books, now."""
    if record.form is None:
        return Told()
    simulator = Simulator(record.payment)
    link = Link(_("The same conversation, from the simulator's side"), simulator.watch_url)
    try:
        books = simulator.order()
        hops = simulator.hops() if books.get("transactions") else []
    except Unwilling as error:
        return Told("-", [Note(str(error))])
    if not books.get("transactions"):
        return Told("", [Note(_("The shopper has not tried to pay yet.")), link])
    tries = [
        (row["mode"], row["instrument"], rupees(Decimal(row["amount"])), f"{row['status']} {row['respcode']}".strip())
        for row in books["transactions"]
    ]
    table = Grid(_("Tries to pay"), (_("Mode"), _("With"), _("Amount"), _("Outcome")), tries)
    said = [(h["from_name"], h["to_name"], " → ".join(filter(None, (h["said"], h["answer"])))) for h in hops]
    talk = Grid(_("Who said what at the bank"), (_("From"), _("To"), _("Said, and answered")), said)
    return Told(f"{tries[-1][0]}, {tries[-1][3]}", [table, *([talk] if said else []), link])


def at(message: WireMessage) -> str:
    return f"{timezone.localtime(message.created_at):%H:%M:%S}"


def _masked(trace: Trace | None) -> list[Block]:
    if trace is None or not trace.masked:
        return []
    text = gettext("Masked here: %(names)s.") % {"names": ", ".join(dict.fromkeys(trace.masked))}
    hashes = gettext("The hashes are those of the true text.") if trace.salt else ""
    return [Note(f"{text} {hashes}".strip())]


def _form_or_json(trace: Trace) -> Text:
    if trace.is_form:
        count = len(trace.names)
        return ngettext("%(count)s value", "%(count)s values, joined by pipes", count) % {"count": count}
    return _("JSON, to the byte")


def _spread(stored: str, member: str) -> str:
    """JSON as the kit stored it, one name a line."""
    try:
        value: Any = json.loads(stored)
    except ValueError:
        return stored or "-"
    shown = value.get(member, value) if member and isinstance(value, dict) else value
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _head(stored: str) -> list[tuple[Text, Text]]:
    try:
        head = json.loads(stored).get("head", {})
    except (ValueError, AttributeError):
        return []
    return [(str(name), str(value)) for name, value in head.items()]
