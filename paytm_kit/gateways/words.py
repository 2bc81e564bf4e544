"""What the gateways' tables of codes have in common: the shape of a row, and the sentences that are true of each."""

from __future__ import annotations

from dataclasses import dataclass

from paytm_kit.gateways.base import Meaning, State, gettext_noop

_ = gettext_noop  # what merchants read; shoppers' texts say gettext_noop

RECEIVED = gettext_noop("Your payment was received.")
CONFIRMING = gettext_noop("We are still confirming your payment. Please do not pay again.")
CANCELLED = gettext_noop("The payment was not completed. You can try again whenever you like.")
NOT_HEARD = gettext_noop("We have not heard of your payment yet.")
REFUNDED = gettext_noop("Your refund was made. Your bank may take some days to show it.")
REFUNDING = gettext_noop("Your refund is on its way.")

NONE = _("Nothing to do.")
AGAIN = _("Ask again later; never fail the payment by yourself.")
NEW = _("Let the shopper try again: a new payment gets a new order id.")


@dataclass(frozen=True, slots=True)
class Code:
    """``what`` it means and what is ``todo``, for merchants; ``shopper``: what the person who pays may read."""

    state: State
    what: str
    todo: str
    shopper: str = ""

    @property
    def meaning(self) -> Meaning:
        return Meaning(self.what, self.todo, self.shopper)


def rows(codes: str, state: State, what: str, todo: str, shopper: str = "") -> dict[str, Code]:
    """One row for each of the codes, which blanks separate."""
    return {code: Code(state, what, todo, shopper) for code in codes.split()}
