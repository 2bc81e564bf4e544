"""Who may do what at the desk: three roles as Django groups, each act a row of one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import Permission

APPS = ["paytm_kit"]  # whose tables and rights the roles are about; an app of the kit's that is installed adds itself
VIEWER, SUPPORT, FINANCE = "Paytm viewer", "Paytm support", "Paytm finance"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that people do at the desk: the permission that it needs, in words, and the roles that have it."""

    codename: str
    words: Any
    roles: tuple[str, ...]


EVERYBODY, HELPERS = (VIEWER, SUPPORT, FINANCE), (SUPPORT, FINANCE)

# Support keeps things moving; whatever decides about money, or takes data away, is finance's.
RIGHTS = [
    Right("view_payment", _("read payments, and ask the gateway about them"), EVERYBODY),
    Right("view_refund", _("read refunds, and ask the gateway about them"), EVERYBODY),
    Right("replay_wiremessage", _("take up a stored message again"), HELPERS),
    Right("retry_announcement", _("let your code hear an announcement now"), HELPERS),
    Right("resend_receipt", _("send a receipt again"), HELPERS),
    Right("refund_payment", _("refund"), (FINANCE,)),
    Right("change_payment", _("close a payment, so that its order can be paid anew"), (FINANCE,)),
    Right("resolve_flag", _("resolve a flag"), (FINANCE,)),
    Right("change_dispute", _("say how a dispute ended"), (FINANCE,)),
    Right("settle_riskdecision", _("let a payment pass that a risk rule holds, or refuse it"), (FINANCE,)),
    Right("export_payment", _("download payments"), (FINANCE,)),
    Right("view_auditentry", _("read who did what"), (FINANCE,)),
]


class NotMigrated(Exception):
    """Permissions that the roles are made of are not in the database. ``str()`` names them."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done to one role: whether its group is new, which of the kit's permissions it gained and lost.

    ``others`` are permissions of other apps, which are the site's own and stay.
    """

    role: str
    made: bool
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    others: tuple[str, ...]


def codenames(role: str) -> set[str]:
    """The kit's permissions of a role: to see every table that has no right of its own, and its rows of ``RIGHTS``."""
    own = {right.codename for right in RIGHTS}
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    seen = {f"view_{model._meta.model_name}" for model in models} - own
    return seen | {right.codename for right in RIGHTS if role in right.roles}


def mend(*, dry_run: bool = False) -> list[Mended]:
    """Makes the groups, or puts their permissions of the kit right; whoever is in them stays. Safe to repeat.

    Raises NotMigrated.
    """
    wanted = {role: codenames(role) for role in EVERYBODY}
    with transaction.atomic():
        known = _permissions(set().union(*wanted.values()))
        return [_mend(role, {known[name] for name in names}, dry_run) for role, names in wanted.items()]


def _permissions(names: Iterable[str]) -> dict[str, Permission]:
    found = _auth("Permission").filter(content_type__app_label__in=APPS, codename__in=names)
    known = {permission.codename: permission for permission in found}
    if missing := sorted(set(names) - set(known)):
        raise NotMigrated(", ".join(missing))
    return known


def _mend(role: str, wanted: set[Permission], dry_run: bool) -> Mended:
    groups = _auth("Group")
    group = groups.filter(name=role).first()
    held = set(group.permissions.select_related("content_type")) if group is not None else set()
    ours = {permission for permission in held if permission.content_type.app_label in APPS}
    mended = Mended(
        role,
        made=group is None,
        gained=_names(wanted - ours),
        lost=_names(ours - wanted),
        others=tuple(sorted(f"{one.content_type.app_label}.{one.codename}" for one in held - ours)),
    )
    if not dry_run:
        group = group or groups.create(name=role)
        group.permissions.add(*(wanted - ours))
        group.permissions.remove(*(ours - wanted))
    return mended


def _names(permissions: set[Permission]) -> tuple[str, ...]:
    return tuple(sorted(permission.codename for permission in permissions))


def _auth(model: str) -> Any:
    """Rows of ``django.contrib.auth``, which a site that never gives out roles need not have installed."""
    return apps.get_model("auth", model)._default_manager
