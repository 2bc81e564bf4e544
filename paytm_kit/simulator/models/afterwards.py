"""What follows a payment: money back, money paid out, disputes, and mandates for further debits."""

from __future__ import annotations

from django.db import models

from paytm_kit.simulator.models.orders import NOTHING, Merchant, Transaction


class Refund(models.Model):
    """Money that a merchant sends back; its reference is the merchant's and stands for one refund only."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="refunds")
    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="refunds")
    ref_id = models.CharField(max_length=50)
    refund_id = models.CharField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees
    status = models.CharField(max_length=10, default="pending")  # "pending", "success" or "failure"
    respcode = models.CharField(max_length=10)
    comments = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=20, default="MERCHANT")  # or "DASHBOARD"
    destination = models.CharField(max_length=20, default="TO_SOURCE")  # or "TO_INSTANT"
    fingerprint = models.CharField(max_length=64, blank=True)
    requested_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)  # deducted from what the merchant is owed
    credit_at = models.DateTimeField(null=True, db_index=True)  # when a pending one is decided
    planned = models.CharField(max_length=10, default="10")  # the code that it ends with
    finished_at = models.DateTimeField(null=True)
    rrn = models.CharField(max_length=12, blank=True)
    arn = models.CharField(max_length=23, blank=True)
    settlement = models.ForeignKey(
        "Settlement", on_delete=models.SET_NULL, null=True, blank=True, related_name="refunds"
    )

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["merchant", "ref_id"], name="simulator_refund_once")]

    def __str__(self) -> str:
        return self.ref_id


class Settlement(models.Model):
    """One payout to one merchant for one day (T+1)."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="settlements")
    day = models.DateField()  # of the transactions, Indian time
    utr = models.CharField(max_length=30, unique=True)
    paid_at = models.DateTimeField()
    gross = models.DecimalField(max_digits=14, decimal_places=2)  # rupees, all of them
    refunded = models.DecimalField(max_digits=14, decimal_places=2)
    commission = models.DecimalField(max_digits=14, decimal_places=2)
    gst = models.DecimalField(max_digits=14, decimal_places=2)
    carried = models.DecimalField(max_digits=14, decimal_places=2, default=NOTHING)  # what earlier days left owing, ≤ 0
    net = models.DecimalField(max_digits=14, decimal_places=2)  # below zero: nothing was paid, the next day carries it

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["merchant", "day"], name="simulator_settlement_once")]

    def __str__(self) -> str:
        return self.utr


class Dispute(models.Model):
    """A chargeback: the customer's bank wants the money back. While it is open nothing can be refunded."""

    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="disputes")
    dispute_id = models.CharField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees
    reason = models.CharField(max_length=200)
    status = models.CharField(max_length=10, default="open")  # "open", "won" or "lost", as the merchant sees it
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    settlement = models.ForeignKey(
        "Settlement", on_delete=models.SET_NULL, null=True, blank=True, related_name="disputes"
    )

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.dispute_id


class Subscription(models.Model):
    """A mandate: what may be debited, how often, until when."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="subscriptions")
    subs_id = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=24, default="INIT")  # Paytm's words, e.g. ACTIVE, SUSPENDED, REJECT
    sub_status = models.CharField(max_length=24, blank=True)
    cust_id = models.CharField(max_length=64)
    mode = models.CharField(max_length=15)
    amount_type = models.CharField(max_length=8)  # FIX or VARIABLE
    max_amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees of one debit when it is fixed
    frequency = models.PositiveSmallIntegerField(default=1)
    frequency_unit = models.CharField(max_length=15)
    starts_on = models.DateField()
    expires_on = models.DateField()
    grace_days = models.PositiveSmallIntegerField(default=0)
    notices = models.JSONField(default=list)  # pre-notifications: [{"reference", "amount", "date", "status", …}]
    notify_at = models.DateTimeField(null=True, db_index=True)  # when the next of them leaves
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.subs_id
