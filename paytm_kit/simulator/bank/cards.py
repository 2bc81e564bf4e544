"""What may be known of a payer: the number is checked and forgotten, a keyed token and the last four digits stay."""

from __future__ import annotations

import hashlib
import hmac


def luhn(digits: str) -> bool:
    """Whether the check digit fits (ISO/IEC 7812)."""
    total = sum(int(d) for d in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])) % 10 == 0


def with_check_digit(digits: str) -> str:
    """The digits and the one that makes them pass ``luhn``."""
    return next(digits + last for last in "0123456789" if luhn(digits + last))


def token(secret: str, method: str, value: str) -> str:
    """What stands for a card number, UPI ID or wallet in these books: the same for the same one, good for nothing else.

    Keyed, because a plain hash of sixteen digits of which six are known can be tried out.
    """
    digest = hmac.new(secret.encode(), f"{method}:{value}".encode(), hashlib.sha256).hexdigest()
    return f"{method}_{digest[:24]}"
