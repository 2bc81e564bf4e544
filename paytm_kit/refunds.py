"""Money back, for the merchant's code: ``refunds.request(payment, amount, reason=…, actor=…)``.

Source of the rules: Paytm docs, Refund API.
"""

from paytm_kit.services.refunds import NotRefundable, ask, held, left, request

__all__ = ["NotRefundable", "ask", "held", "left", "request"]
