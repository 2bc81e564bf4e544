"""Idempotency-Key: the same request of the same caller is carried out once, however often it is sent.

A row is written before the work begins; its unique key makes the database decide between two at once. Only success is
remembered: a refusal changed nothing, so the caller may mend the request and use the key again. A process that dies
leaves a lease that runs out. What it had made by then is told by the row (``Claim.made``, written in the very
transaction that made it), and the next try answers with that instead of making another.

After IETF draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone
from rest_framework.response import Response

from paytm_kit import conf
from paytm_kit.api import sealing
from paytm_kit.api.models import RememberedAnswer
from paytm_kit.api.problems import FieldError, Problem, invalid
from paytm_kit.logs import EventLog

log = EventLog("paytm_kit.api.idempotency")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LEASE = timedelta(minutes=2)  # longer than a request usually waits for a gateway; being over it is safe, see Claim
KEPT_HEADERS = ("Location",)
FORM = re.compile(r"[\x21-\x7e]{1,200}")


class Lost(Exception):
    """Somebody else took the work over, because it took longer than the lease: nothing may be made any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What makes two requests the same: caller and key find the row, ``content`` must be equal."""

    caller: str
    key: str
    content: str

    @property
    def secret(self) -> str:
        return f"{self.caller}\n{self.key}"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of one row. ``already`` names what a process that died had made."""

    pk: int
    owner: str
    already: str = ""

    def made(self, what: str) -> None:
        """Call it in the transaction that makes ``what``. Raises Lost, which undoes it, when the lease went over."""
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("Claim.made belongs into the transaction that makes something.")
        if not RememberedAnswer.objects.filter(pk=self.pk, owner=self.owner).update(made=what):
            raise Lost(what)


def read_key(text: str | None, *, required: bool = False) -> str:
    """The header's value; empty when there is none. Raises Problem."""
    if text is None:
        if required:
            raise invalid(
                HEADER, "is needed here, so that a repeat cannot do it twice.", code="required", place="header"
            )
        return ""
    if not FORM.fullmatch(text):
        raise invalid(HEADER, "must be 1 to 200 visible ASCII characters, such as a UUID.", place="header")
    return text


def content_of(operation: str, data: Any) -> str:
    """A request as one text: the same JSON in another order or spacing is the same request."""
    return f"{operation}\n{json.dumps(data, sort_keys=True, default=str)}"


def once(request: Request, work: Callable[[Claim], Response]) -> Response:
    """Carries the work out, or gives the answer that it had. Raises Problem, and whatever the work raises."""
    claim = _claim(request)
    if isinstance(claim, Response):
        return claim
    try:
        response = work(claim)
    except Lost:
        raise Problem("idempotency_in_flight", "It took too long here; another try has it in hand.") from None
    except BaseException:
        _release(claim)
        raise
    if response.status_code < 300:
        _keep(claim, request, response)
    else:
        _release(claim)
    return response


def _claim(request: Request) -> Claim | Response:
    lookups = sealing.hashes("lookup", request.secret)
    mine = _fresh(lookups[0], request)
    row = RememberedAnswer.objects.filter(lookup__in=lookups[1:]).first() if lookups[1:] else None
    if row is None:
        RememberedAnswer.objects.bulk_create([mine], ignore_conflicts=True)
        row = RememberedAnswer.objects.get(lookup=lookups[0])
    if row.owner == mine.owner:
        return Claim(row.pk, row.owner)
    return _of_another(row, mine, request)


def _fresh(lookup: str, request: Request) -> RememberedAnswer:
    now = timezone.now()
    return RememberedAnswer(
        lookup=lookup,
        fingerprint=sealing.hashes("content", request.content)[0],
        owner=secrets.token_hex(16),
        lease_until=now + LEASE,
        created_at=now,
        expires_at=now + timedelta(hours=conf.api().api_idempotency_hours),
    )


def _of_another(row: RememberedAnswer, mine: RememberedAnswer, request: Request) -> Claim | Response:
    """There is a row already: its answer, its work taken over, or a refusal."""
    now = timezone.now()
    if row.expires_at <= now:
        return _take_over(row, mine, now, made="", created_at=now)
    if row.fingerprint not in sealing.hashes("content", request.content):
        error = FieldError(HEADER, "reused", "was sent with another request", "header")
        raise Problem("idempotency_key_reused", errors=[error])
    if row.status is not None:
        return _replay(row, request)
    if row.lease_until > now:
        raise Problem("idempotency_in_flight", "The same request is being worked on.")
    log.warning("idempotency.taken_over", row=row.pk, made=row.made)
    return _take_over(row, mine, now, made=row.made)


def _take_over(row: RememberedAnswer, mine: RememberedAnswer, now: datetime, **changes: Any) -> Claim:
    """Only one of several can: the row must still be as it was read."""
    taken = RememberedAnswer.objects.filter(pk=row.pk, owner=row.owner, lease_until=row.lease_until).update(
        owner=mine.owner,
        fingerprint=mine.fingerprint,
        lease_until=mine.lease_until,
        expires_at=mine.expires_at,
        status=None,
        sealed=None,
        **changes,
    )
    if not taken:
        raise Problem("idempotency_in_flight", "The same request is being worked on.")
    return Claim(row.pk, mine.owner, already=changes["made"])


def _keep(claim: Claim, request: Request, response: Response) -> None:
    """Remembers the answer. When that fails the caller has it nevertheless; a repeat finds what was made."""
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    text = json.dumps({"headers": headers, "data": response.data}, default=str)
    rows = RememberedAnswer.objects.filter(pk=claim.pk, owner=claim.owner)
    try:
        rows.update(status=response.status_code, sealed=sealing.seal(text, request.secret))
    except DatabaseError as error:
        log.error("idempotency.not_remembered", row=claim.pk, error=f"{type(error).__name__}: {error}")


def _release(claim: Claim) -> None:
    """Nothing was made: the key is free again. What was made stays known, and may be asked for at once."""
    rows = RememberedAnswer.objects.filter(pk=claim.pk, owner=claim.owner)
    try:
        rows.filter(made="").delete()
        rows.update(lease_until=timezone.now())
    except DatabaseError as error:
        log.error("idempotency.not_released", row=claim.pk, error=f"{type(error).__name__}: {error}")


def _replay(row: RememberedAnswer, request: Request) -> Response:
    kept = json.loads(sealing.unseal(bytes(row.sealed or b""), request.secret))
    return Response(kept["data"], status=row.status, headers={**kept["headers"], REPLAYED: "true"})


def purge(now: datetime, *, batch: int = 500) -> int:
    """Deletes what is forgotten, in short transactions; how many rows."""
    removed = 0
    while pks := list(RememberedAnswer.objects.filter(expires_at__lt=now).values_list("pk", flat=True)[:batch]):
        removed += RememberedAnswer.objects.filter(pk__in=pks).delete()[0]
    return removed
