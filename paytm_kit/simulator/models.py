"""The simulator's own books: merchants, orders, transactions, deliveries, messages. Nothing of the kit's."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from paytm_kit.simulator.machine import State

NOTHING = Decimal("0.00")


class World(models.Model):
    """One row: what holds for the whole simulator and can change while it runs."""

    clock_offset = models.FloatField(default=0)  # seconds added to the real time
    settle_after = models.FloatField(default=20)  # seconds; 0 = pending payments wait for the control plane

    class Meta:
        app_label = "paytm_simulator"

    def __str__(self) -> str:
        return f"{self.clock_offset} s ahead"


class Merchant(models.Model):
    """One MID with its key."""

    mid = models.CharField(max_length=20, unique=True)
    key = models.CharField(max_length=32)
    website = models.CharField(max_length=30)
    webhook_url = models.CharField(max_length=255, blank=True)
    webhook_on_pending = models.BooleanField(default=False)

    class Meta:
        app_label = "paytm_simulator"

    def __str__(self) -> str:
        return self.mid


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
    status = models.CharField(max_length=10, choices=[(state, state) for state in State], default=State.STARTED)
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # rupees that the bank moves
    method = models.CharField(max_length=12, blank=True)  # empty: given up before one was chosen
    mode = models.CharField(max_length=15, blank=True)  # PAYMENTMODE
    instrument = models.CharField(max_length=120, blank=True)  # masked
    bank_name = models.CharField(max_length=100, blank=True)
    gateway_name = models.CharField(max_length=15, blank=True)
    card_scheme = models.CharField(max_length=10, blank=True)
    card_last_four = models.CharField(max_length=4, blank=True)
    bank_txn_id = models.CharField(max_length=40, blank=True)
    respcode = models.CharField(max_length=10, blank=True)
    planned = models.JSONField(null=True)  # the bank's mind, made up before the OTP: outcome, code, settles_as
    otp_failures = models.PositiveSmallIntegerField(default=0)
    webhook = models.BooleanField(default=True)  # whether the merchant's webhook hears of it
    comes_back = models.BooleanField(default=True)  # whether the shopper returns to the shop
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    settle_at = models.DateTimeField(null=True, db_index=True)
    settles_as = models.CharField(max_length=10, blank=True)  # an Outcome

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.txn_id


class Delivery(models.Model):
    """One notice to a merchant's server, with every attempt to bring it there."""

    QUEUED, SENDING, DELIVERED, FAILED = "queued", "sending", "delivered", "failed"

    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="deliveries")
    url = models.CharField(max_length=255)
    fields = models.JSONField()  # signed, in the order of sending
    status = models.CharField(max_length=10, default=QUEUED)
    next_at = models.DateTimeField(db_index=True)
    attempts = models.JSONField(default=list)  # [{"at": ISO time, "answer": "200" or what went wrong}]

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

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
