"""The verbs that make, change and forget merchants and their keys. A new key signs at once; old ones still verify."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Mapping

from paytm_kit.simulator import database
from paytm_kit.simulator.merchant_fields import Entry, MerchantMistake
from paytm_kit.simulator.models import Merchant

MOST_OLD_KEYS = 10
LETTERS = string.ascii_letters + string.digits + "@#&%_"  # what Paytm's own keys are made of, and files damage


def find(mid: object) -> Merchant | None:
    """The merchant with this MID; MIDs are case-sensitive, whatever the database thinks."""
    if not isinstance(mid, str):
        return None
    return next((row for row in Merchant.objects.filter(mid=mid) if row.mid == mid), None)


def install(entries: Iterable[Entry]) -> None:
    """These merchants as at the start: their settings are the entries', their old keys are forgotten."""
    for entry in entries:
        Merchant.objects.update_or_create(
            mid=entry.mid,
            defaults={
                "key": entry.key,
                "old_keys": [],
                "website": entry.website,
                "webhook_url": entry.webhook_url,
                "webhook_on_pending": False,
                "webhook_format": entry.webhook_format,
            },
        )


def install_again(entries: Iterable[Entry]) -> None:
    """The same for books that were kept or that other processes use: a key that was rotated meanwhile stays so."""
    for entry in entries:
        row = find(entry.mid)
        if row is None or entry.key not in [row.key, *row.old_keys]:
            install([entry])
        else:
            change(entry.mid, {name: getattr(entry, name) for name in ("website", "webhook_url", "webhook_format")})


def add(entry: Entry) -> Merchant:
    """A new merchant. Raises MerchantMistake when the MID is taken."""
    row, new = Merchant.objects.get_or_create(
        mid=entry.mid,
        defaults={
            "key": entry.key,
            "website": entry.website,
            "webhook_url": entry.webhook_url,
            "webhook_format": entry.webhook_format,
        },
    )
    if not new:
        raise MerchantMistake("mid", "There is a merchant with this MID already; PUT /_sim/merchants/<mid> changes it.")
    return row


def change(mid: str, values: Mapping[str, str]) -> Merchant | None:
    """Lays checked fields over a merchant. Another key replaces the current one and its old ones: no rotation."""
    with database.atomic():
        row = _locked(mid)
        if row is None:
            return None
        for name, value in values.items():
            setattr(row, name, value)
        if "key" in values:
            row.old_keys = []
        row.save()
        return row


def rotate(mid: str, key: str = "") -> tuple[Merchant, str] | None:
    """The key, given or new, signs from now on; the one before still verifies. None: there is no such merchant.

    Raises MerchantMistake when it is the current key already.
    """
    with database.atomic():
        row = _locked(mid)
        if row is None:
            return None
        key = key or "".join(secrets.choice(LETTERS) for _ in range(16))
        if key == row.key:
            raise MerchantMistake("key", "This is the current key already.")
        row.old_keys = [old for old in [row.key, *row.old_keys] if old != key][:MOST_OLD_KEYS]
        row.key = key
        row.save(update_fields=["key", "old_keys"])
        return row, key


def forget_old_keys(mid: str) -> Merchant | None:
    """From now on only the current key verifies."""
    with database.atomic():
        row = _locked(mid)
        if row:
            row.old_keys = []
            row.save(update_fields=["old_keys"])
        return row


def remove(mid: str) -> bool:
    """Forgets a merchant, its orders and all that hangs on them. False: there is none."""
    with database.alone():
        row = _locked(mid)
        if row:
            row.delete()
        return row is not None


def _locked(mid: str) -> Merchant | None:
    rows = Merchant.objects.select_for_update().filter(mid=mid)
    return next((row for row in rows if row.mid == mid), None)
