"""Risk at the desk: which payments wait for a person, why, and the person's word; what was counted, and from whom."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import filters
from paytm_kit.admin.acting import Act
from paytm_kit.admin.badges import badge
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.admin.readonly import ReadOnlyInline
from paytm_kit.models import AttemptCount, RejectedSender, RiskDecision
from paytm_kit.services import finding, risk


def _why_not(decision: RiskDecision) -> str:
    return "" if decision.is_blocking else gettext("Nothing is left to settle here.")


def _settle(passes: bool) -> Any:
    def do(decision: RiskDecision, actor: str, reason: str) -> str:
        risk.settle(decision.payment, passes=passes, actor=actor, reason=reason)
        text = gettext("%(id)s may be paid now.") if passes else gettext("%(id)s is refused.")
        return text % {"id": decision.payment.gateway_order_id}

    return do


PASS = Act(
    name="pass",
    action="let_pass",
    audit="risk.pass",
    right="settle_riskdecision",
    label=_("Let this one pass"),
    explains=_(
        "Whatever keeps this payment from starting is settled, and the shopper can pay. For 24 hours the same rules "
        "let the order's other payments pass, too, if they are no higher."
    ),
    do=_settle(passes=True),
    why_not=_why_not,
    refusals=(risk.CannotSettle,),
    needs_reason=True,
)
REFUSE = Act(
    name="refuse",
    action="refuse",
    audit="risk.refuse",
    right="settle_riskdecision",
    label=_("Refuse this payment"),
    explains=_("The payment does not start, now or later. The shopper is told to turn to the shop, and not why."),
    do=_settle(passes=False),
    why_not=_why_not,
    refusals=(risk.CannotSettle,),
    needs_reason=True,
)


class Shown:
    """What a list and an inline show alike."""

    @admin.display(description=_("action"), ordering="action")
    def what(self, decision: RiskDecision) -> SafeString:
        return badge(RiskDecision, decision.action, decision.get_action_display())

    @admin.display(description=_("why"))
    def why(self, decision: RiskDecision) -> str:
        return gettext(decision.reason) if decision.reason else ""

    @admin.display(description=_("conditions, and what was found"))
    def found(self, decision: RiskDecision) -> SafeString | str:
        lines = ((condition, value) for condition, value in decision.numbers.items())
        return format_html_join("", "<div>{}: <strong>{}</strong></div>", lines) or "-"

    @admin.display(description=_("how it stands"), ordering="outcome")
    def stands(self, decision: RiskDecision) -> str:
        if decision.outcome:
            by = gettext("the e-mailed code") if decision.actor == risk.CODE else decision.actor
            return f"{decision.get_outcome_display()}: {by}"
        return str(STANDING.get(decision.action, "-"))


STANDING: dict[str, Any] = {
    RiskDecision.Action.VERIFY: _("Waits for the code"),
    RiskDecision.Action.HOLD: _("Waits for a person"),
    RiskDecision.Action.REFUSE: _("Refused as long as the rule holds"),
}


class RiskDecisionInline(Shown, ReadOnlyInline):
    """For a payment's own page."""

    model = RiskDecision
    fields = ("created_at", "rule", "what", "why", "found", "stands", "settled_reason")
    readonly_fields = fields


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("person", gettext("Waits for a person")), ("code", gettext("Waits for the code"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        wanted = {"person": RiskDecision.Action.HOLD, "code": RiskDecision.Action.VERIFY}.get(self.value() or "")
        if wanted is None:
            return None
        return queryset.filter(pk__in=risk.unsettled().filter(action=wanted).values("pk"))


@admin.register(RiskDecision)
class RiskDecisionAdmin(Shown, DeskAdmin, OfPayment):
    list_display = ("created_at", "its_payment", "what", "stands", "why", "rule")
    list_filter = (StandingFilter, filters.by_day("created_at"), "action", "outcome")
    list_select_related = ("payment",)
    finder = finding.Finder(keys=("payment__gateway_order_id", "payment__order_label", "rule"))
    fields = (
        "created_at",
        "its_payment",
        "rule",
        "what",
        "why",
        "found",
        "shopper_text",
        "stands",
        "settled_at",
        "settled_reason",
    )
    readonly_fields = fields
    search_help_text = _("ORDERID, order or rule.")
    acts = (PASS, REFUSE)


@admin.register(RejectedSender)
class RejectedSenderAdmin(DeskAdmin):
    list_display = ("address", "day", "messages", "only_counted", "last_at")
    finder = finding.Finder(keys=("address",))


@admin.register(AttemptCount)
class AttemptCountAdmin(DeskAdmin):
    list_display = ("kind", "count", "refused", "until")
    list_filter = ("kind",)
