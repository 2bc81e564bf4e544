"""The one-time password: it lives two simulated minutes, can be sent again, and locks after three wrong ones.

Every card and every wallet has the same one (Paytm's own staging); what was typed is stored nowhere.
"""

from __future__ import annotations

from enum import StrEnum

from paytm_kit.simulator import clock, database
from paytm_kit.simulator.bank import answers, hops, instruments, payments, talk
from paytm_kit.simulator.bank.instruments import Method
from paytm_kit.simulator.bank.machine import IllegalMove, State
from paytm_kit.simulator.models import Transaction

RIGHT = {Method.CARD: instruments.CARD_OTP, Method.WALLET: instruments.WALLET_OTP}
LOCKED = {Method.CARD: "75", Method.WALLET: "TRIES"}  # answers of bank/answers


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    OLD = "older than 2 minutes"
    LOCKED = "wrong, locked"


def asked(row: Transaction) -> bool:
    """Whether this attempt waits for a one-time password."""
    return row.status == State.STARTED and row.method in RIGHT


def check(attempt: Transaction, typed: str) -> tuple[Verdict, int]:
    """What is to be said of a typed password, and the tries that are left; the last wrong one fails the attempt.

    A password that came too late is no wrong one. Raises IllegalMove when nothing waits for one.
    """
    with database.atomic():
        row = _waiting(attempt)
        left = instruments.OTP_TRIES - row.otp_failures
        if typed == RIGHT[Method(row.method)]:
            late = row.otp_at is not None and clock.now() >= row.otp_at + instruments.OTP_LIFE
            if late:
                _note(row, Verdict.OLD)
            return (Verdict.OLD if late else Verdict.RIGHT), left
        row.otp_failures += 1
        row.save(update_fields=["otp_failures"])
        left -= 1
        _note(row, Verdict.WRONG if left > 0 else Verdict.LOCKED)
        if left > 0:
            return Verdict.WRONG, left
        payments.decline(row, answers.given(row.method, LOCKED[Method(row.method)]).respcode)
        return Verdict.LOCKED, 0


def send_again(attempt: Transaction) -> bool:
    """Another password, good for two minutes; False when there were too many. Raises IllegalMove."""
    with database.atomic():
        row = _waiting(attempt)
        if row.otp_resends >= instruments.OTP_RESENDS:
            return False
        row.otp_resends += 1
        row.otp_at = clock.now()
        row.save(update_fields=["otp_resends", "otp_at"])
        hops.tell_all(row, [talk.otp_sent(row, again=True)], row.otp_at)
        return True


def _waiting(attempt: Transaction) -> Transaction:
    row = payments.fresh(attempt)
    if not asked(row):
        raise IllegalMove("No payment waits for a one-time password here.")
    return row


def _note(row: Transaction, verdict: Verdict) -> None:
    hops.tell_all(row, [talk.otp_given(row, verdict)], clock.now())
