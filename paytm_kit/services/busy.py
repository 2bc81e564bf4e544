"""The one sentence for people when the database did not let a verb do its work, mostly because of another's lock."""

from __future__ import annotations

from django.db import Error
from django.utils.translation import gettext

from paytm_kit.ledger import waiting
from paytm_kit.masking import safe_line


def only(error: Error) -> bool:
    """Whether it was nothing but another's lock, so that the same may go well the next time."""
    return waiting.gave_up(error)


def told(error: Error, order_id: str, *, asked: bool = False) -> str:
    """What a person is told when the database did not let a verb do its work.

    ``asked``: the gateway was asked and only its answer, or the note that it came, is missing.
    """
    values = {"id": order_id, "error": safe_line(str(error), 200)}
    if not waiting.gave_up(error):
        return (
            gettext("%(id)s: the database failed: %(error)s. Look at what stands there before you try again.") % values
        )
    if asked:
        return (
            gettext("%(id)s is busy, so the gateway's answer may not be noted; nothing was lost. Try again.") % values
        )
    return gettext("%(id)s is busy: something else works on it. Nothing was sent or changed; try again.") % values
