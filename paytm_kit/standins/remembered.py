"""Idempotency keys: the answer to a key is given again, and the same key with another question is found out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpResponse

from paytm_kit.simulator import clock, database
from paytm_kit.standins.models import Party, Remembered


class OtherQuestion(ValueError):
    """The key stands for another question."""


def once(
    party: Party, scope: str, key: str, question: str, answer: Callable[[], HttpResponse]
) -> tuple[HttpResponse, bool]:
    """The answer and whether it was given before. Without a key it is always new. Raises OtherQuestion.

    ``scope`` is what keys are apart by, such as the path. Only what was done is remembered: after a refusal the same
    key may ask again. Questions with a key stand in one queue, so that two at once do the work once.
    """
    if not key:
        return answer(), False
    name, print_ = (
        hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() for text in (f"{scope}\n{key}", question)
    )
    with database.atomic():
        Party.objects.select_for_update().get(pk=party.pk)
        row = Remembered.objects.filter(party=party, key=name).first()
        if row and row.fingerprint != print_:
            raise OtherQuestion
        if row:
            return HttpResponse(row.body, status=row.status, content_type="application/json"), True
        response = answer()
        if response.status_code < 300:
            Remembered.objects.create(
                party=party, key=name, fingerprint=print_, status=response.status_code,
                body=response.content.decode(), at=clock.now(),
            )  # fmt: skip
        return response, False
