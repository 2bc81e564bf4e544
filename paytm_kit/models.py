"""What the kit remembers: fields, constraints and indexes. The verbs that change money live in ``ledger``.

Constraints hold on SQLite, PostgreSQL and MariaDB alike: no conditional ones (MariaDB has none), and unique texts are
lower-case or digits (MariaDB compares without case). "Unique unless empty" is a nullable column: NULLs never collide.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, NoReturn

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_ledger_is_writing: ContextVar[bool] = ContextVar("paytm_kit_ledger_is_writing", default=False)


@contextmanager
def ledger_writes() -> Iterator[None]:
    """Used by ``ledger.book`` alone: inside it the money models may be written."""
    token = _ledger_is_writing.set(True)
    try:
        yield
    finally:
        _ledger_is_writing.reset(token)


class LedgerOnly(RuntimeError):
    """Payments and events change through the ledger's verbs only."""


def _refuse(what: str) -> NoReturn:
    raise LedgerOnly(f"{what} is written by the ledger only. Use the verbs of paytm_kit.checkout or the commands.")


class LedgerQuerySet(models.QuerySet[Any]):
    """Refuses bulk changes from outside the ledger."""

    def _guard(self) -> None:
        if not _ledger_is_writing.get():
            _refuse(self.model.__name__)

    def update(self, **kwargs: Any) -> int:
        self._guard()
        return super().update(**kwargs)

    def bulk_create(self, *args: Any, **kwargs: Any) -> Any:
        self._guard()
        return super().bulk_create(*args, **kwargs)

    def delete(self) -> NoReturn:
        _refuse(self.model.__name__)


class LedgerModel(models.Model):
    """A row of money truth: saved by the ledger, deleted by nobody."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not _ledger_is_writing.get():
            _refuse(type(self).__name__)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(type(self).__name__)


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
    object_id = models.CharField(_("order key"), max_length=64)
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
    flow = models.CharField(_("flow"), max_length=10, blank=True)

    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.CREATED)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    amount_chosen = models.BooleanField(
        _("amount chosen"), default=False, help_text=_("The shop named the amount; otherwise it is what was owed.")
    )
    currency = models.CharField(_("currency"), max_length=3, default="INR")
    captured_amount = models.DecimalField(_("captured"), max_digits=12, decimal_places=2, default=0)
    flags = models.CharField(_("flags"), max_length=250, blank=True, help_text="Space-separated words of Flag.")

    transaction_id = models.CharField(_("transaction id"), max_length=64, null=True, blank=True)
    bank_transaction_id = models.CharField(_("bank reference"), max_length=64, blank=True)
    payment_mode = models.CharField(_("payment mode"), max_length=30, blank=True)
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    gateway_name = models.CharField(_("acquirer"), max_length=30, blank=True)
    code = models.CharField(_("gateway code"), max_length=64, blank=True)
    message = models.CharField(_("gateway message"), max_length=500, blank=True)
    shopper_text_source = models.CharField(max_length=300, blank=True, editable=False)

    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
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
        ]
        indexes = [
            models.Index(fields=["content_type", "object_id"], name="paytm_kit_payment_order"),
            models.Index(fields=["status", "next_ask_at"], name="paytm_kit_payment_due"),
            models.Index(fields=["-created_at"], name="paytm_kit_payment_newest"),
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


class PaymentEvent(LedgerModel):
    """A fact that the ledger accepted. Append-only; all totals derive from events."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        STARTED = "started", _("Shopper sent to the gateway")
        PENDING = "pending", _("Gateway says: pending")
        CAPTURED = "captured", _("Money captured")
        FAILED = "failed", _("Gateway says: failed")
        EXPIRED = "expired", _("Never completed")
        SUPERSEDED = "superseded", _("Replaced by a newer payment")
        FLAGGED = "flagged", _("Flagged for a person")
        CLOSED = "closed", _("Closed by a person")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events", verbose_name=_("payment"))
    kind = models.CharField(_("what happened"), max_length=12, choices=Kind.choices)
    fingerprint = models.CharField(max_length=64, editable=False)
    source = models.CharField(_("heard through"), max_length=20)
    actor = models.CharField(_("by"), max_length=150, blank=True)
    status_before = models.CharField(_("status before"), max_length=12, blank=True)
    status_after = models.CharField(_("status after"), max_length=12)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    transaction_id = models.CharField(_("transaction id"), max_length=64, blank=True)
    code = models.CharField(_("gateway code"), max_length=64, blank=True)
    message = models.CharField(_("detail"), max_length=500, blank=True)
    flag = models.CharField(_("flag"), max_length=30, blank=True, choices=Flag.choices)
    created_at = models.DateTimeField(_("at"))

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "fingerprint"], name="paytm_kit_event_once"),
        ]
        indexes = [models.Index(fields=["transaction_id"], name="paytm_kit_event_transaction")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.source})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            _refuse("A stored event cannot change. PaymentEvent")
        super().save(*args, **kwargs)


class Announcement(models.Model):
    """A change that the merchant's code must hear of; delivered at least once, its database effect exactly once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")

    event = models.OneToOneField(PaymentEvent, models.PROTECT, related_name="announcement", verbose_name=_("event"))
    signal = models.CharField(_("signal"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["pk"]
        indexes = [models.Index(fields=["state", "next_try_at"], name="paytm_kit_announcement_due")]

    def __str__(self) -> str:
        return f"{self.signal} ({self.get_state_display()})"


class WireMessage(models.Model):
    """One HTTP message in or out, as it went over the wire, redacted, with its verdict. Committed on its own."""

    class Direction(models.TextChoices):
        IN = "in", _("received")
        OUT = "out", _("sent")

    class Verdict(models.TextChoices):
        RECEIVED = "received", _("Received, not yet judged")
        VERIFIED = "verified", _("Signature right")
        BAD_SIGNATURE = "bad_signature", _("Signature wrong")
        UNSIGNED = "unsigned", _("No signature")
        MALFORMED = "malformed", _("Not readable")
        NO_ANSWER = "no_answer", _("No answer")

    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    channel = models.CharField(_("channel"), max_length=20)
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="wire_messages", verbose_name=_("payment")
    )
    account = models.CharField(_("account"), max_length=40, blank=True)
    gateway_order_id = models.CharField(_("gateway order id"), max_length=50, blank=True, db_index=True)
    url = models.CharField(_("URL"), max_length=500, blank=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    request_body = models.TextField(_("request, redacted"), blank=True)
    response_body = models.TextField(_("response, redacted"), blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    verdict = models.CharField(_("verdict"), max_length=15, choices=Verdict.choices, default=Verdict.RECEIVED)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    remote_ip = models.GenericIPAddressField(_("from"), null=True, blank=True)
    correlation_id = models.CharField(_("correlation id"), max_length=32, db_index=True)
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    created_at = models.DateTimeField(_("at"), db_index=True)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)

    class Meta:
        verbose_name = _("wire message")
        verbose_name_plural = _("wire messages")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.channel} {self.gateway_order_id}"
