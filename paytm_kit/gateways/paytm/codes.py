"""What every Paytm result code means: state, worth repeating, what the merchant should do, what the shopper may read.

One row per code and API family; all behaviour hangs on the rows. The status word decides first and the code second:
when the two contradict each other, or one of them is not in the tables, the state is UNKNOWN, which changes nothing.

Sources: Paytm docs, Initiate Transaction API, Transaction Status API, Process Transaction API, Refund API, Refund
Status API, Payment Status and its response code list (only partly public: codes missing here do exist).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paytm_kit.gateways.base import Meaning, State, gettext_noop

_ = gettext_noop  # what merchants read; shoppers' texts say gettext_noop


class Family(StrEnum):
    """The API, or message, that a code came with: the same number means different things in different ones."""

    INITIATE = "initiate"  # initiateTransaction
    STATUS = "status"  # v3/order/status
    PAYMENT = "payment"  # RESPCODE of callbacks and webhooks
    PROCESS = "process"  # processTransaction
    REFUND = "refund"  # refund/apply and its sync form
    REFUND_STATUS = "refund_status"  # v2/refund/status


REFUND_FAMILIES = frozenset({Family.REFUND, Family.REFUND_STATUS})


@dataclass(frozen=True, slots=True)
class Code:
    """One row. ``retryable``: the same request, or question, with the same order id can bring another answer."""

    family: Family
    code: str
    state: State
    retryable: bool
    meaning: str
    action: str  # for the merchant
    shopper: str  # plain, safe, translatable


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a status word and a code say together. ``doubt`` tells why the state is UNKNOWN, else it is empty."""

    state: State
    action: str
    shopper: str
    doubt: str = ""


WORDS = {
    "TXN_SUCCESS": State.SUCCESS,
    "TXN_FAILURE": State.FAILURE,
    "PENDING": State.PENDING,
    "OPEN": State.PENDING,  # in old samples of the flat status API
    "NO_RECORD_FOUND": State.NOT_FOUND,
}

RECEIVED = gettext_noop("Your payment was received.")
CONFIRMING = gettext_noop("We are still confirming your payment. Please do not pay again.")
WAITING = gettext_noop("We have not heard of your payment yet.")
FAILED = gettext_noop("The payment did not go through. Please try again or choose another way to pay.")
NOT_STARTED = gettext_noop("The payment could not be started. You have not been charged.")
NOT_NOW = gettext_noop("The payment service is not available just now. Please try again in a few minutes.")
TIMED_OUT = gettext_noop("The payment page was open for too long. Please try again.")
DECLINED = gettext_noop("Your bank declined the payment. Please try again or choose another way to pay.")
TOO_MUCH = gettext_noop("The amount is above your limit for this way of paying. Please choose another one.")
TOO_LITTLE = gettext_noop("The balance is too low for this payment. Please choose another way to pay.")
CARD = gettext_noop("The card was not accepted. Please check its details or choose another way to pay.")
UPI_ID = gettext_noop("The UPI ID is not correct. Please check it and try again.")
WRONG_CODE = gettext_noop("The passcode was not correct. Please try again.")
TOO_OFTEN = gettext_noop("There were too many attempts. Please start the payment again.")
CANCELLED = gettext_noop("The payment was not completed. You can try again whenever you like.")
BLOCKED = gettext_noop("This account cannot be used for payments. Please choose another way to pay.")
OFFER = gettext_noop("The offer could not be applied. Please try again without it.")

REFUNDED = gettext_noop("Your refund was made. Your bank may take some days to show it.")
REFUNDING = gettext_noop("Your refund is on its way.")
NOT_REFUNDED = gettext_noop("The refund did not go through. The shop has been told.")

NONE = _("Nothing to do.")
AGAIN = _("Ask again later; Paytm settles it within 72 hours. Never fail the payment by yourself.")
NEW = _("Let the shopper try again: a new payment gets a new order id.")
OTHER_MODE = _("Let the shopper try again with another way to pay.")
SUPPORT = _("Ask Paytm's support what is switched off or limited for this MID.")
OUR_REQUEST = _("The request is wrong: report it with the order id. Trying again will not help.")
KEYS = _(
    "The merchant key does not belong to this MID and environment, or the signed text was changed on its way. "
    "Compare MID, key and environment with the dashboard; `manage.py paytm_checksum explain` shows why it fails."
)
MIDS = _("MID and environment do not belong together: compare them with the dashboard.")
WEBSITE = _(
    "websiteName is probably wrong for this environment: take it from the dashboard (WEBSTAGING is for staging)."
)
USED = _("This order id was sent before: what became of the first attempt, the status API knows.")

ASK_REFUND = _("It does not prove that the money stayed: the refund's status is asked. Never refund again by hand.")
REFUND_AMOUNT = _("Compare the amount with what is left to refund of this transaction.")
BALANCE = _("The payable balance was too low: refund again when new payments have come in.")
SEND_AGAIN = _("Paytm never heard of this refund: the same request may be sent again with the same refund id.")

OK, NO, WAIT, GONE, ODD = State.SUCCESS, State.FAILURE, State.PENDING, State.NOT_FOUND, State.UNKNOWN

_ROWS: dict[Family, tuple[tuple[str, State, str, str, str], ...]] = {
    Family.INITIATE: (
        ("0000", OK, _("success"), NONE, ""),
        ("0002", OK, _("the same request again: its payment is still the same"), NONE, ""),
        ("196", NO, _("amount above the allowed limit"), SUPPORT, TOO_MUCH),
        ("501", NO, _("system error"), WEBSITE, NOT_STARTED),
        ("900", ODD, _("system error"), AGAIN, NOT_NOW),
        ("00000900", ODD, _("system error"), AGAIN, NOT_NOW),
        ("1001", NO, _("request parameters are not valid"), OUR_REQUEST, NOT_STARTED),
        ("1006", NO, _("session has expired"), NEW, TIMED_OUT),
        ("1007", NO, _("a mandatory element is missing"), OUR_REQUEST, NOT_STARTED),
        ("1008", NO, _("a value contains a pipe character"), OUR_REQUEST, NOT_STARTED),
        ("1011", NO, _("invalid promo parameter"), _("Check the promo code."), OFFER),
        ("1012", NO, _("promo amount above the transaction amount"), _("Check the promo amount."), OFFER),
        ("2004", NO, _("SSO token is invalid"), _("Leave the token out or log the shopper in again."), NOT_STARTED),
        ("2005", NO, _("checksum is invalid"), KEYS, NOT_STARTED),
        ("2007", NO, _("amount is invalid"), OUR_REQUEST, NOT_STARTED),
        ("2013", NO, _("MID in query and body differ"), OUR_REQUEST, NOT_STARTED),
        ("2014", NO, _("order id in query and body differ"), OUR_REQUEST, NOT_STARTED),
        ("2023", NO, _("the same order id with other contents"), NEW, NOT_STARTED),
    ),
    # 330, 334, 335 and 501 refuse our question; they say nothing of the payment, which may be paid.
    Family.STATUS: (
        ("01", OK, _("success"), NONE, RECEIVED),
        ("227", NO, _("declined by the bank"), OTHER_MODE, DECLINED),
        ("235", NO, _("wallet balance too low"), OTHER_MODE, TOO_LITTLE),
        ("267", NO, _("mandate gap"), OTHER_MODE, FAILED),
        ("295", NO, _("UPI ID is wrong"), NEW, UPI_ID),
        ("330", ODD, _("checksum of the question is invalid"), KEYS, CONFIRMING),
        (
            "331",
            GONE,
            _("no record found"),
            _("The shopper may still be on the page; ask until the token dies."),
            WAITING,
        ),
        ("334", ODD, _("order id of the question is invalid"), OUR_REQUEST, CONFIRMING),
        ("335", ODD, _("MID of the question is invalid"), MIDS, CONFIRMING),
        ("400", WAIT, _("status not confirmed yet"), AGAIN, CONFIRMING),
        ("401", NO, _("declined by the bank"), OTHER_MODE, DECLINED),
        ("402", WAIT, _("waiting for the bank"), AGAIN, CONFIRMING),
        ("501", ODD, _("server down"), AGAIN, CONFIRMING),
        ("810", NO, _("transaction failed, or the order is closed"), NEW, CANCELLED),
        ("820", NO, _("mobile number of the account changed"), OTHER_MODE, DECLINED),
        ("843", NO, _("remitter account blocked or frozen"), OTHER_MODE, BLOCKED),
    ),
    # 151, 325, 345 and 1005 answer a second submission; the first one may be paid.
    Family.PAYMENT: (
        ("00", NO, _("system error or invalid parameter"), NEW, FAILED),
        ("0", NO, _("system error or invalid parameter"), NEW, FAILED),
        ("01", OK, _("success"), NONE, RECEIVED),
        ("118", NO, _("above the limit per transaction"), OTHER_MODE, TOO_MUCH),
        ("130", NO, _("shopper blocked at Paytm"), OTHER_MODE, BLOCKED),
        ("141", NO, _("not completed or cancelled by the shopper"), NEW, CANCELLED),
        ("151", ODD, _("order id already exists"), USED, CONFIRMING),
        ("153", NO, _("system error"), NEW, FAILED),
        ("163", NO, _("wallet consult failed"), OTHER_MODE, FAILED),
        ("196", NO, _("amount above the limit"), OTHER_MODE, TOO_MUCH),
        ("202", NO, _("not enough credit limit"), OTHER_MODE, DECLINED),
        ("205", NO, _("declined by the bank"), OTHER_MODE, DECLINED),
        ("207", NO, _("card expired"), OTHER_MODE, CARD),
        ("208", NO, _("declined by the acquirer"), OTHER_MODE, DECLINED),
        ("209", NO, _("card details invalid"), OTHER_MODE, CARD),
        ("210", NO, _("card reported lost"), OTHER_MODE, CARD),
        ("220", NO, _("no connection to the bank"), OTHER_MODE, FAILED),
        ("222", NO, _("amount mismatch"), NEW, FAILED),
        ("227", NO, _("declined by the bank"), OTHER_MODE, DECLINED),
        ("232", NO, _("declined"), OTHER_MODE, DECLINED),
        ("235", NO, _("wallet balance too low"), OTHER_MODE, TOO_LITTLE),
        ("237", NO, _("try again"), NEW, FAILED),
        ("239", NO, _("merchant does not exist"), MIDS, NOT_STARTED),
        ("240", NO, _("invalid total amount"), OUR_REQUEST, NOT_STARTED),
        ("243", NO, _("wallet does not exist"), OTHER_MODE, FAILED),
        ("260", NO, _("amount above the wallet's limit"), OTHER_MODE, TOO_MUCH),
        ("274", NO, _("shopper not verified"), OTHER_MODE, FAILED),
        ("305", NO, _("MID not registered"), MIDS, NOT_STARTED),
        ("309", NO, _("order id is invalid"), OUR_REQUEST, NOT_STARTED),
        ("312", NO, _("card not supported"), OTHER_MODE, CARD),
        ("315", NO, _("expiry year is invalid"), NEW, CARD),
        ("317", NO, _("payment mode is invalid"), SUPPORT, FAILED),
        ("325", ODD, _("order id sent twice"), USED, CONFIRMING),
        ("327", NO, _("channel not switched on"), SUPPORT, NOT_STARTED),
        ("328", NO, _("currency differs"), OUR_REQUEST, FAILED),
        ("330", NO, _("checksum is invalid"), KEYS, NOT_STARTED),
        ("343", NO, _("token is invalid"), NEW, TIMED_OUT),
        ("344", NO, _("wallet type is invalid"), SUPPORT, FAILED),
        ("345", ODD, _("request is not unique"), USED, CONFIRMING),
        ("372", NO, _("too many attempts"), NEW, TOO_OFTEN),
        ("510", NO, _("merchant transaction failure"), NEW, FAILED),
        ("530", NO, _("token is invalid"), NEW, TIMED_OUT),
        ("712", NO, _("promo failed"), _("Check the promo code."), OFFER),
        ("804", NO, _("website has characters that are not allowed"), WEBSITE, NOT_STARTED),
        ("810", NO, _("transaction failed, or the order is closed"), NEW, CANCELLED),
        ("931", NO, _("passcode is wrong"), NEW, WRONG_CODE),
        ("1005", ODD, _("duplicate request"), USED, CONFIRMING),
        ("RC-00018", NO, _("merchant's limit is used up"), SUPPORT, TOO_MUCH),
        ("8102", NO, _("cancelled"), NEW, CANCELLED),
        ("8103", NO, _("cancelled"), NEW, CANCELLED),
        ("14112", NO, _("cancelled"), NEW, CANCELLED),
    ),
    Family.PROCESS: (
        ("0000", OK, _("success"), NONE, ""),
        ("0001", NO, _("failed"), NEW, FAILED),
        ("309", NO, _("order id is invalid"), OUR_REQUEST, NOT_STARTED),
        ("312", NO, _("card not supported"), OTHER_MODE, CARD),
        ("315", NO, _("expiry year is invalid"), NEW, CARD),
        ("317", NO, _("payment mode is invalid"), SUPPORT, FAILED),
        ("372", NO, _("too many attempts"), NEW, TOO_OFTEN),
        ("501", ODD, _("system error"), AGAIN, CONFIRMING),
        ("510", NO, _("merchant transaction failure"), NEW, FAILED),
        ("931", NO, _("passcode is wrong"), NEW, WRONG_CODE),
        ("1001", NO, _("request parameters are not valid"), OUR_REQUEST, NOT_STARTED),
        ("1005", ODD, _("duplicate request"), USED, CONFIRMING),
        ("1006", NO, _("session has expired"), NEW, TIMED_OUT),
        ("1007", NO, _("a mandatory element is missing"), OUR_REQUEST, NOT_STARTED),
        ("2004", NO, _("SSO token is invalid"), _("Leave the token out or log the shopper in again."), NOT_STARTED),
        ("RC-00018", NO, _("merchant's limit is used up"), SUPPORT, TOO_MUCH),
    ),
    # A failure here frees the amount for another refund, so only what proves that no money moved is one.
    Family.REFUND: (
        ("10", OK, _("refunded"), NONE, REFUNDED),
        ("328", NO, _("currency differs"), OUR_REQUEST, NOT_REFUNDED),
        ("330", NO, _("checksum is invalid"), KEYS, NOT_REFUNDED),
        ("335", NO, _("MID is invalid"), MIDS, NOT_REFUNDED),
        ("501", WAIT, _("system error: the outcome is not known"), ASK_REFUND, REFUNDING),
        ("600", NO, _("invalid request, or the refund API is not switched on for this MID"), SUPPORT, NOT_REFUNDED),
        ("601", WAIT, _("raised, not yet with the bank"), NONE, REFUNDING),
        ("602", NO, _("declined by the bank"), SUPPORT, NOT_REFUNDED),
        ("604", WAIT, _("delayed at the bank"), NONE, REFUNDING),
        ("607", NO, _("a cancelled transaction cannot be refunded"), OUR_REQUEST, NOT_REFUNDED),
        ("610", ODD, _("fully refunded"), ASK_REFUND, REFUNDING),
        ("617", ODD, _("the same request came within ten minutes"), ASK_REFUND, REFUNDING),
        ("619", NO, _("amount is invalid"), REFUND_AMOUNT, NOT_REFUNDED),
        ("626", ODD, _("another refund of this order is in progress"), ASK_REFUND, REFUNDING),
        ("627", NO, _("order details differ"), OUR_REQUEST, NOT_REFUNDED),
        ("628", ODD, _("raised to the bank, pending"), ASK_REFUND, REFUNDING),
        ("629", ODD, _("already successful"), ASK_REFUND, REFUNDING),
        ("635", NO, _("a part below one rupee"), REFUND_AMOUNT, NOT_REFUNDED),
        ("640", NO, _("the merchant's account is frozen"), SUPPORT, NOT_REFUNDED),
        ("677", WAIT, _("pending"), NONE, REFUNDING),
        ("701", ODD, _("this refund id came before"), ASK_REFUND, REFUNDING),
        ("703", ODD, _("already successful or pending"), ASK_REFUND, REFUNDING),
    ),
    # 330, 335 and 600 refuse our question; the refund may be on its way.
    Family.REFUND_STATUS: (
        ("10", OK, _("refunded"), NONE, REFUNDED),
        ("330", ODD, _("checksum of the question is invalid"), KEYS, REFUNDING),
        ("335", ODD, _("MID of the question is invalid"), MIDS, REFUNDING),
        ("501", WAIT, _("system error: the outcome is not known"), ASK_REFUND, REFUNDING),
        ("600", ODD, _("invalid question, or the refund API is not switched on for this MID"), SUPPORT, REFUNDING),
        ("601", WAIT, _("raised, not yet with the bank"), NONE, REFUNDING),
        ("604", WAIT, _("delayed at the bank"), NONE, REFUNDING),
        ("620", NO, _("the payable balance was too low"), BALANCE, NOT_REFUNDED),
        ("631", GONE, _("no such refund"), SEND_AGAIN, REFUNDING),
    ),
}

CODES: dict[tuple[Family, str], Code] = {
    (family, code): Code(family, code, state, state in (WAIT, GONE, ODD), meaning, action, shopper)
    for family, rows in _ROWS.items()
    for code, state, meaning, action, shopper in rows
}


def normal(code: str) -> str:
    """``1`` is ``01``: Paytm's staging has sent a success so (harishbisht/paytm-django, issue 14)."""
    return "01" if code == "1" else code


def find(code: str, *families: Family) -> Code | None:
    """The row of a code in the first of these families that has it."""
    rows = (CODES.get((family, normal(code))) for family in families)
    return next((row for row in rows if row is not None), None)


def explain(code: str, of_refund: bool) -> Meaning | None:
    """What a code of an event means, for the merchant's desk; ``None`` for one that is not in the tables."""
    families = (Family.REFUND_STATUS, Family.REFUND) if of_refund else (Family.STATUS, Family.PAYMENT, Family.PROCESS)
    row = find(code, *families)
    return Meaning(row.meaning, row.action, row.shopper) if row is not None else None


def judge(word: str, code: str, *families: Family) -> Judgement:
    """What a status word and a code say together; the word decides, the code must not disagree.

    In doubt the shopper reads that it is under way: the payment, or the refund if the code comes with one.
    """
    state, row = WORDS.get(word), find(code, *families)
    if state is None:
        doubt = "status word is not known"
    elif row is None:
        doubt = "result code is not known"
    elif row.state is ODD:
        doubt = row.meaning
    elif row.state is not state:
        doubt = "status word and result code contradict each other"
    else:
        return Judgement(state, row.action, row.shopper)
    if row is not None and row.state is ODD:
        return Judgement(ODD, row.action, row.shopper, doubt)
    of_refund = REFUND_FAMILIES.issuperset(families)
    return Judgement(ODD, ASK_REFUND if of_refund else AGAIN, REFUNDING if of_refund else CONFIRMING, doubt)
