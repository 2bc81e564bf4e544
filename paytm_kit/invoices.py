"""What an order may say for its receipt: invoice number, lines, taxes. The kit prints it and invents nothing.

``order.payment_invoice()`` returns an ``Invoice``. Whoever has the link of a receipt sees all of it, so put in
``bill_to`` only what the shopper may be shown to hold, and nothing that the law does not ask for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# At most 16 letters, digits, dashes and slashes. Source: CGST Rules 2017, rule 46 (b).
_NUMBER = re.compile(r"[A-Za-z0-9/-]{1,16}")
NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One thing that was sold. ``amount`` is its taxable value: after discount, before tax."""

    description: str
    amount: Decimal
    quantity: str = ""  # as it should be read: "2", "1.5 kg"
    hsn: str = ""  # HSN or SAC code


@dataclass(frozen=True, slots=True)
class InvoiceTax:
    """One tax on the whole, such as ``InvoiceTax("CGST 2.5%", Decimal("11.88"))``."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as the merchant's own books have it. Its total is lines, taxes and rounding together.

    All amounts are in one currency, which need not be what was paid in. Only one in rupees can be headed a tax invoice.
    """

    number: str = ""
    issued_on: date | None = None
    lines: tuple[InvoiceLine, ...] = ()
    taxes: tuple[InvoiceTax, ...] = ()
    round_off: Decimal = NOTHING  # may be negative
    place_of_supply: str = ""  # such as "Karnataka (29)"
    bill_to: tuple[str, ...] = ()  # lines of text: who bought, with their GSTIN if they gave one
    note: str = ""
    currency: str = ""  # of every amount, three letters of ISO 4217; empty: that of the payment

    @property
    def total(self) -> Decimal:
        lines = sum((line.amount for line in self.lines), NOTHING)
        return lines + sum((tax.amount for tax in self.taxes), NOTHING) + self.round_off

    @property
    def names_every_field(self) -> bool:
        """Whether what a tax invoice needs from the order is there. Source: CGST Rules 2017, rule 46.

        That it is right, and what else the law asks for in a particular case, is the merchant's to know.
        """
        lines = bool(self.lines) and all(line.description and line.hsn for line in self.lines)
        number = _NUMBER.fullmatch(self.number) is not None
        return number and self.issued_on is not None and lines and bool(self.taxes and self.place_of_supply)
