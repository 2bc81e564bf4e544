"""merchant-settlement-service/settlement/list: what Paytm paid out on a day, page by page.

The question is one flat JSON object that carries its own signature; Paytm does not say what that covers, so it is
switchable (SETTLEMENT_SIGNATURE). The answer is not signed: TLS has authenticated the host, and what it says is held
against the ledger and grants nothing. Paytm offers this in production only. Source: Paytm docs, Settlement API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from paytm_kit import checksum
from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
    Refused,
    SettlementEntry,
    Unreachable,
)
from paytm_kit.gateways.paytm import answers, settlement_rows
from paytm_kit.gateways.paytm.envelope import Envelope

PAGE_SIZE = 20  # the largest
MOST_PAGES = 50_000  # a million lines: more is a list without an end
NOTHING = frozenset({"RECORD_NOT_FOUND"})
# Codes after which the same question may be asked again: query exception, facade exception, too many requests.
PASSING = frozenset({"00000010", "00000031", "00000074"})
HINTS = {
    "00000022": "Check the merchant key; then try the other value of SETTLEMENT_SIGNATURE.",
    "00000030": "Paytm keeps six months.",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list and how many rows the whole list has, as Paytm counts them."""

    rows: list[dict[str, str]]
    total: int


def question(account: Account, day: date, number: int) -> str:
    """The question's text, signed. Raises Refused where Paytm has no settlements to ask for."""
    if account.environment == "staging":
        raise Refused(
            f'Account "{account.name}" is a staging one: Paytm settles in production only. Nothing was asked.'
        )
    fields = {
        "MID": account.merchant_id,
        "utrProcessedStartTime": day.isoformat(),
        "pageNum": str(number),
        "pageSize": str(PAGE_SIZE),
    }
    signed: str | dict[str, str] = _dump(fields) if account.settlement_signature == "text" else fields
    return _dump({**fields, "checksumHash": checksum.sign(signed, account.key)})


def read(answer: Envelope, day: date) -> Page:
    """One page. Raises Refused, and Unreachable for what may be asked again."""
    body = answer.body
    older = body.get("settlementListResponse")
    holder = older if isinstance(older, dict) else body
    rows = holder.get("settlementDetailList", holder.get("settlementTransactionList"))
    word, code = answers.text(body.get("status")), answers.text(body.get("resultCode"))
    if word in NOTHING:
        return Page([], 0)
    if word not in ("", "SUCCESS") or code not in ("", "00000000"):
        said = f"{code} {answers.text(body.get('errorMessage'))}".strip()[:200]
        if code in PASSING:
            raise Unreachable(f"Paytm could not list the settlements of {day}: {said}. Ask again.", gateway_code=code)
        raise Refused(
            f"Paytm refused to list the settlements of {day}: {said}. {HINTS.get(code, '')}".rstrip(), gateway_code=code
        )
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreachable(f"Paytm's list of the settlements of {day} has no rows. Ask again.")
    return Page([_texts(row) for row in rows], _total(holder, len(rows)))


def entries(day: date, ask: Callable[[int], Page]) -> Iterator[SettlementEntry | BrokenEntry]:
    """Every row of every page. Raises Unreachable when fewer came than Paytm counted: half a list proves nothing."""
    seen = 0
    for number in range(1, MOST_PAGES + 1):
        page = ask(number)
        for row in page.rows:
            seen += 1
            yield settlement_rows.read(seen, row)
        if not page.rows or seen >= page.total:
            break
    if seen < page.total:
        raise Unreachable(
            f"Paytm's list of the settlements of {day} ended after {seen} of {page.total} lines. Ask again."
        )


def _total(holder: Mapping[str, Any], rows: int) -> int:
    """``totalCount``, or the split list's name for it."""
    said = [answers.text(holder.get(name)) for name in ("totalCount", "paginatorTotalCount", "totalTransactions")]
    counts = [int(text) for text in said if text.isascii() and text.isdigit() and len(text) < 10]
    return max(counts, default=rows)


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: answers.text(value) for name, value in row.items()}


def _dump(value: Mapping[str, str]) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
