"""What is kept against abuse: attempts counted, senders of invalid messages, decisions of rules, codes by e-mail.

Who a customer, a browser or an address is stands here as a keyed hash only. The one exception are senders of invalid
messages, whom the merchant may want to shut out.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.payments import Payment


class AttemptCount(models.Model):
    """How many of one kind within the window that ends at ``until``: of one customer, one device, one address."""

    key = models.CharField(max_length=64, unique=True, editable=False, help_text="Keyed hash of kind and subject.")
    kind = models.CharField(_("what is counted"), max_length=20)
    count = models.PositiveIntegerField(_("counted"), default=0)
    refused = models.PositiveIntegerField(_("asked to wait"), default=0)
    until = models.DateTimeField(_("window ends"), db_index=True)

    class Meta:
        verbose_name = _("attempt count")
        verbose_name_plural = _("attempt counts")
        ordering = ["-until", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class RejectedSender(models.Model):
    """How many messages with a bad signature, or none, came from one address on one day (UTC)."""

    EVERYBODY = "*"  # the row of all addresses together

    address = models.CharField(_("address"), max_length=45, help_text=_("IPv6 by /64; * is all together."))
    day = models.DateField(_("day"))
    messages = models.PositiveIntegerField(_("messages"), default=0)
    only_counted = models.PositiveIntegerField(
        _("only counted"), default=0, help_text=_("Not stored one by one: there were too many within a minute.")
    )
    recent = models.PositiveIntegerField(default=0, editable=False, help_text="Within the window that ends at until.")
    until = models.DateTimeField(editable=False)
    told_at = models.DateTimeField(null=True, editable=False, help_text="When the log last heard of it.")
    last_at = models.DateTimeField(_("last one"), db_index=True)

    class Meta:
        verbose_name = _("sender of invalid messages")
        verbose_name_plural = _("senders of invalid messages")
        ordering = ["-last_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["day", "address"], name="paytm_kit_sender_per_day")]

    def __str__(self) -> str:
        return f"{self.address} {self.day}: {self.messages}"


class PaymentVisit(models.Model):
    """From which browser and address a payment was sent on to the gateway; both as keyed hashes, or empty."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="visits", verbose_name=_("payment"))
    device_key = models.CharField(max_length=64, blank=True, editable=False)
    address_key = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "device_key", "address_key"], name="paytm_kit_visit_once")
        ]
        indexes = [
            models.Index(fields=["device_key", "-created_at"], name="paytm_kit_visit_device"),
            models.Index(fields=["address_key", "-created_at"], name="paytm_kit_visit_address"),
        ]

    def __str__(self) -> str:
        return f"visit of payment {self.payment_id}"


class RiskDecision(models.Model):
    """A rule that held of a payment about to start, with its words and numbers as they were then.

    It says nothing about money: the payment has not begun. ``outcome`` is what a person, or a code that was proved,
    made of it; without one, VERIFY and HOLD keep the payment from starting.
    """

    class Action(models.TextChoices):
        FLAG = "flag", _("Noted")
        VERIFY = "verify", _("Code by e-mail first")
        HOLD = "hold", _("A person decides first")
        REFUSE = "refuse", _("Refused")

    class Outcome(models.TextChoices):
        NONE = "", _("Not settled")
        PASSED = "passed", _("Let through")
        REFUSED = "refused", _("Refused by a person")

    BLOCKING = (Action.VERIFY, Action.HOLD, Action.REFUSE)

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="risk_decisions", verbose_name=_("payment"))
    rule = models.CharField(_("rule"), max_length=60)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    reason = models.CharField(_("reason"), max_length=300)
    shopper_text = models.CharField(_("told to the shopper"), max_length=300, blank=True)
    numbers = models.JSONField(_("numbers"), default=dict)
    created_at = models.DateTimeField(_("at"), db_index=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    actor = models.CharField(_("by"), max_length=150, blank=True)
    settled_reason = models.CharField(_("what was found"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("risk decision")
        verbose_name_plural = _("risk decisions")
        ordering = ["-created_at", "-pk"]
        permissions = [("settle_riskdecision", _("Can let payments through, or refuse them"))]
        constraints = [
            models.UniqueConstraint(fields=["payment", "rule", "action"], name="paytm_kit_decision_once"),
        ]
        indexes = [models.Index(fields=["action", "outcome"], name="paytm_kit_decision_waiting")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.get_action_display()}"

    @property
    def is_blocking(self) -> bool:
        """Keeps its payment from starting until somebody settles it (a refusal: as long as its rule holds)."""
        return self.action in self.BLOCKING and not self.outcome


class EmailCode(models.Model):
    """The one-time code that was last sent for a payment, as a keyed hash that covers payment and e-mail address."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="email_code", verbose_name=_("payment"))
    code_hash = models.CharField(max_length=64, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("e-mail code")
        verbose_name_plural = _("e-mail codes")
        ordering = ["-expires_at", "-pk"]

    def __str__(self) -> str:
        return f"code of payment {self.payment_id}"
