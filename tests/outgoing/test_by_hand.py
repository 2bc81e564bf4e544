"""People deliver again: at the desk and on the command line, with a right, and written down."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from paytm_kit.models import AuditEntry, Payment
from paytm_kit.outgoing import deliveries, verify
from paytm_kit.outgoing.models import Attempt, Delivery
from paytm_kit.services import doctor, purge
from paytm_kit.services.roles import FINANCE, SUPPORT, VIEWER
from tests.admin.desk import Person, page_of
from tests.outgoing.conftest import SECRET, Configure, Rows, reconciled
from tests.outgoing.server import HANGS, Receiver, Says
from tests.outgoing.test_sending import pay

pytestmark = [pytest.mark.django_db(transaction=True)]
databases = pytest.mark.databases

Endpoint = Callable[..., dict[str, Any]]
LIST = "/admin/paytm_kit_outgoing/delivery/"


def run(*arguments: str) -> tuple[list[str], str, int]:
    """What it printed, why it failed, its exit code."""
    out = io.StringIO()
    try:
        call_command("paytm_deliver", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue().splitlines(), str(error), error.returncode
    return out.getvalue().splitlines(), "", 0


def written() -> list[tuple[str, str, str, str]]:
    found = AuditEntry.objects.filter(action="webhook.redeliver").order_by("pk")
    return [(entry.channel, entry.actor, entry.object_label, entry.result) for entry in found]


def page(delivery: Delivery, what: str = "change") -> str:
    return f"{LIST}{delivery.pk}/{what}/"


@pytest.fixture
def refused(erp: Receiver, payment: Payment) -> Delivery:
    """One that the other system did not want, which has changed its mind since."""
    erp.next = [Says(410)]
    pay(payment)
    return Delivery.objects.get()


# ---- At the desk


@databases
def test_the_list_and_the_page_tell_what_was_sent_and_what_came_of_it(refused: Delivery) -> None:
    person = Person(VIEWER)
    person.open(LIST)
    text = person.text()
    for words in ("payment.succeeded", "erp", "Refused for good (410)", refused.message_id, "HTTP status 410"):
        assert words in text
    assert person.listed(f"?q={refused.message_id}", of=LIST) != []
    assert person.listed("?q=evt_other", of=LIST) == []
    assert person.listed("?state=delivered", of=LIST) == []
    assert person.listed("?endpoint=erp", of=LIST) != []
    person.open(page(refused))
    assert '"type": "payment.succeeded"' in person.text()
    assert "HTTP status 410" in person.page.select_one("#log-group").get_text()
    assert person.page.find("a", string="Deliver again…") is None
    person.open(page(refused, "redeliver"), status=403)
    assert written() == [("desk", "meera", refused.event.payment.gateway_order_id, "refused")]


@databases
def test_the_payments_own_story_tells_of_it_to_whoever_may_see_it(refused: Delivery) -> None:
    person = Person(VIEWER)
    story = person.open(page_of(refused.event.payment) + "?story=webhooks").select_one("#events-group")
    text = " ".join(story.get_text(" ").split())
    for words in ("webhook to erp: payment.succeeded", "Refused for good (410)", refused.message_id, "HTTP status 410"):
        assert words in text
    assert story.find("a", href=page(refused)) is not None
    person.user.groups.clear()
    person.user.user_permissions.add(Permission.objects.get(codename="view_payment"))
    assert refused.message_id not in person.open(page_of(refused.event.payment)).get_text()


@pytest.mark.parametrize("role", [SUPPORT, FINANCE, ""])
def test_who_may_delivers_it_again_after_a_question(refused: Delivery, erp: Receiver, role: str, rows: Rows) -> None:
    person = Person(role)
    link = person.open(page(refused)).find("a", string="Deliver again…")["href"]
    person.open(link)
    assert "with the same webhook-id" in person.text()
    assert len(erp.taken) == 1
    assert f"Taken by erp: {refused.message_id}" in person.send(link)
    assert rows("state", "attempts", "note") == [("delivered", 2, "")]
    assert list(Attempt.objects.order_by("pk").values_list("http_status", "actor")) == [(410, ""), (204, "meera")]
    assert len(set(erp.ids)) == 1
    assert written() == [("desk", "meera", refused.event.payment.gateway_order_id, "done")]


@databases
def test_several_can_be_chosen_in_the_list_and_one_that_fails_stops_no_other(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, payment: Payment, rows: Rows
) -> None:
    other = Receiver()
    try:
        configure(bad=endpoint(URL=other.url), good=endpoint())
        pay(payment)
        assert rows("state") == ["delivered", "delivered"]
        other.will(500)
        person = Person()
        person.open(LIST)
        chosen = {"action": "redeliver", "_selected_action": rows("pk"), "index": "0"}
        token = person.token()
        person._read(person.client.post(LIST, {**chosen, "csrfmiddlewaretoken": token}))
        assert "It will be done for 2." in person.text()
        person.send(LIST, confirmed="yes")
        assert sorted(person.messages()) == sorted(
            [
                f"Taken by good: {Delivery.objects.all()[0].message_id}",
                f"Not taken by bad: HTTP status 500 ({Delivery.objects.all()[0].message_id})",
            ]
        )
        assert rows("endpoint", "state", "rung") == [("bad", "waiting", 1), ("good", "delivered", 0)]
        other.will(204)
        assert reconciled(timedelta(minutes=2)).posted == 1  # the ladder begins anew
    finally:
        other.stop()


@databases
def test_one_that_is_on_its_way_is_left_alone(erp: Receiver, payment: Payment) -> None:
    erp.will(500)
    pay(payment)
    row = Delivery.objects.get()
    assert deliveries._claim(row)
    with pytest.raises(deliveries.CannotDeliver, match="It is being sent just now"):
        deliveries.redeliver(Delivery.objects.get(), actor="meera")
    stale = Delivery.objects.get()
    Delivery.objects.update(attempts=9, leased_until=None)
    with pytest.raises(deliveries.CannotDeliver):
        deliveries.redeliver(stale, actor="meera")


def test_an_endpoint_that_cannot_be_sent_to_is_told_in_words(
    refused: Delivery, configure: Configure, endpoint: Endpoint
) -> None:
    def why() -> str:
        with pytest.raises(deliveries.CannotDeliver) as caught:
            deliveries.redeliver(Delivery.objects.get(), actor="meera")
        return str(caught.value)

    configure(erp=endpoint(ENABLED=False))
    assert why() == 'Endpoint "erp" is switched off (ENABLED).'
    configure(erp=endpoint(SECRET="canary"))
    assert why().startswith('SECRET of endpoint "erp" cannot sign.')
    configure()
    assert why() == 'There is no endpoint "erp". OUTGOING_WEBHOOKS has: none.'
    assert Delivery.objects.get().state == "refused"


# ---- On the command line


def test_the_command_sends_those_that_are_named(refused: Delivery, erp: Receiver, rows: Rows) -> None:
    lines, why, code = run(refused.message_id)
    assert lines == [f"{refused.message_id} to erp: HTTP status 204", "webhooks: 1, not taken: 0"]
    assert (why, code) == ("", 0)
    erp.will(500)
    lines, why, code = run(str(refused.pk))
    assert lines == [f"{refused.message_id} to erp: HTTP status 500", "webhooks: 1, not taken: 1"]
    assert (why, code) == ("Some webhooks were not taken; the lines above say why. They are tried again.", 1)
    assert rows("state") == ["waiting"]
    assert [entry[::3] for entry in written()] == [("command", "done")] * 2
    assert Attempt.objects.last().actor.startswith("command by ")  # type: ignore[union-attr]


@databases
def test_the_command_sends_all_that_were_given_up(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, start: Callable[..., Payment], rows: Rows
) -> None:
    configure(erp=endpoint(), crm=endpoint())
    receiver.will(410)
    pay(start())
    receiver.will(204)
    pay(start())
    assert rows("state") == ["refused", "refused", "delivered", "delivered"]
    assert run("--given-up", "--dry-run")[0][-1] == "would be sent: 2"
    Delivery.objects.filter(endpoint="crm").update(created_at=timezone.now() - timedelta(days=2))
    assert run("--given-up", "--since", "1h", "--dry-run")[0][-1] == "would be sent: 1"
    assert run("--given-up", "--endpoint", "crm")[0][-1] == "webhooks: 1, not taken: 0"
    assert run("--given-up")[0][-1] == "webhooks: 1, not taken: 0"
    assert rows("state") == ["delivered"] * 4


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "Give webhook-ids, --given-up, --ping NAME, or --new-secret: one of them."),
        (("evt_1", "--given-up"), "Give webhook-ids, --given-up, --ping NAME, or --new-secret: one of them."),
        (("evt_1",), "There is no webhook of ours 'evt_1' that fits. The admin lists them."),
        (("17",), "There is no delivery '17' that fits. The admin lists them."),
        (("x\ud800",), "There is no delivery 'x"),
        (("--given-up", "--endpoint", "crm"), 'There is no endpoint "crm". OUTGOING_WEBHOOKS has: erp.'),
        (("--ping", "crm"), 'There is no endpoint "crm". OUTGOING_WEBHOOKS has: erp.'),
    ],
)
def test_wrong_usage_is_told(erp: Receiver, arguments: tuple[str, ...], why: str) -> None:
    lines, said, code = run(*arguments)
    assert (lines, code) == ([], 2) or "UTF-8" in said
    assert said.startswith(why) or "UTF-8" in said
    assert erp.taken == []


def test_an_endpoint_can_be_tried_without_a_payment(erp: Receiver, rows: Rows) -> None:
    lines, _, code = run("--ping", "erp")
    assert (lines[0].startswith("erp: HTTP status 204 after "), code) == (True, 0)
    [taken] = erp.taken
    message = verify.verify(taken.body, taken.headers, SECRET)
    assert (message["type"], message["data"]) == ("ping", {"endpoint": "erp"})
    assert message["id"].startswith("ping_")
    assert rows("pk") == []
    erp.will(401, text="who are you?")
    assert run("--ping", "erp")[1:] == ("erp: HTTP status 401: who are you?", 1)


def test_it_makes_secrets() -> None:
    [secret], _, _ = run("--new-secret")
    assert len(verify.key_of(secret)) == 32


# ---- The doctor, and what is removed


def findings() -> list[tuple[str, str, str]]:
    return [
        (found.level, found.what, found.fix)
        for found in doctor.examine(network=False)
        if 'endpoint "' in found.what or found.what.startswith("webhooks ")
    ]


@databases
def test_the_doctor_says_how_each_endpoint_is_doing(
    configure: Configure, endpoint: Endpoint, receiver: Receiver, start: Callable[..., Payment]
) -> None:
    assert findings() == [("ok", "webhooks of ours: no endpoint is set (OUTGOING_WEBHOOKS)", "")]
    configure(erp=endpoint(), OUTGOING_TIMEOUT=0.3)
    assert findings() == [("ok", 'endpoint "erp" is told of payments; it last took a webhook: never', "")]
    pay(start())
    assert findings()[0][1].startswith('endpoint "erp" is told of payments; it last took a webhook: 20')
    receiver.will(HANGS)
    pay(start())
    warned = findings()[1]
    assert warned == (
        "warn",
        'endpoint "erp": webhooks that are not delivered: 1; the last one: time-out: no answer within 0.3 s',
        "manage.py paytm_deliver --ping erp tries it now; they are tried again by paytm_reconcile.",
    )
    reconciled(timedelta(days=5))
    assert (
        "warn",
        'endpoint "erp": webhooks given up this week: 1',
        "When the other side works again: manage.py paytm_deliver --given-up --endpoint erp",
    ) in findings()


def test_the_doctor_says_what_was_refused_for_good_and_what_waits_for_nobody(
    refused: Delivery, configure: Configure
) -> None:
    assert (
        "warn",
        'endpoint "erp": webhooks refused with 410 Gone this week: 1',
        "It says that it wants none any more: set ENABLED to false, or correct its URL and deliver them again.",
    ) in findings()
    later = timezone.now() - timedelta(minutes=5)
    Delivery.objects.update(state="waiting", created_at=later, next_try_at=later)
    configure()
    assert (
        "warn",
        "webhooks that wait for an endpoint that is not set any more: 1",
        "Set the endpoint up again under its old name, or wait: they are given up after OUTGOING_GIVE_UP_DAYS.",
    ) in findings()


@databases
def test_old_webhooks_are_purged_with_their_log_but_never_one_that_waits(
    erp: Receiver, start: Callable[..., Payment], settings: Any
) -> None:
    pay(start())
    erp.will(500)
    pay(start())
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        moment = purge.before("webhooks")
        assert moment is not None
        assert purge.counts("webhooks", moment) == (1, 1)
        assert sum(purge.run("webhooks", moment)) == 1
    assert [row.state for row in Delivery.objects.all()] == ["waiting"]
    assert Attempt.objects.count() == 1
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "OUTGOING_RETENTION_DAYS": 0}
    assert purge.before("webhooks") is None
    assert "webhooks" in purge.DEFAULT
