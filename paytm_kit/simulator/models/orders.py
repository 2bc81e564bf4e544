"""Merchants, what they asked to be paid for, and each try to pay it with the way of its money."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from paytm_kit.simulator.bank.machine import State

NOTHING = Decimal("0.00")


class Merchant(models.Model):
    """One MID with its keys. ``key`` signs; messages signed with one of ``old_keys`` are still accepted."""

    mid = models.CharField(max_length=20, unique=True)
    key = models.CharField(max_length=32)
    old_keys = models.JSONField(default=list)  # newest first, from rotations
    website = models.CharField(max_length=30)
    webhook_url = models.CharField(max_length=255, blank=True)
    webhook_on_pending = models.BooleanField(default=False)
    webhook_format = models.CharField(max_length=4, default="form")  # "form" or "json"

    class Meta:
        app_label = "paytm_simulator"

    def __str__(self) -> str:
        return self.mid

    def keys(self) -> list[str]:
        """Every key that a message of this merchant may be signed with, the current one first."""
        return [self.key, *self.old_keys]


class Order(models.Model):
    """What a merchant asked to be paid for. ``token`` opens its payment page for 15 minutes."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="orders")
    order_id = models.CharField(max_length=50)
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees
    currency = models.CharField(max_length=3)
    callback_url = models.CharField(max_length=255)
    cust_id = models.CharField(max_length=64)
    merc_unq_ref = models.CharField(max_length=255, blank=True)
    token = models.CharField(max_length=64, unique=True)
    token_at = models.DateTimeField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the request's content: a repeat must be the same
    modes = models.JSONField(default=list)  # the payment modes that the merchant allows, in Paytm's words; [] = all
    subscription = models.ForeignKey(
        "Subscription", on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )  # the mandate that this order sets up or debits

    class Meta:
        app_label = "paytm_simulator"
        constraints = [models.UniqueConstraint(fields=["merchant", "order_id"], name="simulator_order_once")]

    def __str__(self) -> str:
        return self.order_id

    def decisive(self) -> Transaction | None:
        """The transaction that speaks for the order: one that captured, else a pending one, else the latest."""
        rank = {State.SUCCESS: 2, State.PENDING: 1}
        found = sorted(self.transactions.all(), key=lambda item: (rank.get(State(item.status), 0), item.pk))
        return found[-1] if found else None

    def captured(self) -> Decimal:
        """Rupees that the bank took for this order, from its transactions."""
        taken = (item.amount for item in self.transactions.all() if item.status == State.SUCCESS)
        return sum(taken, NOTHING)


class Transaction(models.Model):
    """One attempt at a bank. It keeps a card's last four digits, a contact's masked form, no secret at all."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="transactions")
    txn_id = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=10, default=State.STARTED)
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees that the bank moves
    method = models.CharField(max_length=12, blank=True)  # empty: given up before one was chosen
    mode = models.CharField(max_length=15, blank=True)  # PAYMENTMODE
    instrument = models.CharField(max_length=120, blank=True)  # masked
    bank_name = models.CharField(max_length=100, blank=True)
    gateway_name = models.CharField(max_length=15, blank=True)
    card_scheme = models.CharField(max_length=10, blank=True)
    card_last_four = models.CharField(max_length=4, blank=True)
    # stands for the card number, UPI ID or wallet, which is kept nowhere
    card_token = models.CharField(max_length=40, blank=True, db_index=True)
    issuer = models.CharField(max_length=20, blank=True)  # codes of bank/parties
    acquirer = models.CharField(max_length=20, blank=True)
    auth_code = models.CharField(max_length=6, blank=True)
    rrn = models.CharField(max_length=12, blank=True)
    arn = models.CharField(max_length=23, blank=True)  # cards only, once cleared
    emi = models.JSONField(null=True)  # the chosen plan
    device = models.CharField(max_length=64, blank=True, db_index=True)  # who the risk rules count beside card and VPA
    risk = models.CharField(max_length=200, blank=True)  # why the gateway's own rules refused it, in words
    bank_txn_id = models.CharField(max_length=40, blank=True)
    respcode = models.CharField(max_length=10, blank=True)
    planned = models.JSONField(null=True)  # the bank's mind before the OTP: outcome, code, settles_as; or funds, daily
    otp_failures = models.PositiveSmallIntegerField(default=0)
    otp_resends = models.PositiveSmallIntegerField(default=0)
    otp_at = models.DateTimeField(null=True)  # when the last OTP was sent
    webhook = models.BooleanField(default=True)  # whether the merchant's webhook hears of it
    comes_back = models.BooleanField(default=True)  # whether the shopper returns to the shop
    callback_faults = models.JSONField(null=True)  # what struck its callback, drawn once: fault → values
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    settle_at = models.DateTimeField(null=True, db_index=True)
    settles_as = models.CharField(max_length=10, blank=True)  # an Outcome
    settles_code = models.CharField(max_length=10, blank=True)  # its RESPCODE; empty: the usual one
    settlement = models.ForeignKey(
        "Settlement", on_delete=models.SET_NULL, null=True, blank=True, related_name="transactions"
    )

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]
        # The worker asks for the first unsettled one after every answer.
        indexes = [models.Index(fields=["status", "settlement", "finished_at"], name="simulator_unsettled")]

    def __str__(self) -> str:
        return self.txn_id

    def refunded(self) -> Decimal:
        """Rupees that went back to the customer: refunds that are done, not those under way."""
        return sum((item.amount for item in self.refunds.all() if item.status == "success"), NOTHING)


class Hop(models.Model):
    """What one party said to the next about a transaction or refund, and what it answered: the way of the money."""

    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="hops")
    refund = models.ForeignKey("Refund", on_delete=models.CASCADE, null=True, blank=True, related_name="hops")
    at = models.DateTimeField()
    source = models.CharField(max_length=40)  # "customer", "merchant", "gateway", or a code of bank/parties
    target = models.CharField(max_length=40)
    said = models.CharField(max_length=200)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}: {self.said}"


class Posting(models.Model):
    """One amount that moved from one account to another. A balance is what came in less what went out."""

    at = models.DateTimeField()
    source = models.CharField(max_length=80, db_index=True)  # "customer/…", "issuer/SDBL", "merchant/MID", …
    target = models.CharField(max_length=80, db_index=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees, above zero
    about = models.CharField(max_length=80, db_index=True)  # the id of the transaction, refund or settlement

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}: {self.amount}"
