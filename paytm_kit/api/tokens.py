"""Tokens of programs: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from paytm_kit.api.models import ApiToken

PREFIX = "ptk_"
SHOWN = 12  # characters by which people tell tokens apart
FORM = re.compile(r"ptk_[A-Za-z0-9_-]{43}")


def make(user: Any, name: str, *, days: int | None = None) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody can read again. ``days`` until it is over; ``None``: never."""
    text = PREFIX + secrets.token_urlsafe(32)
    now = timezone.now()
    row = ApiToken.objects.create(
        user=user,
        name=name[:80],
        prefix=text[:SHOWN],
        digest=_digest(text),
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return row, text


def find(text: str) -> ApiToken | None:
    """The token that opens the door with this text, if there is one. Notes the day on which it was used."""
    if not FORM.fullmatch(text):
        return None
    row = ApiToken.objects.good().select_related("user").filter(digest=_digest(text)).first()
    if row is not None and row.used_on != (today := timezone.now().date()):
        ApiToken.objects.filter(pk=row.pk).update(used_on=today)
    return row


def revoke(pk: int) -> bool:
    """Ends a token; ``False``: it was over already, or there is none."""
    return bool(ApiToken.objects.filter(pk=pk, revoked_at__isnull=True).update(revoked_at=timezone.now()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
