"""Payments and what stands on them: status, amounts, flags."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.guard import LedgerModel, LedgerQuerySet
from paytm_kit.models.keys import KeyField

PAGE_LIFETIME = timedelta(minutes=15)  # Paytm's; book.start notes that of the payment's own gateway


class Flag(models.TextChoices):
    """Why a person should look at a payment."""

    AMOUNT_MISMATCH = "amount_mismatch", _("The gateway reports another amount")
    CURRENCY_MISMATCH = "currency_mismatch", _("The gateway reports another currency")
    MERCHANT_MISMATCH = "merchant_mismatch", _("The gateway reports another merchant")
    ORDER_MISMATCH = "order_mismatch", _("The gateway reports another order")
    NOTICE_MISMATCH = "notice_mismatch", _("A signed message contradicts the gateway's own answer")
    TRANSACTION_CONFLICT = "transaction_conflict", _("This transaction already belongs to another payment")
    DUPLICATE = "duplicate", _("Paid twice: the surplus can be refunded")
    LATE_SUCCESS = "late_success", _("Paid after it had failed or expired")
    STUCK = "stuck", _("Still open after 72 hours of asking")
    REFUND_MISMATCH = "refund_mismatch", _("The gateway reports a refund differently")
    REFUND_LATE = "refund_late", _("A refund was made after it had failed")
    REFUND_STUCK = "refund_stuck", _("A refund is still open after 14 days of asking")
    OVER_REFUNDED = "over_refunded", _("More was refunded than captured")
    DISPUTE_UNCLEAR = "dispute_unclear", _("A dispute's message does not fit, or is not understood")


# What the gateway captured is not what was sold.
MONEY_FLAGS = frozenset(
    {Flag.AMOUNT_MISMATCH, Flag.CURRENCY_MISMATCH, Flag.MERCHANT_MISMATCH, Flag.TRANSACTION_CONFLICT}
)


class PaymentQuerySet(LedgerQuerySet):
    def for_order(self, order: models.Model) -> PaymentQuerySet:
        """The payments of one order of the merchant's; none for an order that is not saved yet."""
        if order.pk is None:
            return self.none()
        return self.filter(content_type=ContentType.objects.get_for_model(order), object_id=str(order.pk))

    def beside(self, payment: Payment) -> PaymentQuerySet:
        """The other payments of the same order."""
        same = self.filter(content_type_id=payment.content_type_id, object_id=payment.object_id)
        return same.exclude(pk=payment.pk)

    def kept_in_another(self, currency: str) -> PaymentQuerySet:
        """Those that hold money in another currency: captured, and not given back in full."""
        return self.exclude(currency=currency).filter(captured_amount__gt=models.F("refunded_amount"))

    def still_open(self) -> PaymentQuerySet:
        return self.filter(status__in=Payment.OPEN)

    def due(self, now: datetime) -> PaymentQuerySet:
        """Payments that the ladder says to ask about: open ones, and for a time those that ended without money."""
        return self.filter(next_ask_at__lte=now).exclude(status=Payment.Status.PAID)


class Payment(LedgerModel):
    """One attempt to collect for one order. A retry is a new payment with a new gateway order id."""

    class Status(models.TextChoices):
        CREATED = "created", _("Created")
        PROCESSING = "processing", _("Processing")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")

    OPEN = (Status.CREATED, Status.PROCESSING)

    account = models.CharField(_("account"), max_length=40)
    gateway = models.CharField(_("gateway"), max_length=20)
    environment = models.CharField(_("environment"), max_length=12)
    merchant_id = models.CharField(_("merchant id"), max_length=40)
    gateway_order_id = models.CharField(_("gateway order id"), max_length=50, unique=True)
    token = models.CharField(_("public token"), max_length=40, unique=True, editable=False)

    content_type = models.ForeignKey(ContentType, models.PROTECT, verbose_name=_("order type"), related_name="+")
    object_id = KeyField(_("order key"), max_length=64)
    order = GenericForeignKey("content_type", "object_id")
    order_label = models.CharField(_("order"), max_length=200, blank=True)
    open_slot = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        editable=False,
        help_text="Hash of the order while this payment is its open one: at most one per order.",
    )
    return_url = models.CharField(_("return URL"), max_length=500, blank=True)
    customer_id = models.CharField(_("customer id"), max_length=64)
    contact_email = models.CharField(
        _("e-mail"), max_length=320, blank=True, help_text=_("Masked, as the shop gave it when the payment began.")
    )
    contact_mobile = models.CharField(_("mobile"), max_length=20, blank=True, help_text=_("Its last four digits."))
    flow = models.CharField(_("flow"), max_length=10, blank=True)
    gateway_reference = models.CharField(
        _("gateway's reference"),
        max_length=255,
        blank=True,
        default="",
        db_default="",  # processes of the version before may still write while a new one is rolled out
        help_text=_("The gateway's own name for this payment."),
    )
    page_lifetime = models.DurationField(
        default=PAGE_LIFETIME,
        db_default=PAGE_LIFETIME,
        editable=False,
        help_text="How long the gateway's page can be used once begun.",
    )

    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.CREATED)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    amount_chosen = models.BooleanField(
        _("amount chosen"), default=False, help_text=_("The shop named the amount; otherwise it is what was owed.")
    )
    currency = models.CharField(_("currency"), max_length=3, default="INR")
    captured_amount = models.DecimalField(_("captured"), max_digits=12, decimal_places=2, default=0)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=12, decimal_places=2, default=0)
    refunding_amount = models.DecimalField(
        _("being refunded"), max_digits=12, decimal_places=2, default=0, help_text=_("Asked for, not yet decided.")
    )
    fee_amount = models.DecimalField(
        _("fees"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("What the gateway kept, by its settlement reports; empty until one has named this payment."),
    )
    fee_tax = models.DecimalField(_("tax on fees"), max_digits=12, decimal_places=2, null=True, blank=True)
    net_amount = models.DecimalField(
        _("net"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("What reached the merchant so far: captured less refunds, chargebacks, fees and tax, as settled."),
    )
    settled_on = models.DateField(_("settled on"), null=True, blank=True)
    utr = models.CharField(_("payout's bank reference (UTR)"), max_length=64, blank=True)
    flags = models.CharField(_("flags"), max_length=400, blank=True, help_text="Space-separated words of Flag.")

    transaction_id = models.CharField(_("transaction id"), max_length=64, null=True, blank=True)
    bank_transaction_id = models.CharField(_("bank reference"), max_length=64, blank=True)
    payment_mode = models.CharField(_("payment mode"), max_length=30, blank=True)
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    gateway_name = models.CharField(_("acquirer"), max_length=30, blank=True)
    network = models.CharField(_("card network"), max_length=20, blank=True)
    code = models.CharField(_("gateway code"), max_length=64, blank=True)
    message = models.CharField(_("gateway message"), max_length=500, blank=True)
    shopper_text_source = models.CharField(max_length=300, blank=True, editable=False)

    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    handed_out_at = models.DateTimeField(
        _("handed out"),
        null=True,
        blank=True,
        default=None,
        db_default=Now(),  # what the version before still writes while a new one is rolled out may be paid at once
        help_text=_("When somebody could first pay; until then nobody can."),
    )
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    next_ask_at = models.DateTimeField(_("next question due"), null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "transaction_id"], name="paytm_kit_one_payment_per_transaction"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="paytm_kit_amount_positive"),
            models.CheckConstraint(condition=models.Q(captured_amount__gte=0), name="paytm_kit_captured_not_negative"),
            models.CheckConstraint(condition=models.Q(refunded_amount__gte=0), name="paytm_kit_refunded_not_negative"),
            models.CheckConstraint(
                condition=models.Q(refunding_amount__gte=0), name="paytm_kit_refunding_not_negative"
            ),
        ]
        permissions = [
            ("refund_payment", _("Can refund payments")),
            ("resolve_flag", _("Can resolve flags of payments")),
            ("resend_receipt", _("Can send a receipt again")),
            ("export_payment", _("Can export payments")),
        ]
        indexes = [
            models.Index(fields=["content_type", "object_id"], name="paytm_kit_payment_order"),
            models.Index(fields=["status", "next_ask_at"], name="paytm_kit_payment_due"),
            models.Index(fields=["-created_at"], name="paytm_kit_payment_newest"),
            # What the desk's list is filtered by, newest first, and what the overview adds up.
            models.Index(fields=["environment", "-created_at"], name="paytm_kit_payment_made_in"),
            models.Index(fields=["environment", "paid_at"], name="paytm_kit_payment_paid_in"),
            models.Index(fields=["account", "-created_at"], name="paytm_kit_payment_account"),
            models.Index(fields=["status", "-created_at"], name="paytm_kit_payment_status"),
            models.Index(fields=["payment_mode", "-created_at"], name="paytm_kit_payment_mode"),
            models.Index(fields=["bank_name", "-created_at"], name="paytm_kit_payment_bank"),
            models.Index(fields=["gateway_name", "-created_at"], name="paytm_kit_payment_acquirer"),
            models.Index(fields=["gateway", "-created_at"], name="paytm_kit_payment_gateway"),
            models.Index(fields=["flags"], name="paytm_kit_payment_flags"),
            models.Index(fields=["order_label"], name="paytm_kit_payment_label"),
            models.Index(fields=["bank_transaction_id"], name="paytm_kit_payment_bank_ref"),
            models.Index(fields=["contact_mobile", "contact_email"], name="paytm_kit_payment_mobile"),
            models.Index(fields=["contact_email"], name="paytm_kit_payment_email"),
            models.Index(fields=["customer_id", "-created_at"], name="paytm_kit_payment_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway_order_id} {self.amount} {self.currency} {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_paid(self) -> bool:
        return self.status == self.Status.PAID

    @property
    def is_held(self) -> bool:
        """Money may have moved in a way that a person has to look at before anybody pays again."""
        flags = set(self.flag_list)
        return not self.is_paid and bool(flags & MONEY_FLAGS or (self.is_open and flags))

    @property
    def flag_list(self) -> list[str]:
        return self.flags.split()

    @property
    def shopper_text(self) -> str:
        """What the shopper may read about the result, in the active language; empty when there is nothing to say."""
        return gettext(self.shopper_text_source) if self.shopper_text_source else ""

    def get_result_url(self) -> str:
        """The page that tells the shopper how it went; its address cannot be guessed."""
        return reverse("paytm_kit:result", args=[self.token])

    def get_receipt_url(self) -> str:
        """The printable receipt of a paid payment; of any other it leads to the result page."""
        return reverse("paytm_kit:receipt", args=[self.token])
