"""``/v1/refunds``: create, retrieve, list. Source: docs.stripe.com/api/refunds, docs.stripe.com/error-codes."""

from __future__ import annotations

from django.http import HttpRequest

from paytm_kit.standins import refunds as verbs
from paytm_kit.standins.books import Bank
from paytm_kit.standins.models import Capture, Party, Refund
from paytm_kit.standins.stripe import errors, fields, objects
from paytm_kit.standins.stripe.asked import Body, Done, call
from paytm_kit.standins.stripe.payments import of_charge, of_intent
from paytm_kit.standins.stripe.sessions import page_size

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


@call("refund", "POST", "GET")
def refunds(request: HttpRequest, party: Party, said: Body) -> Done:
    return _list(request, party, said) if request.method == "GET" else _create(party, said)


def _create(party: Party, said: Body) -> Done:
    fields.known(said, ("payment_intent", "charge", "amount", "reason", "metadata", "expand"))
    if said.get("reason", REASONS[0]) not in REASONS:
        raise errors.Wrong(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    facts = {"metadata": fields.metadata(said.get("metadata")), "reason": said.get("reason")}
    charge = _charge(party, said)
    amount = fields.amount(said["amount"], "amount", charge.order.currency) if "amount" in said else None
    try:
        row = verbs.make(charge, amount, facts=facts)
    except verbs.TooMuch as error:
        raise _too_much(charge, amount, error.left) from error
    return Done(objects.refund(_read(row.public_id)), charge.order)


def _charge(party: Party, said: Body) -> Capture:
    """The charge that is meant: by itself, or the successful one of a payment intent."""
    if said.get("charge"):
        return of_charge(party, fields.text(said["charge"], "charge", 255), 400, "charge")
    if not said.get("payment_intent"):
        raise errors.Wrong("One of the following params should be provided: payment_intent or charge.")
    order = of_intent(party, fields.text(said["payment_intent"], "payment_intent", 255), 400, "payment_intent")
    charge = order.captures.filter(state=Bank.SUCCEEDED).last()
    if charge is None:
        raise errors.Wrong(
            f"This PaymentIntent ({order.payment_id}) does not have a successful charge to refund.",
            param="payment_intent", code="payment_intent_unexpected_state",
        )  # fmt: skip
    return charge


def _too_much(charge: Capture, amount: int | None, left: int) -> errors.Wrong:
    if charge.state == Bank.SUCCEEDED and left == 0:
        return errors.Wrong(f"Charge {charge.public_id} has already been refunded.", code="charge_already_refunded")
    if charge.state != Bank.SUCCEEDED:
        return errors.Wrong(f"Charge {charge.public_id} has not succeeded.", param="charge")
    return errors.Wrong(
        f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}), in minor units", param="amount"
    )


def _read(refund_id: str) -> Refund:
    return Refund.objects.select_related("capture__order__party").get(public_id=refund_id)


def _list(request: HttpRequest, party: Party, said: Body) -> Done:
    fields.known(said, ("payment_intent", "charge", "created", "limit", "starting_after", "expand"))
    whole = bool(fields.expand(said, ("data.payment_intent",)))
    rows = Refund.objects.filter(capture__order__party=party).select_related("capture__order__party").order_by("-pk")
    rows = rows.filter(**{f"at__{name}": at for name, at in fields.created(said).items()})
    if said.get("payment_intent"):
        rows = rows.filter(capture__order=of_intent(party, str(said["payment_intent"]), 400, "payment_intent"))
    if said.get("charge"):
        rows = rows.filter(capture=of_charge(party, str(said["charge"]), 400, "charge"))
    if said.get("starting_after"):
        rows = rows.filter(pk__lt=_one(party, str(said["starting_after"])).pk)
    limit = page_size(said)
    found = [objects.refund(row, whole=whole) for row in rows[: limit + 1]]
    return Done(objects.listed(found[:limit], request.path, more=len(found) > limit))


def _one(party: Party, refund_id: str) -> Refund:
    rows = Refund.objects.filter(capture__order__party=party, public_id=refund_id)
    row = rows.select_related("capture__order__party").first()
    if row is None or row.public_id != refund_id:
        raise errors.missing("refund", refund_id, "refund")
    return row


@call("refund-status", "GET")
def refund(request: HttpRequest, party: Party, said: Body, refund_id: str) -> Done:
    fields.known(said, ("expand",))
    row = _one(party, refund_id)
    return Done(objects.refund(row), row.capture.order)


@call("status", "GET", "POST")
def unknown(request: HttpRequest, party: Party, said: Body, rest: str) -> Done:
    raise errors.unrecognized(request)
