"""Merchants through the control plane: several MIDs, their keys and the rotation of these. No key is shown in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest

from paytm_kit.simulator import merchant_fields, options
from paytm_kit.simulator.bank import merchants as verbs
from paytm_kit.simulator.control.command import Mistake, command, sent
from paytm_kit.simulator.merchant_fields import MerchantMistake
from paytm_kit.simulator.models import Merchant

Given = TypeVar("Given")


def merchant_json(row: Merchant) -> dict[str, Any]:
    """What may be told: of a key its first two characters."""
    return {
        "mid": row.mid, "key": f"{row.key[:2]}…", "old_keys": len(row.old_keys), "website": row.website,
        "webhook_url": row.webhook_url, "webhook_format": row.webhook_format,
        "webhook_on_pending": row.webhook_on_pending,
    }  # fmt: skip


def _named(check: Callable[[], Given]) -> Given:
    """The result; the caller's mistake as the control plane tells it."""
    try:
        return check()
    except MerchantMistake as error:
        raise Mistake(error.field, str(error)) from error


def _found(row: Merchant | None) -> Merchant:
    if row is None:
        raise Mistake("mid", "There is no such merchant. GET /_sim/merchants lists them.", 404)
    return row


@command("GET", "POST")
def merchants(request: HttpRequest) -> dict[str, Any]:
    """GET: all of them. POST ``mid``, ``key`` and, where wanted, ``website``, ``webhook_url``, ``webhook_format``."""
    if request.method == "POST":
        given = sent(request, merchant_fields.FIELDS)
        allowed = options.current().allow_host
        return merchant_json(_named(lambda: verbs.add(merchant_fields.entry(given, allowed))))
    return {"merchants": [merchant_json(row) for row in Merchant.objects.order_by("pk")]}


@command("GET", "PUT", "DELETE")
def merchant(request: HttpRequest, mid: str) -> dict[str, Any]:
    """PUT lays fields over it. DELETE forgets it and its orders; the merchant of ``--mid`` stays."""
    if request.method == "PUT":
        given = sent(request, tuple(name for name in merchant_fields.FIELDS if name != "mid"))
        values = _named(lambda: merchant_fields.checked(given, options.current().allow_host))
        return merchant_json(_found(verbs.change(mid, values)))
    if request.method == "DELETE":
        if mid == options.current().mid:
            raise Mistake("mid", "The merchant that the simulator was started with stays.")
        if not verbs.remove(mid):
            _found(None)
        return {"status": "ok"}
    return merchant_json(_found(verbs.find(mid)))


@command("POST")
def rotate_key(request: HttpRequest, mid: str) -> dict[str, Any]:
    """A new key signs at once, ``key`` or one that is drawn and told here, this once; the old one still verifies."""
    given = sent(request, ("key",))
    wanted = _named(lambda: merchant_fields.key(given["key"])) if "key" in given else ""
    row, key = _named(lambda: verbs.rotate(mid, wanted)) or (_found(None), "")
    return merchant_json(row) | ({} if wanted else {"key": key})


@command("POST")
def forget_old_keys(request: HttpRequest, mid: str) -> dict[str, Any]:
    """Ends a rotation: only the current key verifies."""
    sent(request, ())
    return merchant_json(_found(verbs.forget_old_keys(mid)))
