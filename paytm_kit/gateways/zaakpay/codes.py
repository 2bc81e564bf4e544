"""What Zaakpay's response codes mean: the state of the payment, what to do, what the shopper may read.

Sources: developer.zaakpay.com, Check Transaction Status API and Refunding a Transaction, with its code tables; 100 is
the success of the browser's return. A code that is not in the tables is UNKNOWN, which changes nothing.
"""

from __future__ import annotations

from paytm_kit.gateways.base import Meaning, State, gettext_noop
from paytm_kit.gateways.words import AGAIN, CANCELLED, CONFIRMING, NEW, NONE, NOT_HEARD, RECEIVED, REFUNDING, Code, rows

_ = gettext_noop  # what merchants read; shoppers' texts say gettext_noop

DECLINED = gettext_noop("Your bank declined the payment. Please try again or choose another way to pay.")

SETUP = _("Correct the account's settings: Zaakpay did not take the question itself.")
POLL = _("Ask for the refund's status; accepted means begun, not paid.")
LATER = _("Try the refund again later, with a new refund.")
NEVER = _("Zaakpay no longer refunds this payment: pay it back by other means.")


CAPTURED = _("The money was captured.")
WHOLLY, PARTLY = "230 231 236 256", "245 251 252 253 254 255"
GIVEN_BACK, PARTLY_GIVEN_BACK = frozenset(WHOLLY.split()), frozenset(PARTLY.split())

# Of an order, by the status API.
ORDER: dict[str, Code] = {
    **rows("100 228 232 233", State.SUCCESS, CAPTURED, NONE, RECEIVED),
    **rows("212", State.SUCCESS, _("Captured and settled: Zaakpay no longer refunds it."), NONE, RECEIVED),
    **rows(PARTLY, State.SUCCESS, _("Captured; a part of it was given back."), NONE, RECEIVED),
    **rows(WHOLLY, State.SUCCESS, _("Captured; it was given back."), NONE, RECEIVED),
    **rows(
        "237 238 239 240 241 246 247 248 249",
        State.SUCCESS,
        _("Captured; the customer's bank disputes it."),
        _("Answer the dispute in Zaakpay's dashboard."),
        RECEIVED,
    ),
    **rows("103", State.FAILURE, _("Refused as suspected fraud."), NEW, DECLINED),
    **rows("213", State.FAILURE, _("Cancelled."), NEW, CANCELLED),
    **rows("400", State.FAILURE, _("The bank declined it."), NEW, DECLINED),
    **rows("206 207 208 209 210 211 223", State.PENDING, _("Not final yet."), AGAIN, CONFIRMING),
    **rows("205", State.NOT_FOUND, _("Zaakpay knows no such order."), AGAIN, NOT_HEARD),
}

# What is said about our question and not about the order: it decides nothing.
QUESTION = frozenset("110 111 129 155 156 180 182 184 185 186 187 189 191 201".split())

# Of a request to give money back.
REFUND: dict[str, Code] = {
    **rows("230 245", State.PENDING, _("Zaakpay has taken the refund on."), POLL, REFUNDING),
    **rows("19 20", State.PENDING, _("The refund is with the bank already."), POLL, REFUNDING),
    **rows("21", State.FAILURE, _("Earlier partial refunds are still under way."), LATER),
    **rows("843", State.FAILURE, _("Not enough unsettled money at Zaakpay."), LATER),
    **rows("844", State.FAILURE, _("The payment is in the settled state."), LATER),
    **rows("846", State.FAILURE, _("The payment is older than six months."), NEVER),
}


def explain(code: str, of_refund: bool) -> Meaning | None:
    """What a code means; ``None`` for one that is not in the tables."""
    found = (REFUND if of_refund else ORDER).get(code)
    return found.meaning if found else None
