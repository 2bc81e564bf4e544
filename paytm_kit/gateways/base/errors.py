"""What can go wrong between us and a gateway."""

from __future__ import annotations

from paytm_kit.gateways.base.texts import gettext_noop


class GatewayError(Exception):
    """Something between us and the gateway went wrong. ``str()`` is for logs; shoppers read ``user_message``.

    ``code``          stable short word, for logs and APIs
    ``retryable``     the same call may be made again as it is
    ``user_message``  safe English for the shopper
    """

    code = "gateway_error"
    retryable = False
    user_message = gettext_noop("The payment service is not available just now. Please try again in a few minutes.")

    def __init__(self, message: str, *, order_id: str = "", gateway_code: str = "") -> None:
        self.order_id = order_id
        self.gateway_code = gateway_code
        super().__init__(message)


class ConfigurationError(GatewayError):
    """The account is set up wrongly: key length, host, missing value. Nothing to retry until it is mended."""

    code = "configuration"


class Unreachable(GatewayError):
    """No usable answer: time-out, connection, 5xx, HTML, truncated JSON, or the gateway's own "unknown".

    The call may have taken effect. It is neither a failure nor a success: ask again.
    """

    code = "unreachable"
    retryable = True


class UntrustedResponse(GatewayError):
    """An answer came that we must not believe: unsigned, wrongly signed, doubled keys, another order's."""

    code = "untrusted_response"
    retryable = True


class UnreadableReport(GatewayError):
    """A file is no settlement report that we know, as a whole: no known header, not text. ``str()`` says what to do."""

    code = "unreadable_report"


class Unsupported(GatewayError):
    """This gateway cannot do that, or the kit does not know how to ask it. ``str()`` says which."""

    code = "unsupported"


class Refused(GatewayError):
    """The gateway understood and said no."""

    code = "refused"
    user_message = gettext_noop("The payment could not be started. You have not been charged.")


class Conflict(Refused):
    """The gateway knows this order id with other contents. A new payment is needed."""

    code = "conflict"
