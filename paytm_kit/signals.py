"""The public seam: what a merchant's code can hear.

Each signal is sent with ``payment``, ``order`` (the merchant's own object, or ``None`` if it is gone), ``refund`` and
``dispute`` (``None`` unless it is about one), ``event`` and ``announcement``; the sender is the ``Payment`` class.
Receivers run after the money's own commit, inside a transaction of their own that also marks the announcement
delivered: their database writes happen exactly once. A receiver that raises is tried again later, so anything else that
it does (mail, HTTP) must bear repetition.
"""

from django.dispatch import Signal

payment_succeeded = Signal()  # the money is ours and the order may be fulfilled; not sent when all of it went back
payment_failed = Signal()  # this attempt ended without money; the order can be paid by a new one
payment_not_started = Signal()  # the gateway could not give the shopper a way to pay; event.code says why
payment_flagged = Signal()  # a person must look; event.flag says why. A second payment for one order ends here
refund_started = Signal()  # the gateway has taken the refund on; not sent for one that is made or refused at once
refund_succeeded = Signal()  # the gateway says that the money went back
refund_failed = Signal()  # no money went back and none will by this refund
dispute_opened = Signal()  # the customer's bank wants the money back; dispute.due_at says until when to answer
dispute_closed = Signal()  # a dispute has ended; event.kind says how: dispute_won, dispute_lost or dispute_closed
callback_rejected = Signal()  # a message with a bad or missing signature came; kwargs: wire_message, payment (or None)

# One message as it went over the wire, nothing masked: for walkthroughs and for teaching. Sent for accounts whose
# ENVIRONMENT is "simulator" and for no other, at once, outside the money's transactions. kwargs: channel ("initiate",
# "status", "callback", "webhook", … or "form": what the page sends with the shopper's browser), url, content_type,
# request, response (texts; "" is none), payment (or None), wire_message (the stored row; None for a form).
wire_seen = Signal()

BY_NAME = {
    "payment_succeeded": payment_succeeded,
    "payment_failed": payment_failed,
    "payment_not_started": payment_not_started,
    "payment_flagged": payment_flagged,
    "refund_started": refund_started,
    "refund_succeeded": refund_succeeded,
    "refund_failed": refund_failed,
    "dispute_opened": dispute_opened,
    "dispute_closed": dispute_closed,
}
