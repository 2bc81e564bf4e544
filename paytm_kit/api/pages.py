"""Lists come in pages, newest first. A cursor names the last row that was seen, so that new rows shift nothing."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from paytm_kit.api.problems import invalid

PARAMETERS = frozenset({"limit", "cursor"})
USUAL, MOST = 25, 100
LONGEST_CURSOR = 80

_FORM = re.compile(r"([0-9]{1,18})\.([0-9]{1,19})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def take(rows: QuerySet[Any], request: Request, *, at: str = "created_at") -> tuple[list[Any], str | None]:
    """One page, and where the next one is: a path with its query, or ``None`` at the end. Raises Problem."""
    limit = _limit(request.query_params.get("limit"))
    if cursor := request.query_params.get("cursor"):
        moment, pk = _read(cursor)
        rows = rows.filter(Q(**{f"{at}__lt": moment}) | Q(**{at: moment, "pk__lt": pk}))
    found = list(rows.order_by(f"-{at}", "-pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    pairs = [(name, value) for name, values in request.query_params.lists() for value in values if name != "cursor"]
    query = urlencode([*pairs, ("cursor", _write(getattr(last, at), last.pk))])
    return found[:limit], f"{request._request.path}?{query}"


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST):
        raise invalid("limit", f"must be a whole number from 1 to {MOST}.", place="query")
    return int(text)


def _write(moment: datetime, pk: int) -> str:
    return urlsafe_b64encode(f"{(moment - _EPOCH) // _MICROSECOND}.{pk}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, int]:
    text = cursor[:LONGEST_CURSOR]
    try:
        found = _FORM.fullmatch(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii"))
        moment = _EPOCH + int(found[1]) * _MICROSECOND if found else None
    except (ValueError, OverflowError):
        found = moment = None
    if found is None or moment is None:
        raise invalid("cursor", "is none of ours: take it from next of the page before.", place="query")
    return moment, min(int(found[2]), 2**63 - 1)


def answer(rows: Any, next_: str | None) -> dict[str, Any]:
    """``rows`` as a serializer shows them."""
    return {"results": rows.data, "next": next_}
