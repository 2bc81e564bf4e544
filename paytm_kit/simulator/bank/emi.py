"""Paying by instalments: the plans that issuers offer, and what each costs.

Field names as Paytm's EMI details give them (Paytm docs, Fetch EMI Detail API); rates and tenures are invented.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from paytm_kit.simulator.bank import parties

PAISA = Decimal("0.01")
LEAST, MOST = Decimal(3000), Decimal(500_000)  # rupees of an order that can be paid by EMI


class Plan(NamedTuple):
    bank: str  # a code of bank/parties
    months: int
    rate: Decimal  # percent a year; zero: the shop pays the interest

    @property
    def plan_id(self) -> str:
        return f"{self.bank}-{self.months}"


PLANS = tuple(
    Plan(bank, months, Decimal(rate))
    for bank, terms in {
        "SDBL": ((3, "13"), (6, "14"), (9, "14"), (12, "15")),
        "GDBL": ((3, "0"), (6, "12.5"), (12, "13.5"), (24, "15")),
        "NDBL": ((6, "16"), (12, "16")),
    }.items()
    for months, rate in terms
)


class Offer(NamedTuple):
    """One plan for one amount."""

    plan_id: str
    bank: str
    months: int
    rate: Decimal
    instalment: Decimal  # rupees a month
    total: Decimal
    interest: Decimal

    @property
    def bank_name(self) -> str:
        return parties.name(self.bank)

    def facts(self) -> dict[str, str]:
        """What the transaction keeps."""
        return {
            "planId": self.plan_id,
            "channelCode": self.bank,
            "ofMonths": str(self.months),
            "interestRate": str(self.rate),
            "emiAmount": f"{self.instalment:.2f}",
            "totalAmount": f"{self.total:.2f}",
        }


def instalment(amount: Decimal, rate: Decimal, months: int) -> Decimal:
    """Rupees a month of an annuity: amount · r · (1 + r)^n / ((1 + r)^n - 1), r the rate of a month; to the paisa."""
    with localcontext(prec=28):
        monthly = rate / 1200
        growth = (1 + monthly) ** months
        exact = amount * monthly * growth / (growth - 1) if monthly else amount / months
        return exact.quantize(PAISA, ROUND_HALF_UP)


def offers(amount: Decimal) -> list[Offer]:
    """Every plan for an order of so many rupees; none below ₹ 3,000 or above ₹ 5,00,000."""
    if not LEAST <= amount <= MOST:
        return []
    found = []
    for plan in PLANS:
        each = instalment(amount, plan.rate, plan.months)
        total = max(amount, each * plan.months)
        found.append(Offer(plan.plan_id, plan.bank, plan.months, plan.rate, each, total, total - amount))
    return found
