"""The stand-ins' own books: parties, orders, captures, refunds, remembered answers, webhooks. Nothing of the kit's."""

from __future__ import annotations

from django.db import models

from paytm_kit.standins.books import Bank, State, refundable


class Party(models.Model):
    """The merchant at one gateway, with its credentials and where its webhooks go."""

    gateway = models.CharField(max_length=10, unique=True)
    identifier = models.CharField(max_length=100, blank=True)
    key = models.CharField(max_length=120)
    webhook_secret = models.CharField(max_length=120, blank=True)
    webhook_url = models.CharField(max_length=255, blank=True)
    signer = models.JSONField(null=True)  # PayPal: the private key and certificates, PEM, made when first needed

    class Meta:
        app_label = "paytm_kit_standins"

    def __str__(self) -> str:
        return self.gateway


class Order(models.Model):
    """What a merchant asked to be paid for: Zaakpay's order, Stripe's Checkout Session, PayPal's order."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="orders")
    public_id = models.CharField(max_length=80, unique=True)  # the gateway's id
    token = models.CharField(max_length=64, unique=True)  # opens the hosted page
    reference = models.CharField(max_length=255, blank=True, db_index=True)  # the merchant's own order id
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)  # capitals
    state = models.CharField(max_length=10, default=State.CREATED)
    button = models.CharField(max_length=20, blank=True)  # the shopper's last, of books.Button
    payment_id = models.CharField(max_length=80, blank=True, db_index=True)  # Stripe's PaymentIntent
    return_url = models.CharField(max_length=2048, blank=True)
    cancel_url = models.CharField(max_length=2048, blank=True)
    base_url = models.CharField(max_length=255)  # where the merchant finds this server
    facts = models.JSONField(default=dict)  # what else the request said, in the gateway's words
    lost_on_return = models.BooleanField(null=True)  # a fault's decision, drawn once
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        app_label = "paytm_kit_standins"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.public_id

    def capture(self) -> Capture | None:
        """The attempt that speaks for the order: one that was paid, else a pending one, else the latest."""
        rank = {Bank.SUCCEEDED: 2, Bank.PENDING: 1}
        found = sorted(self.captures.all(), key=lambda row: (rank.get(Bank(row.state), 0), row.pk))
        return found[-1] if found else None


class Capture(models.Model):
    """One attempt at the bank."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="captures")
    public_id = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=10)  # of books.Bank
    amount = models.BigIntegerField()  # minor units
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decide_at = models.DateTimeField(null=True, db_index=True)  # when a pending one is decided by the clock
    decides_as = models.CharField(max_length=10, blank=True)  # of books.Bank

    class Meta:
        app_label = "paytm_kit_standins"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.public_id

    def left(self) -> int:
        """Minor units that may still be refunded."""
        taken = self.amount if self.state == Bank.SUCCEEDED else 0
        return refundable(taken, [(row.state, row.amount) for row in self.refunds.all()])

    def refunded(self) -> int:
        """Minor units that went back or are on their way."""
        return (self.amount if self.state == Bank.SUCCEEDED else 0) - self.left()


class Refund(models.Model):
    """Money that goes back, whole or in part."""

    capture = models.ForeignKey(Capture, on_delete=models.CASCADE, related_name="refunds")
    public_id = models.CharField(max_length=80, unique=True)
    reference = models.CharField(max_length=108, blank=True, db_index=True)  # Zaakpay's merchantRefId
    state = models.CharField(max_length=10)  # of books.Bank
    amount = models.BigIntegerField()  # minor units
    facts = models.JSONField(default=dict)  # reason, metadata, note: as the merchant sent them
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decide_at = models.DateTimeField(null=True, db_index=True)
    decides_as = models.CharField(max_length=10, blank=True)

    class Meta:
        app_label = "paytm_kit_standins"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.public_id


class Remembered(models.Model):
    """An answer that is given again to the same idempotency key."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE)
    key = models.CharField(max_length=64)  # SHA-256 of what the key holds for: path and key
    fingerprint = models.CharField(max_length=64)  # SHA-256 of what was asked
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        app_label = "paytm_kit_standins"
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="standins_remembered_once")]

    def __str__(self) -> str:
        return self.key[:8]


class Webhook(models.Model):
    """One notice to the merchant's server, with every attempt to bring it there. It is signed anew at each."""

    QUEUED, SENDING, DELIVERED, FAILED, WITHHELD = "queued", "sending", "delivered", "failed", "withheld"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="webhooks")
    event = models.CharField(max_length=60)  # in the gateway's words
    url = models.CharField(max_length=255)
    body = models.TextField()  # the exact JSON that is signed
    forged = models.BooleanField(default=False)  # a fault: the signature is that of something else
    status = models.CharField(max_length=10, default=QUEUED)
    next_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)  # real time: since when somebody sends it
    tries = models.PositiveSmallIntegerField(default=0)  # attempts of its ladder; sending by hand does not count
    attempts = models.JSONField(default=list)  # [{"at", "status", "answer", "milliseconds", "said", "by_hand"}]
    faults = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "paytm_kit_standins"
        ordering = ["pk"]
        indexes = [models.Index(fields=["status", "next_at"], name="standins_webhook_due")]

    def __str__(self) -> str:
        return f"{self.event} {self.status}"
