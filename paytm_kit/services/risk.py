"""Looks at a payment once before it starts: which rules hold of it, and whether the shopper may go on.

Nothing here touches money: a payment that is stopped has simply not begun. Evaluating fails open. A rule that cannot
be read, or a defect of ours, is logged and the shopper pays: the rules are a net beside the gateway's own, and what
was paid is confirmed with the gateway in any case. (Without the database nobody can pay anyway.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import Error as DatabaseError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.ledger import waiting
from paytm_kit.logs import EventLog
from paytm_kit.masking import safe_line
from paytm_kit.models import Payment, PaymentVisit, RiskDecision
from paytm_kit.risk import facts, verdicts
from paytm_kit.risk.rules import Action
from paytm_kit.services import caller

log = EventLog("paytm_kit.risk")

Outcome = RiskDecision.Outcome

# What a code or a person let through holds for the order's other payments, too, if they are no higher.
PASSED_FOR = timedelta(hours=24)
CODE = "*code*"  # as the actor of what a proved code let through: no user name has asterisks


class CannotSettle(ValueError):
    """Why not, in a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to a payment that wants to start. ``action`` is ``None`` or FLAG: the shopper goes on."""

    action: Action | None = None
    shopper_text: str = ""

    @property
    def goes_on(self) -> bool:
        return self.action in (None, Action.FLAG)


GO_ON = Verdict()


def look(request: HttpRequest, payment: Payment) -> Verdict:
    """Whether this payment may start; what was found is recorded. One that has started is never stopped any more.

    Raises DatabaseError; whatever else goes wrong lets the shopper go on.
    """
    if payment.started_at is not None:
        return GO_ON
    try:
        who = caller.of(request, payment)
        _note_visit(payment, who)
        return _verdict(payment, who)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - fails open, see above
        log.error("risk.not_evaluated", exception=error, order_id=payment.gateway_order_id)
        return GO_ON


def _note_visit(payment: Payment, who: caller.Caller) -> None:
    keys = {"payment": payment, "device_key": who.device, "address_key": who.address}
    if not PaymentVisit.objects.filter(**keys).exists():
        with waiting.bounded():
            PaymentVisit.objects.bulk_create(
                [PaymentVisit(**keys, created_at=timezone.now())],
                ignore_conflicts=True,  # two requests at once
            )


def _verdict(payment: Payment, who: caller.Caller) -> Verdict:
    known = list(_decisions_of_order(payment))
    own = [decision for decision in known if decision.payment_id == payment.pk]
    if any(decision.outcome == Outcome.REFUSED for decision in own):
        return Verdict(Action.REFUSE, _words(own, Action.REFUSE))
    if any(decision.action == Action.HOLD and decision.is_blocking for decision in own):
        return Verdict(Action.HOLD, _words(own, Action.HOLD))
    rulebook = conf.risk().risk_rules
    for problem in rulebook.problems:
        log.error("risk.rule_left_out", rule=problem.rule, field=problem.field, why=problem.what)
    if not rulebook.rules:
        return GO_ON
    passed = [decision for decision in known if _is_good_for(decision, payment)]
    hits = verdicts.judge(rulebook.rules, _facts(payment, who), has_email=bool(email_of(payment)))
    _record(payment, hits, own)
    blocking = [hit for hit in hits if not any(_lets_through(decision, hit) for decision in passed)]
    action = verdicts.strongest(hit.action for hit in blocking)
    text = next((hit.rule.shopper_text for hit in blocking if hit.action is action and hit.rule.shopper_text), "")
    return Verdict(action, text)


def _decisions_of_order(payment: Payment) -> QuerySet[RiskDecision]:
    same = Q(payment__content_type_id=payment.content_type_id, payment__object_id=payment.object_id)
    return RiskDecision.objects.filter(same).select_related("payment").order_by("pk")


def _is_good_for(decision: RiskDecision, payment: Payment) -> bool:
    if decision.outcome != Outcome.PASSED:
        return False
    if decision.payment_id == payment.pk:
        return True
    recent = decision.settled_at is not None and decision.settled_at > timezone.now() - PASSED_FOR
    earlier = decision.payment
    return recent and payment.currency == earlier.currency and payment.amount <= earlier.amount


def _lets_through(decision: RiskDecision, hit: verdicts.Hit) -> bool:
    """A person's word answers the rule, whatever it asks for now; a proved code answers only what asks for a code."""
    return decision.rule == hit.rule.name and (decision.actor != CODE or hit.action is Action.VERIFY)


def _words(decisions: Iterable[RiskDecision], action: Action) -> str:
    """The rule's own words for the shopper."""
    return next((found.shopper_text for found in decisions if found.action == action and found.shopper_text), "")


def _record(payment: Payment, hits: Iterable[verdicts.Hit], own: Iterable[RiskDecision]) -> None:
    """One row for each rule and action, however often the shopper comes."""
    there = {(decision.rule, decision.action) for decision in own}
    new = [hit for hit in hits if (hit.rule.name, hit.action) not in there]
    if not new:
        return
    now = timezone.now()
    rows = [
        RiskDecision(
            payment=payment,
            rule=hit.rule.name,
            action=hit.action.value,
            reason=hit.rule.reason,
            shopper_text=hit.rule.shopper_text,
            numbers=hit.numbers,
            created_at=now,
        )
        for hit in new
    ]
    with waiting.bounded():
        RiskDecision.objects.bulk_create(rows, ignore_conflicts=True)
    for hit in new:
        log.warning("risk.decided", order_id=payment.gateway_order_id, rule=hit.rule.name, action=hit.action.value)


# ---- Facts: one query for each subject that a rule asks about, at most facts.MOST rows each


def _facts(payment: Payment, who: caller.Caller) -> facts.Facts:
    now = timezone.now()
    before: dict[str, list[facts.Past]] = {}
    for subject, window in conf.risk().risk_rules.window.items():
        if getattr(who, subject):
            since = {} if window is None else {"created_at__gte": now - window}
            earlier = _earlier(subject, payment, who).filter(**since).exclude(pk=payment.pk)
            before[subject] = [
                _past(row) for row in earlier.order_by("-created_at", "-pk").values(*COLUMNS)[: facts.MOST]
            ]
    return facts.Facts(payment.amount, payment.customer_id, now, before, payment.currency)


COLUMNS = ("created_at", "status", "amount", "flags", "customer_id", "currency")


def _earlier(subject: str, payment: Payment, who: caller.Caller) -> QuerySet[Payment]:
    if subject == "customer":
        return Payment.objects.filter(customer_id=payment.customer_id)
    visits = PaymentVisit.objects.filter(**{f"{subject}_key": getattr(who, subject)}).order_by("-created_at")
    # The keys first: MariaDB takes no LIMIT in a subquery, and an address can have any number of visits.
    return Payment.objects.filter(pk__in=list(visits.values_list("payment_id", flat=True)[: facts.MOST]))


def _past(row: dict[str, Any]) -> facts.Past:
    flags = frozenset(row["flags"].split())
    return facts.Past(row["created_at"], row["status"], row["amount"], flags, row["customer_id"], row["currency"])


def email_of(payment: Payment) -> str:
    """The e-mail address on the order, as the merchant's code says it now; empty where there is none that could be."""
    order: Any = payment.order
    address = str(order.payment_email() or "").strip() if order is not None else ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address


# ---- What a person, or a code that was proved, makes of it


def unsettled() -> QuerySet[RiskDecision]:
    """What keeps payments from starting and nobody has settled; payments that a newer one replaced are left out."""
    still = {"payment__started_at__isnull": True, "payment__open_slot__isnull": False}
    return RiskDecision.objects.filter(action__in=RiskDecision.BLOCKING, outcome=Outcome.NONE, **still)


def waiting_for_code(payment: Payment) -> bool:
    """Whether a proved code would let this payment go on (a person's decision may still be needed besides)."""
    return payment.started_at is None and _unsettled(payment).filter(action=RiskDecision.Action.VERIFY).exists()


def proved(payment: Payment) -> None:
    """The shopper proved the order's e-mail address: what asked for it lets this order through."""
    asked = _unsettled(payment).filter(action=RiskDecision.Action.VERIFY)
    asked.update(outcome=Outcome.PASSED, settled_at=timezone.now(), actor=CODE, settled_reason="")
    log.info("risk.proved", order_id=payment.gateway_order_id)


def settle(payment: Payment, *, passes: bool, actor: str, reason: str) -> int:
    """A person's word on everything that keeps this payment from starting; how many decisions it settled.

    ``passes`` lets the order through (this payment, and for 24 hours its others that are no higher); otherwise it is
    refused for good. ``actor`` is who decided, ``reason`` what they found. Raises CannotSettle without a reason, when
    the payment has begun, and when nothing is left to settle: somebody else may have been quicker.
    """
    if not reason.strip():
        raise CannotSettle("Say what you found: the reason is kept with the decision.")
    if Payment.objects.filter(pk=payment.pk, started_at__isnull=False).exists():
        raise CannotSettle(f"{payment.gateway_order_id} has begun meanwhile: nothing keeps it any more.")
    outcome = Outcome.PASSED if passes else Outcome.REFUSED
    said = {"actor": actor[:150], "settled_reason": safe_line(reason.strip()), "settled_at": timezone.now()}
    with waiting.bounded():
        settled = _unsettled(payment).update(outcome=outcome, **said)
    if not settled:
        raise CannotSettle(f"Nothing about {payment.gateway_order_id} is left to settle. Look at it again.")
    log.warning("risk.settled", order_id=payment.gateway_order_id, outcome=outcome.value, actor=actor)
    return settled


def _unsettled(payment: Payment) -> QuerySet[RiskDecision]:
    return RiskDecision.objects.filter(payment=payment, action__in=RiskDecision.BLOCKING, outcome=Outcome.NONE)
