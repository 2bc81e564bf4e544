"""The simulator's own books: merchants, orders, transactions, deliveries, messages. Nothing of the kit's."""

from __future__ import annotations

import secrets
from decimal import Decimal

from django.db import models

from paytm_kit.simulator.bank.machine import State

NOTHING = Decimal("0.00")


def new_secret() -> str:
    """Keys the tokens that stand for card numbers; one for each set of books."""
    return secrets.token_hex(32)


class World(models.Model):
    """One row: what holds for the whole simulator and can change while it runs."""

    clock_offset = models.FloatField(default=0)  # seconds added to the real time
    frozen_at = models.DateTimeField(null=True)  # the simulated time while it stands still
    webhook_ladder = models.CharField(max_length=20, default="quick")  # of webhooks/ladder
    settle_after = models.FloatField(default=20)  # seconds; 0 = pending payments wait for the control plane
    secret = models.CharField(max_length=64, default=new_secret)
    risk_rules = models.JSONField(default=dict)  # changes to the table in bank/risk, by rule name

    class Meta:
        app_label = "paytm_simulator"

    def __str__(self) -> str:
        return f"{self.clock_offset} s ahead"


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


class FaultRule(models.Model):
    """One fault that is switched on: for which orders, how often, with which numbers."""

    name = models.CharField(max_length=40)  # of faults/table
    order_id = models.CharField(max_length=50, blank=True)  # one order, or empty for every order
    probability = models.FloatField(default=1.0)
    left = models.PositiveIntegerField(null=True)  # how many more times; None: without end
    values = models.JSONField(default=dict)  # e.g. {"seconds": 3}
    struck = models.PositiveIntegerField(default=0)
    place = models.PositiveIntegerField(default=0)  # in the list; the draw depends on it
    seed = models.CharField(max_length=40, blank=True)  # what the draw begins with: --seed, or made up at switching on

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One notice to a merchant's server, with every attempt to bring it there. Payment callbacks of faults, too."""

    QUEUED, SENDING, DELIVERED, FAILED, WITHHELD = "queued", "sending", "delivered", "failed", "withheld"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="deliveries")
    event = models.CharField(max_length=20, default="payment")  # "payment", "refund.accept", "subscription", …
    url = models.CharField(max_length=255)
    body = models.TextField(default="")  # signed, exactly as it is sent
    content_type = models.CharField(max_length=60, default="application/x-www-form-urlencoded")
    status = models.CharField(max_length=10, default=QUEUED)
    next_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)  # real time: since when somebody sends it
    tries = models.PositiveSmallIntegerField(default=0)  # attempts of its ladder; redelivery by hand does not count
    attempts = models.JSONField(default=list)  # [{"at", "status", "answer", "milliseconds", "said", "by_hand"}]
    faults = models.CharField(max_length=200, blank=True)  # the faults that made it what it is

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]
        indexes = [models.Index(fields=["status", "next_at"], name="simulator_delivery_due")]

    def __str__(self) -> str:
        return f"{self.status} {self.url}"


class Message(models.Model):
    """One HTTP exchange, redacted, with what was found when it was checked."""

    at = models.DateTimeField()
    direction = models.CharField(max_length=3)  # "in" to the simulator, "out" from it
    method = models.CharField(max_length=10)
    url = models.CharField(max_length=500)
    order_id = models.CharField(max_length=50, blank=True, db_index=True)
    request = models.TextField(blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)  # None: no answer came
    response = models.TextField(blank=True)
    verdict = models.TextField(blank=True)

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"
