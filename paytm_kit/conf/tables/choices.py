"""Words that settings choose from."""

from __future__ import annotations

# What letters are about (models.Letter.Kind says it in words).
SHOPPER_KINDS = ("paid", "failed", "pending", "refund_started", "refund_done")
MERCHANT_KINDS = (*SHOPPER_KINDS, "refund_failed", "flagged", "dispute_opened", "not_started")
# What webhooks of ours are about: the names of the signals, with a full stop (test_types compares them).
OUTGOING_EVENTS = (
    *("payment.succeeded", "payment.failed", "payment.not_started", "payment.flagged"),
    *("refund.started", "refund.succeeded", "refund.failed", "dispute.opened", "dispute.closed"),
)
ENVIRONMENTS = ("production", "staging", "simulator")
CHANNELS = ("WEB", "WAP")
