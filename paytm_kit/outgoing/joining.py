"""What the kit's tables hold besides when this app is installed: a row in reconcile, purge, doctor, roles, story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.outgoing import deliveries
from paytm_kit.outgoing.models import Delivery
from paytm_kit.services import doctor, jobs, purge, roles, telling
from paytm_kit.services.doctor import OK, WARN, Finding

State = Delivery.State


def _deliver(due: jobs.Due) -> str | None:
    after = deliveries.deliver(due.pk)
    if after == State.WAITING:
        raise jobs.NotYet(Delivery.objects.get(pk=due.pk).note)
    return after


def _delete(pks: Sequence[int]) -> int:
    return Delivery.objects.filter(pk__in=pks).delete()[1].get(Delivery._meta.label, 0)


def _endpoints() -> Iterator[Finding]:
    """How each endpoint is doing, for the doctor."""
    try:
        names = list(conf.outgoing().outgoing_webhooks)
        if not names:
            yield Finding(OK, "webhooks of ours: no endpoint is set (OUTGOING_WEBHOOKS)")
        for name in names:
            yield from _endpoint(name)
        others = deliveries.undelivered().exclude(endpoint__in=names).count()
    except (ConfigurationError, DatabaseError):
        return  # the checks or the question about the database have said what is wrong
    if others:
        fix = "Set the endpoint up again under its old name, or wait: they are given up after OUTGOING_GIVE_UP_DAYS."
        yield Finding(WARN, f"webhooks that wait for an endpoint that is not set any more: {others}", fix)


def _endpoint(name: str) -> Iterator[Finding]:
    called = f'endpoint "{name}"'
    rows = Delivery.objects.filter(endpoint=name)
    if deliveries.usable_endpoint(name) is not None:
        last = rows.filter(state=State.DELIVERED).order_by("-closed_at").first()
        when = timezone.localtime(last.closed_at).isoformat(" ", "minutes") if last and last.closed_at else "never"
        yield Finding(OK, f"{called} is told of payments; it last took a webhook: {when}")
    failing = deliveries.undelivered().filter(endpoint=name)
    if count := failing.count():
        note = failing.exclude(note="").order_by("-pk").values_list("note", flat=True).first() or "nobody tried"
        fix = f"manage.py paytm_deliver --ping {name} tries it now; they are tried again by paytm_reconcile."
        yield Finding(WARN, f"{called}: webhooks that are not delivered: {count}; the last one: {note}", fix)
    week = timezone.now() - timedelta(days=7)
    for state, words, fix in _ENDS:
        if count := rows.filter(state=state, closed_at__gt=week).count():
            yield Finding(WARN, f"{called}: webhooks {words} this week: {count}", fix.format(name=name))


_ENDS = (
    (
        State.GIVEN_UP,
        "given up",
        "When the other side works again: manage.py paytm_deliver --given-up --endpoint {name}",
    ),
    (
        State.REFUSED,
        "refused with 410 Gone",
        "It says that it wants none any more: set ENABLED to false, or correct its URL and deliver them again.",
    ),
)


def _told(row: Delivery) -> telling.Entry:
    """How a payment's story tells of it."""
    return telling.Entry(
        at=row.created_at,
        source="webhooks",
        row=row,
        title=gettext("webhook to %(endpoint)s: %(kind)s") % {"endpoint": row.endpoint, "kind": row.kind},
        state=(Delivery, row.state, row.get_state_display()),
        facts=telling.facts(
            (_("webhook-id"), row.message_id),
            (_("attempts"), row.attempts),
            (_("next try"), telling.moment(row.next_try_at)),
            (_("closed"), telling.moment(row.closed_at)),
        ),
        detail=row.note,
    )


jobs.JOBS["webhooks"] = jobs.Job(
    rows=lambda everything: deliveries.due(),
    show=lambda row: (f"webhook {row.pk}", f"{row.kind} to {row.endpoint}", row.state),
    do=_deliver,
    made="created_at",
    account="event__payment__account",
    goal=jobs.Goal(State.DELIVERED, "posted", "unposted", deliveries.undelivered),
)
purge.KINDS["webhooks"] = purge.Kind(
    setting="outgoing_retention_days",
    what="webhooks of ours, with their log",
    old=lambda before: Delivery.objects.filter(created_at__lt=before),
    ripe=lambda old: old.exclude(state=State.WAITING),
    remove=_delete,
    settings=conf.outgoing,
)
purge.DEFAULT.append("webhooks")
telling.SOURCES.append(
    telling.Source(
        "webhooks",
        _("Webhooks to your systems"),
        f"{Delivery._meta.app_label}.view_delivery",
        "created_at",
        lambda payment: Delivery.objects.filter(event__payment=payment),
        _told,
        own_page=True,
    )
)
doctor.SITE.append(_endpoints)
roles.APPS.append(Delivery._meta.app_label)
roles.RIGHTS.append(roles.Right("redeliver_delivery", _("deliver a webhook again"), roles.HELPERS))
