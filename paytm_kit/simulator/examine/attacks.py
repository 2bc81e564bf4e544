"""The battery: every attack by its name, what it does, what must hold, why it matters, and the remedy. A table."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from paytm_kit.simulator.examine import forge, plays
from paytm_kit.simulator.examine.plays import Bank, Play, lie, status_down, success
from paytm_kit.simulator.examine.scene import CALLBACK, WEBHOOK


class Severity(StrEnum):
    """What failing costs."""

    CRITICAL = "critical"  # goods for nothing, by anybody
    HIGH = "high"  # goods for nothing by luck or insight, or money of which the shop does not know
    MEDIUM = "medium"  # a stack trace, a lost message that comes again


class Attack(NamedTuple):
    name: str
    group: str
    severity: Severity
    does: str
    must: str
    why: str
    remedy: str
    play: Play


HAPPY = "Ordinary payments"
FORGED = "Forged messages"
LYING = "Signed, but not true"
AGAIN = "Again, late and at once"
BROKEN = "Messages out of shape"
DOWN = "The status API in trouble"

NOT_PAID = "the order is not paid"
PAID = "the order is paid"
CALM = "an answer below 500, the order not paid; a true payment afterwards still counts"

VERIFY = (
    "Verify CHECKSUMHASH with Paytm's library over all fields that came, before anything else; "
    "a message that fails changes nothing."
)
ASK = (
    "Treat every message as a hint: ask Paytm's order status API (/v3/order/status) and grant only when its signed "
    "answer says TXN_SUCCESS with your MID, this ORDERID and the full amount of your own order."
)
AMOUNT = (
    "Compare the amount of the status API's answer with the amount of your own order, as decimals, before granting."
)
LATER = (
    "While the status API gives no clear signed answer about this order, keep the order as it is, answer a webhook "
    "with 503 so that it comes again, and ask again later."
)
ONCE = (
    "Make the change from open to paid one atomic step (a transaction with a locked row, or an UPDATE ... WHERE status "
    "= 'open'), and grant only where it changed something."
)
NEVER_BACK = "Never move a paid order back because of a message; an order id can see a failed try and a successful one."
READ = (
    'Read each field with a default, catch what the checksum library raises on garbage as "not verified", and answer '
    "400. Never let a stranger's bytes reach an unhandled exception."
)
REPEATED = "Refuse a form in which a name comes twice: verification and your code may read different ones."
PIPES = "Refuse values with a pipe (Paytm sends none), and unknown names; above all, " + ASK[0].lower() + ASK[1:]
WEBHOOKS = (
    "Handle the webhook as the callback: people close the browser, and then it is the only message. Identify the "
    "order by ORDERID, not by the session."
)
STRANGERS = "Anybody on the internet can post to the callback: it costs one line of curl."
SHOPPER = "A shopper who has paid once, or paid little, holds a message with a true signature."
VALUES_ONLY = "The form's signature binds the values in order, not their names and not where each ends."
PROBING = "Scanners send this daily. A 500 hides real errors, may show a stack trace, and makes the gateway send again."
NO_NEWS = "A status API that is down says nothing about the payment: neither that it was paid nor that it failed."

C, H, M = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM

# fmt: off
ATTACKS = (
    Attack("paid-by-callback", HAPPY, H, "the shopper pays and the browser brings the signed callback", PAID,
           "It is the ordinary way.", "Handle POST to the callback URL without CSRF token, cookies or session.",
           success(CALLBACK)),
    Attack("paid-by-webhook-only", HAPPY, H, "the shopper pays and closes the browser; only the webhook comes", PAID,
           "Phones lose their signal and people close tabs; the money is taken all the same.", WEBHOOKS,
           success(WEBHOOK)),
    Attack("failure-then-retry", HAPPY, H, "the first card is declined, the second try on Paytm's page succeeds",
           "the order is not paid, then paid", "One ORDERID can see several transactions; at most one captures.",
           "Let a failed order become paid when the status API says so.", plays.retry_after_failure),
    Attack("pending-then-success", HAPPY, H, "the bank does not answer at once and confirms later",
           "the order stays open, then it is paid",
           "UPI and net banking answer late. Pending is neither paid nor failed.",
           "Treat PENDING, and every status that you do not know, as still open; never as failed.",
           plays.pending_then_success),

    Attack("unsigned-callback", FORGED, C, "a success without CHECKSUMHASH, after the bank declined", NOT_PAID,
           STRANGERS, VERIFY, lie(forge.unsigned)),
    Attack("unsigned-webhook", FORGED, C, "a success without CHECKSUMHASH to the webhook alone", NOT_PAID,
           "The webhook's address is no secret, and not every site checks there what it checks in the callback.",
           VERIFY, lie(forge.unsigned, via=(WEBHOOK,))),
    Attack("tampered-status", FORGED, C, "a declined payment's signed callback with STATUS changed to TXN_SUCCESS",
           NOT_PAID, "The callback passes through the shopper's own browser.", VERIFY, lie(forge.tampered_status)),
    Attack("tampered-amount", FORGED, C, "₹1.00 was paid; TXNAMOUNT is raised, the signature kept", NOT_PAID,
           "The callback passes through the shopper's own browser.", f"{VERIFY} {AMOUNT}",
           lie(forge.tampered_amount, Bank.ONE_RUPEE)),
    Attack("another-key", FORGED, C, "a success signed with a key that is not the shop's", NOT_PAID,
           "Whoever has a test account of their own can sign; only the key tells.", VERIFY, lie(forge.foreign_key)),
    Attack("other-order-swapped", FORGED, C, "another order's signed success with ORDERID exchanged", NOT_PAID, SHOPPER,
           VERIFY, lie(forge.swapped_order, other=True)),
    Attack("other-order-replayed", FORGED, C, "another order's signed success, unchanged, to this order's callback",
           NOT_PAID, SHOPPER + " A callback that takes the order from its address or session pays the wrong one.",
           "Take the order from the verified ORDERID and from nowhere else.", lie(forge.other_unchanged, other=True)),
    Attack("other-order-repeated", FORGED, C, "another order's signed success with a second ORDERID added", NOT_PAID,
           SHOPPER + " Frameworks differ in which of two equal names they read.", REPEATED,
           lie(forge.repeated_order, other=True)),
    Attack("status-twice", FORGED, C, "a signed failure with a second STATUS that says success", NOT_PAID,
           "Frameworks differ in which of two equal names they read.", REPEATED, lie(forge.repeated_status)),
    Attack("garbage-checksums", FORGED, C, "nine useless signatures: empty, short, random, Unicode, very long …", CALM,
           "Paytm's Python library raises on most of them instead of saying no.", READ,
           lie(forge.garbage_signatures, Bank.NOTHING, then=True)),

    Attack("renamed-fields", LYING, C, "₹1.00 was paid; fields renamed so that a text of the shopper's is TXNAMOUNT",
           NOT_PAID, VALUES_ONLY, PIPES, lie(forge.renamed, Bank.ONE_RUPEE)),
    Attack("split-at-a-pipe", LYING, C, "a declined payment whose RESPMSG holds a pipe, cut there into a STATUS",
           NOT_PAID, VALUES_ONLY, PIPES, lie(forge.resplit)),
    Attack("merged-fields", LYING, H, "a declined payment whose STATUS is merged into RESPMSG", NOT_PAID, VALUES_ONLY,
           "A message without STATUS, or any status that is not TXN_SUCCESS, is not a success.", lie(forge.merged)),
    Attack("lower-amount", LYING, C, "the bank captured ₹1.00, and the signed message says so", NOT_PAID,
           "The signature is true; the amount is not the order's.", AMOUNT, plays.lower_amount),
    Attack("false-amount", LYING, H, "the bank captured ₹1.00; a signed message says the full amount", NOT_PAID,
           "A key that leaked, or a bug anywhere, signs anything. Only the bank's books are money.", ASK,
           lie(forge.signed_success, Bank.ONE_RUPEE)),
    Attack("false-success-declined", LYING, H, "a signed success, but the bank declined", NOT_PAID,
           "A key that leaked, or a bug anywhere, signs anything. Only the bank's books are money.", ASK,
           lie(forge.signed_success)),
    Attack("false-success-pending", LYING, H, "a signed success, but the bank has not confirmed", NOT_PAID,
           "A payment that is pending may still fail.", ASK, lie(forge.signed_success, Bank.PENDING)),
    Attack("false-success-unpaid", LYING, H, "a signed success of an order that nobody has tried to pay", NOT_PAID,
           "A key that leaked, or a bug anywhere, signs anything. Only the bank's books are money.", ASK,
           lie(forge.signed_success, Bank.NOTHING)),
    Attack("wrong-mid", LYING, H, "a signed success that names another merchant", NOT_PAID,
           "Money that another merchant received is not yours.", ASK, lie(forge.foreign_mid)),

    Attack("replayed-success", AGAIN, H, "the same true callback and webhook three times more",
           "the order is paid, and granted once", "Browsers reload, gateways repeat.", ONCE, plays.replay),
    Attack("late-failure", AGAIN, H, "after a success comes the true message of an earlier failed try",
           "the order stays paid", "Messages overtake each other.", NEVER_BACK, plays.late_failure),
    Attack("duplicates-at-once", AGAIN, H, "twenty true callbacks and webhooks in the same moment",
           "no answer is a 5xx; the order is paid, and granted once", "Callback and webhook race in every payment.",
           ONCE, plays.duplicates),
    Attack("unknown-order", AGAIN, M, "a signed message about an order that the shop does not have",
           "an answer below 500", "Test and production share addresses; databases are restored.", READ,
           plays.unknown_order),
    Attack("before-initiate-answered", AGAIN, H, "the payment is done before initiateTransaction has answered",
           PAID, "The answer to initiate can be slower than a shopper's webhook.",
           "Store the order and its ORDERID before you call initiateTransaction.", plays.before_initiate),

    Attack("missing-fields", BROKEN, M, "a success without each of its fields in turn, with a signature that was whole",
           CALM, "Paytm leaves fields out: early failures have no TXNID, sometimes no CHECKSUMHASH.", READ,
           lie(forge.missing, Bank.NOTHING, then=True)),
    Attack("missing-fields-signed", BROKEN, M, "a signed failure without each of its fields in turn",
           "an answer below 500, the order not paid", "Paytm leaves fields out, and signs what is left.", READ,
           lie(forge.missing_signed)),
    Attack("get-instead-of-post", BROKEN, M, "GET, with a success in the address and with nothing", CALM,
           "Some browsers repeat the callback as GET on Back.", READ, lie(forge.by_get, Bank.NOTHING, then=True)),
    Attack("empty-body", BROKEN, M, "a POST with nothing in it", CALM, PROBING, READ,
           lie(forge.empty, Bank.NOTHING, then=True)),
    Attack("json-body", BROKEN, M, "JSON where a form is expected, whole, broken and of the wrong kind", CALM,
           "Paytm's webhooks come as a form or as JSON, depending on the product.", READ,
           lie(forge.as_json, Bank.NOTHING, then=True)),
    Attack("large-body", BROKEN, M, "a message of 70 KB", CALM, PROBING, READ,
           lie(forge.too_large, Bank.NOTHING, then=True)),
    Attack("many-fields", BROKEN, M, "a form of two thousand fields", CALM, PROBING, READ,
           lie(forge.many_fields, Bank.NOTHING, then=True)),
    Attack("nul-bytes", BROKEN, M, "NUL in values and names", CALM,
           "PostgreSQL refuses NUL in text: the insert raises.", READ, lie(forge.nul_bytes, Bank.NOTHING, then=True)),
    Attack("bad-encoding", BROKEN, M, "broken percent-encoding, bytes that are no UTF-8, unknown charsets", CALM,
           PROBING, READ, lie(forge.bad_encoding, Bank.NOTHING, then=True)),
    Attack("wrong-content-type", BROKEN, M, "broken multipart, and a content type that does not exist", CALM, PROBING,
           READ, lie(forge.broken_multipart, Bank.NOTHING, then=True)),

    Attack("status-error", DOWN, H, "the status API answers 503 while a signed success comes; later it works",
           "not paid, not failed, and paid after it was told again", NO_NEWS, LATER, status_down("status.error")),
    Attack("status-reset", DOWN, H, "the status API takes the question and hangs up; later it works",
           "not paid, not failed, and paid after it was told again", NO_NEWS, LATER,
           status_down("connection.reset", api="status")),
    Attack("status-html", DOWN, H, "the status API answers with an HTML page; later it works",
           "not paid, not failed, and paid after it was told again", NO_NEWS, LATER, status_down("status.html")),
    Attack("status-truncated", DOWN, H, "the status API's answer ends in the middle; later it works",
           "not paid, not failed, and paid after it was told again", NO_NEWS, LATER, status_down("status.truncated")),
    Attack("status-other-order", DOWN, C, "the status API answers, signed, about another order that is paid",
           "not paid, not failed, and paid after it was told again",
           "A signed answer about another order is no answer.",
           "Compare orderId and mid of the status API's answer with what you asked about. " + LATER,
           status_down("status.other-order")),
    Attack("status-stale", DOWN, H, "the status API still says PENDING although the bank has the money",
           "not failed, and paid after it was told again", "The gateway's own books can lag behind its messages.",
           LATER, status_down("status.stale", pending=False)),
    Attack("status-slow", DOWN, M, "the status API takes two seconds",
           "not paid while the bank has nothing, paid afterwards, and no answer too slow",
           "Who waits for ever ties up every worker.",
           "Give every call to the gateway a time-out of a few seconds. A time-out is no answer. " + LATER,
           status_down("status.slow", seconds=2)),
)
# fmt: on

BY_NAME = {attack.name: attack for attack in ATTACKS}
HAPPY_PATHS = tuple(attack.name for attack in ATTACKS if attack.group == HAPPY)
