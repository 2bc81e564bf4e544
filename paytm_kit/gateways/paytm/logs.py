"""How this package writes to the log: a stable event name, facts in ``extra``, and never a secret or a forged line."""

from __future__ import annotations

import logging

from paytm_kit.masking import mask_cards, one_line

_log = logging.getLogger("paytm_kit.gateways.paytm")


def write(level: int, event: str, order_id: str, **facts: str | int) -> None:
    """One line, ``event order_id=… fact=…``, and the same facts as attributes of the record.

    Callers pass codes, counts and our own sentences; keys, tokens, signatures and contacts have no business here.
    """
    safe = {
        name: mask_cards(one_line(value)) if isinstance(value, str) else value
        for name, value in {"order_id": order_id, **facts}.items()
    }
    _log.log(level, "%s %s", event, " ".join(f"{name}={value}" for name, value in safe.items()), extra=safe)
