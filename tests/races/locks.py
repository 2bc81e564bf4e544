"""What each transaction locks, in which order, and what it waited for in vain: seen at the statements themselves."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError

PAYMENT, REFUND, ANNOUNCEMENT = "paytm_kit_payment", "paytm_kit_refund", "paytm_kit_announcement"

# The order of the ledger (docstrings of ledger.book and ledger.refunds). A claim holds the one row that it takes, and a
# delivery its announcement: neither goes on to lock a payment.
DOCUMENTED = ([], [PAYMENT], [PAYMENT, REFUND], [REFUND], [ANNOUNCEMENT])

_LOCKING = re.compile(r'^\s*(?:SELECT\b.*?\bFROM\s+["`](\w+)["`].*\bFOR (?:NO KEY )?UPDATE|UPDATE ["`](\w+)["`])', re.S)


class Ledger:
    """An ``execute_wrapper`` for the connections of many threads."""

    def __init__(self) -> None:
        self._transactions: dict[object, list[tuple[str, str, Any]]] = {}  # the outermost block keeps its identity
        self._mutex = threading.Lock()
        self.refused: list[str] = []  # deadlocks, waits that were given up, and other errors, also if swallowed later

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        connection = context["connection"]
        if connection.in_atomic_block and (found := _LOCKING.match(sql)):
            with self._mutex:
                taken = self._transactions.setdefault(connection.atomic_blocks[0], [])
                taken.append((found[1] or found[2], sql, params))
        try:
            return execute(sql, params, many, context)
        except DatabaseError as error:
            self.refused.append(f"{type(error).__name__}: {error}: {sql[:200]}")
            raise

    def orders(self) -> list[list[str]]:
        """For each transaction the tables of the kit in the order in which it first locked rows of them."""
        kit = (PAYMENT, REFUND, ANNOUNCEMENT)
        return [
            list(dict.fromkeys(table for table, _, _ in taken if table in kit)) for taken in self._transactions.values()
        ]

    def payment_locks(self) -> list[list[tuple[str, Any]]]:
        """For each transaction the locking SELECTs of payments."""
        return [
            [
                (sql, params)
                for table, sql, params in taken
                if table == PAYMENT and sql.startswith("SELECT") and "SKIP LOCKED" not in sql
            ]
            for taken in self._transactions.values()
        ]


def assert_documented(seen: Ledger) -> None:
    """Payment, then refund; the payments of one order together and by primary key, never those of two orders."""
    assert [order for order in seen.orders() if order not in DOCUMENTED] == []
    assert [PAYMENT, REFUND] in seen.orders()
    for locks in seen.payment_locks():
        assert all("ORDER BY" in sql for sql, _ in locks)
        assert len({str(params) for _, params in locks}) <= 1, "rows of two orders in one transaction"
