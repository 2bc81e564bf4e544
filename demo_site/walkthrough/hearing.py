"""Steps eight to twelve: what came back, what it was worth, and what it changed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from demo_site.walkthrough import checks, masks, rows
from demo_site.walkthrough.blocks import Block, Changes, Checks, Code, Facts, Note, Text, Told
from demo_site.walkthrough.record import Record, result_of
from demo_site.walkthrough.rows import Change
from demo_site.walkthrough.sending import at, stages
from paytm_kit.models import Payment, PaymentEvent, WireMessage

Kind = PaymentEvent.Kind


def callback(record: Record) -> Told:
    message = record.callback
    return _missing(record) if message is None else Told(_came(message), _message(record, message))


def _missing(record: Record) -> Told:
    """Of a message that is not needed any more it is worth saying that it never came."""
    if record.payment.is_open:
        return Told()
    text = _("It never came, and nothing is lost: the gateway was asked all the same, as the next steps tell.")
    return Told(_("It never came"), [Note(text)])


def _came(message: WireMessage) -> str:
    return f"{at(message)}, {message.get_verdict_display()}"


def _message(record: Record, message: WireMessage) -> list[Block]:
    trace = record.trace(message, "request")
    pairs = trace.pairs if trace else _stored(message.request_body)
    fields: list[tuple[Text, Text]] = [(name, value) for name, value in pairs]
    if trace and trace.is_form:
        fields.append((masks.CHECKSUM, trace.signature or "-"))
    blocks: list[Block] = [
        Facts(
            _("HTTP request"),
            [
                ("POST", message.url),
                ("Content-Type", message.content_type),
                (_("answered"), str(message.http_status or "-")),
                (_("correlation id"), message.correlation_id),
            ],
        )
    ]
    if trace and not trace.is_form:
        blocks.append(Code(_("Body, as it was signed"), trace.text))
    else:
        blocks.append(Facts(_("Fields, in the order in which they came"), fields))
        if trace:
            blocks.append(Code(_("The string that was signed: the values, sorted by name"), trace.text, folded=True))
    return blocks


def _stored(text: str) -> list[tuple[str, str]]:
    """The fields as the kit stored them: an object, or pairs where a name came twice."""
    try:
        value = json.loads(text)
    except ValueError:
        return [("", text)]
    pairs = value.items() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [(str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2]


def judged(record: Record) -> Told:
    message = record.callback or record.webhook
    answered = _answered(record)
    if message is None and not answered:
        return Told()
    found = checks.of_message(message) if message else []
    trace = record.trace(message, "request")
    blocks: list[Block] = [Checks(_("Met by the message itself"), found)] if found else []
    blocks += stages(trace) if trace else []
    if answered:
        blocks.append(Checks(_("Met by the gateway's own answer, of step 10"), answered))
    return Told(_verdict(found, answered), blocks)


def _verdict(found: list[checks.Check], answered: list[checks.Check]) -> str:
    if caught := checks.failing([*found, *answered]):
        return gettext("Stopped at: %(check)s") % {"check": caught.name}
    if any(check.key == "amount" and check.verdict == checks.PASSED for check in answered):
        return gettext("All passed")
    return gettext("Nothing is wrong, but no money has been confirmed")


def _answered(record: Record) -> list[checks.Check]:
    if record.status is None:
        return []
    said = (record.trace(message, "request") for message in (record.callback, record.webhook) if message)
    named = [dict(trace.pairs).get("CURRENCY", "") for trace in said if trace and trace.fits]
    return checks.of_answer(record.payment, record.status, next(filter(None, named), ""))


def status(record: Record) -> Told:
    message = record.status
    if message is None:
        return Told()
    asked, answered = record.trace(message, "request"), record.trace(message, "response")
    blocks: list[Block] = [
        Facts(
            _("HTTP request"),
            [
                ("POST", message.url),
                (_("answered"), str(message.http_status or "-")),
                (_("milliseconds"), str(message.elapsed_ms if message.elapsed_ms is not None else "-")),
                (_("correlation id"), message.correlation_id),
            ],
        )
    ]
    if asked:
        blocks.append(Code(_("The question, as it was signed"), asked.text))
        blocks.append(Facts(_("Its signature"), [("signature", asked.signature)], folded=True))
    if answered and answered.text:
        blocks.append(Code(_("The answer, as it was signed"), answered.text))
        blocks += stages(answered)
    if message.detail:
        blocks.append(Note(message.detail))
    count = sum(1 for one in record.messages if one.channel == "status")
    if count > 1:
        text = gettext("The gateway was asked %(count)s times so far. This answer decided, or was the last.")
        blocks.append(Note(text % {"count": count}))
    return Told(f"{at(message)}, {result_of(message) or message.get_verdict_display()}", blocks)


def changed(record: Record) -> Told:
    moved = [event for event in record.events if event.kind not in (Kind.OPENED, Kind.STARTED)]
    blocks: list[Block] = [
        Changes(
            gettext("%(event)s, heard through %(source)s at %(time)s")
            % {
                "event": event.get_kind_display(),
                "source": event.source,
                "time": rows.text(event.created_at)[-8:],
            },
            list(_changes_of(record, event)),
        )
        for event in record.events
    ]
    order = rows.columns(record.order, rows.ORDER)
    said = [Change(rows.name(record.order), column, "", value) for column, value in order.items() if value]
    if said:
        blocks.append(Changes(_("The shop's own order, written by its receivers"), said))
    if not moved:
        return Told("", blocks)
    return Told(f"{record.payment.get_status_display()} {record.payment.flags}".strip(), blocks)


# Columns of the payment that an event fills, from the row as it stands now.
FILLED = {
    Kind.STARTED: ("started_at",),
    Kind.CAPTURED: ("captured_amount", "transaction_id", "bank_transaction_id", "payment_mode", "code", "paid_at"),
    Kind.FAILED: ("code", "message", "closed_at"),
    Kind.EXPIRED: ("closed_at",),
    Kind.FLAGGED: ("flags",),
}


def _changes_of(record: Record, event: PaymentEvent) -> Iterator[Change]:
    payment = rows.name(record.payment)
    if event.status_before != event.status_after:
        opened = event.kind == Kind.OPENED
        yield Change(payment, "status", event.status_before, event.status_after, is_new=opened)
    for column in FILLED.get(Kind(event.kind), ()):
        if value := rows.text(getattr(record.payment, column)):
            yield Change(payment, column, _empty(record.payment, column), value)
    yield from rows.created(event, rows.EVENT)
    if announcement := getattr(event, "announcement", None):
        yield from rows.created(announcement, rows.ANNOUNCEMENT)
    for letter in event.letters.all():
        yield from rows.created(letter, rows.LETTER)


def _empty(payment: Payment, column: str) -> str:
    return "0.00" if column == "captured_amount" else ""


def webhook(record: Record) -> Told:
    message = record.webhook
    if message is None:
        return _missing(record)
    blocks = _message(record, message)
    blocks.append(Checks(_("Met by the message itself"), checks.of_message(message)))
    asked = record.asked_because_of(message)
    captured = next((event for event in record.events if event.kind == Kind.CAPTURED), None)
    if captured is not None and captured.source == "webhook":
        text = _("The webhook was the first to come here: it did the work, and the callback found it done.")
    elif captured is not None and asked is None:
        text = _(
            "This very transaction is in the ledger already, so the gateway was not even asked again: the message is "
            "stored, answered with 200, and nothing else is written."
        )
    elif asked is not None:
        text = _("The gateway was asked once more; the ledger knew the answer already, or it moved nothing.")
    else:
        text = _("It led to no question: there was nothing that the gateway's answer could have changed.")
    blocks.append(Note(text))
    return Told(_came(message), blocks)
