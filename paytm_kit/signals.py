"""The public seam: what a merchant's code can hear.

Each signal is sent with ``payment``, ``order`` (the merchant's own object, or ``None`` if it is gone), ``event`` and
``announcement``; the sender is the ``Payment`` class. Receivers run after the money's own commit, inside a transaction
of their own that also marks the announcement delivered: their database writes happen exactly once. A receiver that
raises is tried again later, so anything else that it does (mail, HTTP) must bear repetition.
"""

from django.dispatch import Signal

payment_succeeded = Signal()  # the money is ours and the order may be fulfilled
payment_failed = Signal()  # this attempt ended without money; the order can be paid by a new one
payment_flagged = Signal()  # a person must look; event.flag says why. A second payment for one order ends here
callback_rejected = Signal()  # a message with a bad or missing signature came; kwargs: wire_message, payment (or None)

BY_NAME = {
    "payment_succeeded": payment_succeeded,
    "payment_failed": payment_failed,
    "payment_flagged": payment_flagged,
}
