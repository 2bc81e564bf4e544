"""What the gateway says that it paid out: one reading of a settlement report, and its lines with our verdicts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.events import PaymentEvent
from paytm_kit.models.guard import LedgerModel, LedgerQuerySet
from paytm_kit.models.payments import Payment
from paytm_kit.models.refunds import Refund


class Settlement(LedgerModel):
    """One settlement file, or one day fetched from the gateway. Reading it again finds this same row.

    The numbers are those of the last reading; amounts are in the account's currency and sum up its readable lines.
    """

    class Source(models.TextChoices):
        FILE = "file", _("File")
        FETCH = "fetch", _("Fetched from the gateway")

    key = models.CharField(
        max_length=64, unique=True, editable=False, help_text="Hash of merchant and contents, or merchant and day."
    )
    account = models.CharField(_("account"), max_length=40)
    gateway = models.CharField(_("gateway"), max_length=20)
    environment = models.CharField(_("environment"), max_length=12)
    merchant_id = models.CharField(_("merchant id"), max_length=40)
    source = models.CharField(_("source"), max_length=5, choices=Source.choices)
    name = models.CharField(_("name"), max_length=200)
    day = models.DateField(_("paid out on"), null=True, blank=True, help_text=_("The last payout that it names."))

    lines_read = models.PositiveIntegerField(_("lines"), default=0)
    matched = models.PositiveIntegerField(_("matched"), default=0)
    differences = models.PositiveIntegerField(_("differences"), default=0)
    gross_amount = models.DecimalField(_("gross"), max_digits=14, decimal_places=2, default=0)
    fee_amount = models.DecimalField(_("fees"), max_digits=14, decimal_places=2, default=0)
    fee_tax = models.DecimalField(_("tax on fees"), max_digits=14, decimal_places=2, default=0)
    net_amount = models.DecimalField(_("net"), max_digits=14, decimal_places=2, default=0)

    begun_at = models.DateTimeField(_("first read"))
    finished_at = models.DateTimeField(
        _("last read to its end"), null=True, blank=True, help_text=_("Empty: the last reading broke off.")
    )

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ["-day", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.account})"


class SettlementLineQuerySet(LedgerQuerySet):
    def differences(self) -> SettlementLineQuerySet:
        """Lines that a person should look at."""
        return self.exclude(verdict__in=SettlementLine.FINE)


class SettlementLine(LedgerModel):
    """One line of a settlement report and what we found when we held it against the ledger.

    Amounts are in the account's currency, signed as the merchant's bank account sees them: below zero where money went
    back.
    """

    class Verdict(models.TextChoices):
        MATCHED = "matched", _("Matches")
        MISSING_HERE = "missing_here", _("Missing here: the ledger knows nothing of it")
        MISSING_THERE = "missing_there", _("Missing there: in no report read so far")
        AMOUNT = "amount", _("Another amount")
        STATUS = "status", _("Another status")
        FEES = "fees", _("Fees that cannot be")
        REPEATED = "repeated", _("Settled in another line already")
        BROKEN = "broken", _("Broken line")
        LATE = "late", _("Was missing, came later")

    FINE = (Verdict.MATCHED, Verdict.LATE)

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        REFUND = "refund", _("Refund")
        CHARGEBACK = "chargeback", _("Chargeback")
        OTHER = "other", _("Other")

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="lines", verbose_name=_("settlement"))
    number = models.PositiveIntegerField(
        _("line"), null=True, blank=True, help_text=_("In the file; empty for what the file does not hold.")
    )
    key = models.CharField(max_length=64, unique=True, editable=False, help_text="The same line read again has it too.")
    verdict = models.CharField(_("verdict"), max_length=15, choices=Verdict.choices)
    reason = models.CharField(_("why"), max_length=500, blank=True)

    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="settlement_lines", verbose_name=_("payment")
    )
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="settlement_lines", verbose_name=_("refund")
    )
    event = models.OneToOneField(
        PaymentEvent,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="settlement_line",
        verbose_name=_("booked as"),
        help_text=_("The payment's event that holds these fees; only a matching line has one."),
    )

    kind = models.CharField(_("type"), max_length=10, choices=Kind.choices, blank=True)
    order_id = models.CharField(_("order id"), max_length=64, blank=True)
    transaction_id = models.CharField(_("transaction id"), max_length=64, blank=True)
    gross_amount = models.DecimalField(_("gross"), max_digits=12, decimal_places=2, null=True, blank=True)
    fee_amount = models.DecimalField(_("fee"), max_digits=12, decimal_places=2, null=True, blank=True)
    fee_tax = models.DecimalField(_("tax on the fee"), max_digits=12, decimal_places=2, null=True, blank=True)
    net_amount = models.DecimalField(_("net"), max_digits=12, decimal_places=2, null=True, blank=True)
    utr = models.CharField(_("bank reference (UTR)"), max_length=64, blank=True)
    payout_id = models.CharField(_("payout id"), max_length=64, blank=True)
    transaction_at = models.DateTimeField(_("transaction at"), null=True, blank=True)
    settled_on = models.DateField(_("settled on"), null=True, blank=True)
    judged_at = models.DateTimeField(_("judged"))

    objects = SettlementLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("settlement line")
        verbose_name_plural = _("settlement lines")
        ordering = ["settlement", "number", "pk"]
        indexes = [
            models.Index(fields=["settlement", "verdict"], name="paytm_kit_settlement_verdict"),
            models.Index(fields=["verdict"], name="paytm_kit_line_verdict"),
            models.Index(fields=["order_id"], name="paytm_kit_line_order"),
        ]

    def __str__(self) -> str:
        where = f"line {self.number}" if self.number else self.transaction_id
        return f"{where}: {self.get_verdict_display()}"

    @property
    def is_fine(self) -> bool:
        return self.verdict in self.FINE
