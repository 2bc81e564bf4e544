"""Viewer, support, finance: each can do just its own, tried through HTTP as a browser would, with GET and with POST."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.admin.desk import DeskAdmin
from paytm_kit.api import tokens
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, AuditEntry, Flag, Refund, RiskDecision
from paytm_kit.outgoing.models import Delivery
from paytm_kit.services import roles
from paytm_kit.services.roles import EVERYBODY, FINANCE, HELPERS, SUPPORT, VIEWER
from paytm_kit.testing import factories
from tests.admin.desk import Person, message, page_of
from tests.paytm import Paytm

pytestmark = [pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Deed:
    """One thing that can be done: where, by whom, and what its page answers to a GET of somebody who may."""

    action: str
    where: Callable[[dict[str, Any]], str]
    roles: tuple[str, ...]
    asks_first: bool = True  # a GET shows a question; else only POST is taken
    form: tuple[tuple[str, str], ...] = ()


REASON = (("reason", "seen"),)

DEEDS = (
    Deed("payment.ask", lambda desk: page_of(desk["open"], "ask"), EVERYBODY, asks_first=False),
    Deed("refund.ask", lambda desk: page_of(desk["refund"], "ask"), EVERYBODY, asks_first=False),
    Deed("message.replay", lambda desk: page_of(desk["message"], "replay"), HELPERS),
    Deed("announcement.retry", lambda desk: page_of(desk["announcement"], "retry"), HELPERS),
    Deed("payment.resend_receipt", lambda desk: page_of(desk["paid"], "resend"), HELPERS),
    Deed("payment.refund", lambda desk: page_of(desk["paid"], "refund"), (FINANCE,)),
    Deed("payment.close", lambda desk: page_of(desk["held"], "close"), (FINANCE,), form=REASON),
    Deed("payment.resolve_flag", lambda desk: page_of(desk["paid"], "resolve/duplicate"), (FINANCE,), form=REASON),
    Deed(
        "dispute.close", lambda desk: page_of(desk["dispute"], "close"), (FINANCE,), False, (("status", "won"), *REASON)
    ),
    Deed("risk.pass", lambda desk: page_of(desk["risk"], "pass"), (FINANCE,), form=REASON),
    Deed("risk.refuse", lambda desk: page_of(desk["risk"], "refuse"), (FINANCE,), form=REASON),
    Deed("webhook.redeliver", lambda desk: page_of(desk["webhook"], "redeliver"), HELPERS),
    Deed("token.revoke", lambda desk: page_of(desk["token"], "revoke"), ()),  # whoever looks after users, no role
    Deed("payment.export", lambda desk: "/admin/paytm_kit/payment/export/", (FINANCE,), form=(("format", "csv"),)),
    Deed("refund.export", lambda desk: "/admin/paytm_kit/refund/export/", (FINANCE,), form=(("format", "csv"),)),
)


@pytest.fixture
def desk(make_order: Callable[..., Order], paytm: Paytm) -> dict[str, Any]:
    made: dict[str, Any] = {
        "open": factories.payment(make_order(), "processing"),
        "held": factories.payment(make_order(), "held"),
        "paid": factories.payment(make_order(), "paid", hear=False),
        "refund": factories.payment(make_order(), "refunding").refunds.get(),
        "dispute": factories.payment(make_order(), "disputed").disputes.get(),
    }
    book.flag(made["paid"].pk, Flag.DUPLICATE, source="test", message="")
    made["message"] = message(made["open"], payment=None, processed_at=None)
    made["announcement"] = Announcement.objects.filter(signal="payment_succeeded", state="waiting").latest("pk")
    waiting = factories.payment(make_order(), "created")
    decision = {"payment": waiting, "rule": "velocity", "action": "hold", "created_at": waiting.created_at}
    made["risk"] = RiskDecision.objects.create(**decision)
    now, event = timezone.now(), made["paid"].events.first()
    told = {"endpoint": "erp", "kind": "payment.succeeded", "message_id": "evt_1", "body": "{}", "created_at": now}
    made["webhook"] = Delivery.objects.create(event=event, opened_at=now, **told)
    made["token"], _text = tokens.make(User.objects.create_user("app"), "mobile app")
    paytm.will_say("PENDING", payment=made["open"])
    paytm.refund_becomes("PENDING", "601")
    return made


@pytest.mark.parametrize("role", [VIEWER, SUPPORT, pytest.param(FINANCE, marks=pytest.mark.databases)])
def test_a_role_does_just_its_own(role: str, desk: dict[str, Any]) -> None:
    person = Person(role)
    for deed in DEEDS:
        address, may = deed.where(desk), role in deed.roles
        person.open(page_of(desk["paid"]))
        token = person.token()
        shown = person.client.get(address).status_code
        assert shown == (200 if deed.asks_first else 405) if may else shown in (403, 405), (deed.action, shown)
        before = AuditEntry.objects.count()
        response = person.client.post(address, {"csrfmiddlewaretoken": token, **dict(deed.form)})
        if deed.action == "payment.refund" and may:
            assert response.status_code == 200, "the second question"
            continue
        if not may:
            assert response.status_code == 403, deed.action
        entry = AuditEntry.objects.filter(action=deed.action).latest("pk")
        assert AuditEntry.objects.count() == before + 1, deed.action
        assert (entry.actor, entry.detail == "No permission.") == ("meera", not may), deed.action
    desk["held"].refresh_from_db()
    desk["paid"].refresh_from_db()
    assert (desk["held"].flags == "") == (role == FINANCE)
    assert Refund.objects.count() == 1


def test_the_table_above_names_every_act_and_every_right() -> None:
    """A new act, or a new right, is red here until somebody says whose it is."""
    named = {deed.action for deed in DEEDS}
    acts = {
        act.audit
        for site_admin in admin.site._registry.values()
        if isinstance(site_admin, DeskAdmin)
        for act in site_admin.acts
    }
    assert acts <= named
    own = {codename for right in roles.RIGHTS for codename in [right.codename]}
    custom = Permission.objects.filter(content_type__app_label__in=roles.APPS).exclude(
        codename__regex=r"^(add|change|delete|view)_"
    )
    assert set(custom.values_list("codename", flat=True)) <= own


MAY_READ = {"auditentry": (FINANCE,), "apitoken": ()}


@pytest.mark.parametrize("role", EVERYBODY)
def test_a_role_reads_every_list_and_page_but_the_audit_log_and_tokens(role: str, desk: dict[str, Any]) -> None:
    person = Person(role)
    for model, site_admin in admin.site._registry.items():
        if isinstance(site_admin, DeskAdmin):
            name = model._meta.model_name
            status = 200 if role in MAY_READ.get(name, EVERYBODY) else 403
            person.open(f"/admin/{model._meta.app_label}/{name}/", status)
            if status == 200 and (row := model._default_manager.first()) is not None:
                person.open(page_of(row))


@pytest.mark.parametrize(
    ("role", "buttons", "menu"),
    [
        (VIEWER, set(), {"ask_now"}),
        (SUPPORT, {"Send the receipt again…"}, {"ask_now", "resend_receipt"}),
        (FINANCE, {"Send the receipt again…", "Refund…", "Resolve it…"}, {"ask_now", "resend_receipt"}),
    ],
)
def test_nothing_is_offered_that_would_be_refused(
    role: str, buttons: set[str], menu: set[str], desk: dict[str, Any]
) -> None:
    person = Person(role)
    page = person.open(page_of(desk["paid"]))
    every = {"Send the receipt again…", "Refund…", "Resolve it…", "Close this payment…"}
    assert {link.get_text(strip=True) for link in page.find_all("a")} & every == buttons
    page = person.open("/admin/paytm_kit/payment/")
    assert {option["value"] for option in page.select("select[name=action] option")} - {""} == menu
    assert ("Export…" in person.text()) == (role == FINANCE)
    page = person.open(page_of(desk["held"]))
    assert (page.find("a", string="Close this payment…") is not None) == (role == FINANCE)


def test_an_action_that_is_not_in_the_menu_is_not_done_when_it_is_sent_all_the_same(desk: dict[str, Any]) -> None:
    viewer = Person(VIEWER)
    viewer.open("/admin/paytm_kit/wiremessage/")
    token = {"csrfmiddlewaretoken": viewer.token()}
    form = {"action": "replay", "_selected_action": [desk["message"].pk], "confirmed": "yes", **token}
    viewer.client.post("/admin/paytm_kit/wiremessage/", form)
    desk["message"].refresh_from_db()
    assert desk["message"].processed_at is None


# ---- manage.py paytm_roles


def run(**options: Any) -> str:
    out = StringIO()
    call_command("paytm_roles", stdout=out, no_color=True, **options)
    return out.getvalue()


@pytest.mark.databases
def test_the_command_makes_the_groups_and_says_what_each_may_do(transactional_db: None) -> None:
    said = run()
    assert [line for line in said.splitlines() if not line.startswith(" ")][:3] == [
        "Paytm viewer (new)",
        "Paytm support (new)",
        "Paytm finance (new)",
    ]
    assert "✓ refund\n" in said.split("Paytm finance")[1]
    assert "· refund\n" in said.split("Paytm finance")[0]
    for role in EVERYBODY:
        held = set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))
        assert held == roles.codenames(role)
    assert not any(name.startswith(("add_", "delete_")) for role in EVERYBODY for name in roles.codenames(role))


@pytest.mark.databases
def test_the_command_puts_them_right_and_leaves_people_and_other_apps_alone(transactional_db: None) -> None:
    run()
    viewer = Group.objects.get(name=VIEWER)
    asha = User.objects.create_user("asha")
    asha.groups.add(viewer)
    viewer.permissions.add(Permission.objects.get(codename="refund_payment"))
    viewer.permissions.add(Permission.objects.get(codename="view_product"))
    viewer.permissions.remove(Permission.objects.get(codename="view_payment"))
    said = run(dry_run=True)
    assert "Paytm viewer (put right)" in said
    assert viewer.permissions.filter(codename="refund_payment").exists()
    said = run()
    assert "gained: view_payment" in said
    assert "lost: refund_payment" in said
    assert "left alone: shop.view_product" in said
    held = set(viewer.permissions.values_list("codename", flat=True))
    assert held == roles.codenames(VIEWER) | {"view_product"}
    assert list(viewer.user_set.all()) == [asha]
    count = AuditEntry.objects.count()
    assert "Paytm viewer (as it should be)" in run()
    assert AuditEntry.objects.count() == count


def test_without_migrated_permissions_it_says_what_to_do(transactional_db: None) -> None:
    missing = Permission.objects.filter(codename="resolve_flag")
    missing.delete()
    try:
        with pytest.raises(CommandError, match=r"resolve_flag\. Run manage.py migrate first"):
            run()
        assert not Group.objects.filter(name__startswith="Paytm").exists()
    finally:
        call_command("migrate", verbosity=0)  # makes the permission anew
