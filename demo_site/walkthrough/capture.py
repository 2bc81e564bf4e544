"""Takes each message of the simulator apart when it goes over the wire, while its true text is at hand."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db import transaction
from django.dispatch import receiver

from demo_site.walkthrough import masks
from demo_site.walkthrough.access import account_of
from demo_site.walkthrough.models import Trace
from paytm_kit import checksum
from paytm_kit.masking import safe_line
from paytm_kit.models import Payment, WireMessage
from paytm_kit.signals import wire_seen

SIGNATURE = re.compile(r"[A-Za-z0-9+/=]{108}")
CHANNELS = frozenset({"initiate", "status", "callback", "webhook", "form"})


@receiver(wire_seen, dispatch_uid="walkthrough.keep")
def keep(
    channel: str,
    url: str,
    content_type: str,
    request: str,
    response: str,
    payment: Payment | None,
    wire_message: WireMessage | None,
    **_: Any,
) -> None:
    """Keeps the stages of both texts. What cannot be read has none: the kit's own row says why."""
    account = account_of(payment) if payment else None
    if payment is None or account is None or channel not in CHANNELS:
        return
    address = urlsplit(url)
    where = f"{address.scheme}://{address.netloc}{address.path}" if address.netloc else address.path
    for part, text in (("request", request), ("response", response)):
        found = taken_apart(text, content_type, account.get("MERCHANT_KEY", "")) if text else None
        if found is not None:
            with transaction.atomic():  # a merchant's transaction around it outlives what fails in here
                Trace.objects.create(
                    payment=payment,
                    message_id=wire_message.pk if wire_message else None,
                    channel=channel,
                    part=part,
                    url=safe_line(where),
                    **found,
                )


def taken_apart(text: str, content_type: str, key: str) -> dict[str, Any] | None:
    """The fields of a Trace, or ``None`` for a text that cannot be read."""
    try:
        return _form(text, key) if "urlencoded" in content_type else _json(text, key)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _form(text: str, key: str) -> dict[str, Any]:
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=100)
    fields = dict(pairs)
    signature = fields.pop(masks.CHECKSUM, "")
    shown, masked = masks.form(pairs)
    stages = checksum.stages(fields, signature, key)
    mask = dict(shown)
    text = "|".join("" if fields[name].lower() == "null" else mask[name] for name in stages.names)
    return _kept(stages, signature, text, masked) | {
        "pairs": shown,
        "names": list(stages.names),
    }


def _json(text: str, key: str) -> dict[str, Any]:
    parts = masks.members(text)
    signature = json.loads(parts.get("head", "{}")).get("signature") or ""
    shown, masked = masks.body(parts["body"]) if "body" in parts else ("", [])
    return _kept(checksum.stages(parts.get("body", ""), str(signature), key), str(signature), shown, masked)


def _kept(stages: checksum.Stages, signature: str, text: str, masked: list[str]) -> dict[str, Any]:
    return {
        "text": text,
        "masked": masked,
        "signature": signature if SIGNATURE.fullmatch(signature) else safe_line(signature, 200),
        "salt": stages.salt,
        "hash": stages.hash,
        "hash_inside": stages.hash_inside,
        "fits": stages.fits,
    }
