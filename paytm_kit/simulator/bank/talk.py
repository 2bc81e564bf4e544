"""Who says what to whom in a payment, in words: customer, merchant, gateway, acquirer, network, issuer and back.

Pure: it reads a transaction and writes nothing. The messages are named as their own worlds name them: ISO 8583 for
cards, NPCI's API names for UPI, EMV 3-D Secure for the one-time password.
"""

from __future__ import annotations

from typing import NamedTuple

from paytm_kit.simulator.bank import answers, parties
from paytm_kit.simulator.bank.answers import Answer
from paytm_kit.simulator.bank.hops import Exchange
from paytm_kit.simulator.bank.instruments import OTP_TRIES, Method
from paytm_kit.simulator.bank.machine import WIRE_STATUS, Decision, Outcome, State
from paytm_kit.simulator.models import Transaction


class Step(NamedTuple):
    """One message on the way to the bank; ``passed`` is its answer when the decision falls further on."""

    source: str
    target: str
    said: str
    passed: str = ""  # empty: it waits for the decision and carries it back


# The way of one authorisation, by roles. It ends where the party stands that decides.
WAYS = {
    Method.CARD: (
        Step("gateway", "acquirer", "authorise {amount}, {instrument}"),
        Step("acquirer", "network", "0100 authorisation {amount}"),
        Step("network", "issuer", "0100 authorisation {amount}"),
    ),
    Method.UPI: (
        Step("gateway", "payee", "collect {amount} from {instrument}"),
        Step("payee", "npci", "ReqPay COLLECT {amount}"),
        Step("npci", "payer", "ReqAuthDetails {instrument}", "RespAuthDetails, UPI PIN given"),
        Step("payer", "shopper", "asks for the UPI PIN for {amount}", "approved with UPI PIN"),
        Step("npci", "remitter", "ReqPay DEBIT {amount}"),
    ),
    Method.NETBANKING: (Step("gateway", "bank", "debit {amount}"),),
    Method.WALLET: (Step("gateway", "wallet", "debit {amount} from {instrument}"),),
}

OTP_ASKED = {Method.CARD: "3-D Secure: one-time password sent", Method.WALLET: "login: one-time password sent"}


def cast(row: Transaction) -> dict[str, str]:
    """Who plays each role in this transaction."""
    return {
        "acquirer": row.acquirer, "network": row.card_scheme, "issuer": row.issuer, "bank": row.issuer,
        "remitter": row.issuer, "payee": row.acquirer, "npci": "NPCI", "wallet": row.issuer, "shopper": "customer",
        "payer": parties.handle(row.instrument).psp, "gateway": "gateway",
    }  # fmt: skip


def rupees(row: Transaction) -> str:
    return f"₹{row.amount:.2f}"


def begun(row: Transaction) -> list[Exchange]:
    """Up to the moment where the shopper must act."""
    order = row.order
    said = [
        Exchange("customer", "merchant", f"pays for {order.order_id}", "sent to the payment page"),
        Exchange("merchant", "gateway", f"order {order.order_id} of ₹{order.amount:.2f}", "accepted"),
    ]
    if not row.method:
        return said
    emi = f", EMI {row.emi['ofMonths']} months of ₹{row.emi['emiAmount']}" if row.emi else ""
    by = f"{parties.name(row.card_scheme)} {row.instrument}" if row.card_scheme else row.instrument or row.bank_name
    said.append(Exchange("customer", "gateway", f"chooses {row.mode}: {by}{emi}"))
    if row.otp_at:
        said.append(otp_sent(row))
    return said


def otp_sent(row: Transaction, again: bool = False) -> Exchange:
    return Exchange(row.issuer, "customer", OTP_ASKED[Method(row.method)] + (" again" if again else ""))


def otp_given(row: Transaction, verdict: str) -> Exchange:
    return Exchange("customer", row.issuer, "one-time password", verdict)


def refused(row: Transaction) -> list[Exchange]:
    """The gateway's own rules stop it."""
    return [Exchange("gateway", "gateway", "risk rules", f"refused: {row.risk}"), _told(row)]


def ended(row: Transaction, decision: Decision) -> list[Exchange]:
    """The authorisation and its way back, with the answer of whoever decides."""
    if decision.outcome is Outcome.CANCEL:
        return [Exchange("customer", "gateway", "gives up", decision.code), _told(row)]
    said = [otp_given(row, "right")] if row.otp_at and row.otp_failures < OTP_TRIES else []
    answer = answers.behind(row.method, decision.code)
    return [*said, *_way(row, answer), _told(row)]


def _way(row: Transaction, answer: Answer) -> list[Exchange]:
    steps = WAYS[Method(row.method)] if row.method else ()
    decides = next((index for index, step in enumerate(steps) if step.target == answer.speaker), None)
    if decides is None:  # the gateway says so itself
        return [Exchange("gateway", "gateway", f"decides about {rupees(row)}", str(answer))]
    final = f"{answer}, auth code {row.auth_code}" if row.auth_code else str(answer)
    roles, words = cast(row), {"amount": rupees(row), "instrument": row.instrument}
    said = []
    for index, step in enumerate(steps[: decides + 1]):
        passed = step.passed if index < decides and answer.speaker != "shopper" else ""
        words_back = passed or (f"0110 {final}" if step.said.startswith("0100") else final)
        said.append(Exchange(roles[step.source], roles[step.target], step.said.format(**words), words_back))
    return said


def settled(row: Transaction, decision: Decision) -> list[Exchange]:
    """The late answer to a pending payment."""
    answer = answers.behind(row.method, decision.code)
    source = cast(row).get(answer.speaker, "gateway")
    return [Exchange(source, "gateway", f"late answer for {rupees(row)}", str(answer)), _told(row)]


def _told(row: Transaction) -> Exchange:
    return Exchange("gateway", "merchant", f"{WIRE_STATUS[State(row.status)]} {row.respcode}")
