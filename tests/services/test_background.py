"""Webhooks in the background: answered once stored, processed by a worker, and never lost on the way.

The broker is Celery's own, in memory, or a real socket that refuses or says nothing; tests/brokers has the real ones.
"""

from __future__ import annotations

import importlib
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
import time_machine
from celery import Celery, Task, current_app
from celery.beat import Scheduler
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from paytm_kit import background, signals, tasks
from paytm_kit.ledger import ladder
from paytm_kit.models import Announcement, Letter, Payment, WireMessage
from paytm_kit.services import confirm
from tests.paytm import KEY, Paytm, callback_fields, post_callback, post_json_webhook, post_webhook
from tests.services.test_announce import connected
from tests.services.test_refunds import success_event

Use = Callable[[str], Celery]


@pytest.fixture
def use_broker() -> Iterator[Use]:
    """Makes a Celery app with this broker the current one, as a project's own app is."""
    before = current_app._get_current_object()
    made: list[Celery] = []

    def use(url: str) -> Celery:
        app = Celery("shop", broker=url, set_as_current=True)
        app.conf.task_default_queue = "shop"
        made.append(app)
        return app

    yield use
    before.set_current()
    for app in made:
        app.close()


class Queue:
    """What lies in the queue: each message's task, arguments and properties."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def take(self) -> list[tuple[str, list[Any]]]:
        return [(message.headers["task"], message.decode()[0]) for message in self.messages()]

    def messages(self) -> list[Any]:
        with self._app.connection_for_read() as connection:
            channel = connection.default_channel
            found = iter(lambda: channel.basic_get("shop", no_ack=True), None)
            return [channel.message_to_python(raw) if isinstance(raw, dict) else raw for raw in found]


@pytest.fixture
def queue(use_broker: Use, settings: Settings) -> Queue:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "WEBHOOKS_IN_BACKGROUND": True}
    waiting = Queue(use_broker("memory://"))
    waiting.take()  # the memory is the process's
    return waiting


def received() -> WireMessage:
    return WireMessage.objects.get(direction="in")


PROCESS = "paytm_kit.tasks.process_message"


@pytest.mark.databases
def test_the_webhook_is_answered_once_stored_and_a_worker_asks_paytm(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue
) -> None:
    response = post_webhook(client, callback_fields(payment))
    assert (response.status_code, response.json()) == (200, {"result": "queued"})
    assert paytm.asked() == 0
    message = received()
    assert (message.verdict, message.http_status, message.processed_at) == ("verified", 200, None)
    ((name, arguments),) = queue.take()
    assert (name, arguments) == (PROCESS, [message.pk])

    paytm.will_say(payment=payment)
    tasks.process_message(*arguments)
    payment.refresh_from_db()
    message.refresh_from_db()
    assert payment.status == "paid"
    assert message.processed_at is not None
    assert payment.events.get(kind="captured").source == "webhook"
    question = WireMessage.objects.get(direction="out")
    assert question.correlation_id == message.correlation_id
    assert Announcement.objects.get().state == "delivered"


def test_without_a_broker_nothing_goes_to_whichever_one_runs_on_this_machine(
    payment: Payment, paytm: Paytm, client: Client, use_broker: Use, settings: Settings, caplog: Any
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "WEBHOOKS_IN_BACKGROUND": True}
    use_broker("")
    paytm.will_say(payment=payment)
    assert post_webhook(client, callback_fields(payment)).json() == {"result": "accepted"}
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert "background.no_broker" in caplog.text


def test_a_task_that_comes_again_asks_nobody(payment: Payment, paytm: Paytm, client: Client, queue: Queue) -> None:
    post_webhook(client, callback_fields(payment))
    paytm.will_say(payment=payment)
    for _ in range(3):
        tasks.process_message(received().pk)
    tasks.process_message(received().pk + 1000)  # purged meanwhile
    assert paytm.asked() == 1
    assert payment.events.filter(kind="captured").count() == 1


def test_a_worker_that_is_done_before_the_request_is_not_undone_by_it(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue
) -> None:
    current_app.conf.task_always_eager = True
    paytm.will_say(payment=payment)
    assert post_webhook(client, callback_fields(payment)).json() == {"result": "queued"}
    payment.refresh_from_db()
    assert (payment.status, received().http_status) == ("paid", 200)
    assert received().processed_at is not None


CLAIMS: dict[str, tuple[str, dict[str, str], str, dict[str, Any]]] = {
    "success": ("TXN_SUCCESS", {}, "TXN_SUCCESS", {}),
    "success that the books do not know yet": ("TXN_SUCCESS", {}, "PENDING", {}),
    "success that the books deny": ("TXN_SUCCESS", {}, "TXN_FAILURE", {}),
    "success by another transaction": ("TXN_SUCCESS", {"TXNID": "T-other"}, "TXN_SUCCESS", {}),
    "another amount": ("TXN_SUCCESS", {"TXNAMOUNT": "1.00"}, "TXN_SUCCESS", {}),
    "another currency": ("TXN_SUCCESS", {"CURRENCY": "USD"}, "TXN_SUCCESS", {}),
    "failure": ("TXN_FAILURE", {}, "TXN_FAILURE", {}),
}


@pytest.mark.parametrize(("claim", "changes", "answer", "said"), CLAIMS.values(), ids=CLAIMS)
def test_a_worker_comes_to_the_same_end_as_the_request(
    start: Callable[..., Payment],
    paytm: Paytm,
    client: Client,
    queue: Queue,
    settings: Settings,
    claim: str,
    changes: dict[str, str],
    answer: str,
    said: dict[str, Any],
) -> None:
    ends = []
    for in_background in (False, True):
        settings.PAYTM_KIT = {**settings.PAYTM_KIT, "WEBHOOKS_IN_BACKGROUND": in_background}
        payment = start()
        transaction_id = f"T-{in_background}"
        paytm.will_say(answer, payment=payment, txnId=transaction_id, **said)
        post_webhook(client, callback_fields(payment, claim, **{"TXNID": transaction_id, **changes}))
        for _, arguments in queue.take():
            tasks.process_message(*arguments)
        payment.refresh_from_db()
        events = [(event.kind, event.source, event.flag) for event in payment.events.order_by("pk")]
        soon = payment.next_ask_at and payment.next_ask_at - payment.asked_at == ladder.SOON
        ends.append((payment.status, payment.flags, events, soon))
    assert ends[0] == ends[1]
    assert paytm.asked() == 2


def test_a_refunds_webhook_goes_the_same_way(paid: Payment, paytm: Paytm, client: Client, queue: Queue) -> None:
    response = post_json_webhook(client, success_event(paid, "DASH-1"))
    assert response.json() == {"result": "queued"}
    paytm.refund_becomes("TXN_SUCCESS", "10")
    for _, arguments in queue.take():
        tasks.process_message(*arguments)
    assert paid.refunds.get().status == "succeeded"


def test_what_needs_no_question_needs_no_worker(payment: Payment, paytm: Paytm, client: Client, queue: Queue) -> None:
    assert post_webhook(client, callback_fields(payment, key=KEY[::-1])).status_code == 400
    assert post_webhook(client, callback_fields(payment, ORDERID="not-ours")).json() == {"result": "unknown_order"}
    paytm.will_say(payment=payment)
    confirm.ask(payment, source="test")
    assert post_webhook(client, callback_fields(payment)).json() == {"result": "accepted"}
    assert queue.take() == []


def test_a_shopper_who_comes_back_never_waits_for_a_worker(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue
) -> None:
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment))
    payment.refresh_from_db()
    assert (payment.status, queue.take()) == ("paid", [])


# ---- When the queue is not there


@pytest.fixture
def mute() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said, as behind a broken firewall."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=128)) as listening:
        yield listening.getsockname()[1]


BROKERS = {"Redis": "redis://127.0.0.1:{port}/0", "RabbitMQ": "amqp://guest:guest@127.0.0.1:{port}//"}


@pytest.mark.parametrize("state", ["down", "mute"])
@pytest.mark.parametrize("url", BROKERS.values(), ids=BROKERS)
def test_without_a_broker_the_webhook_is_processed_at_once(
    payment: Payment,
    paytm: Paytm,
    client: Client,
    queue: Queue,
    use_broker: Use,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mute: int,
    url: str,
    state: str,
) -> None:
    quick = {name: 0.1 if value == background.LONGEST_WAIT else value for name, value in background.BOUNDED.items()}
    monkeypatch.setattr(background, "BOUNDED", quick)
    monkeypatch.setattr(background, "LONGEST_WAIT", 0.1)
    use_broker(url.format(port=mute if state == "mute" else 9))
    paytm.will_say(payment=payment)
    began = time.monotonic()
    response = post_webhook(client, callback_fields(payment))
    assert time.monotonic() - began < 5
    assert (response.status_code, response.json()) == (200, {"result": "accepted"})
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert received().processed_at is not None
    (warning,) = (record for record in caplog.records if getattr(record, "event", "") == "background.not_queued")
    assert (warning.levelname, warning.wire_message) == ("WARNING", received().pk)
    assert "guest" not in warning.getMessage()


def test_without_celery_the_log_says_how_to_install_it(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setitem(sys.modules, "celery", None)
    monkeypatch.delitem(sys.modules, "paytm_kit.tasks")
    monkeypatch.delattr("paytm_kit.tasks")
    paytm.will_say(payment=payment)
    assert post_webhook(client, callback_fields(payment)).json() == {"result": "accepted"}
    assert 'Install it: pip install "paytm-kit[celery]"' in caplog.text
    with pytest.raises(ImportError, match=r'pip install "paytm-kit\[celery\]"'):
        importlib.import_module("paytm_kit.tasks")


def test_what_the_queue_lost_is_found_in_the_database(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue
) -> None:
    post_webhook(client, callback_fields(payment))
    assert len(queue.take()) == 1  # and nobody works on it
    paytm.will_say(payment=payment)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        tasks.reconcile()
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert received().processed_at is not None


# ---- When the gateway is not there


def test_a_worker_tries_again_while_paytm_is_silent_and_leaves_the_rest_to_reconcile(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue
) -> None:
    post_webhook(client, callback_fields(payment))
    paytm.will_answer(requests.ReadTimeout("slow"))
    result = tasks.process_message.apply((received().pk,))  # tries again at once, where a worker would wait
    assert result.state == "FAILURE"
    per_try = paytm.asked() / (tasks.TRIED_AGAIN["max_retries"] + 1)
    assert per_try >= 1
    assert per_try == int(per_try)
    assert received().processed_at is None
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_a_worker_waits_longer_each_time(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("celery.utils.time.random.randrange", lambda most: most - 1)  # the longest that chance allows
    post_webhook(client, callback_fields(payment))
    queue.take()
    paytm.will_answer(requests.ReadTimeout("slow"))
    waits = []
    for tried in range(4):
        tasks.process_message.push_request(
            args=[received().pk], retries=tried, called_directly=False, is_eager=False, delivery_info={}
        )
        try:
            with pytest.raises(Exception, match="Retry"):
                tasks.process_message.run(received().pk)
        finally:
            tasks.process_message.pop_request()
        (message,) = queue.messages()
        assert message.decode()[0] == [received().pk]
        wait = datetime.fromisoformat(message.headers["eta"]) - timezone.now()
        waits.append(round(wait.total_seconds()))
    assert waits == [2, 4, 8, 16]


def test_a_mistake_in_the_settings_is_not_tried_again(
    payment: Payment, paytm: Paytm, client: Client, queue: Queue, settings: Settings
) -> None:
    post_webhook(client, callback_fields(payment))
    other = {**settings.PAYTM_KIT["ACCOUNTS"]["default"], "MERCHANT_ID": "TESTMID0000000000002"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": other}}
    result = tasks.process_message.apply((received().pk,))
    assert (result.state, result.result.code) == ("FAILURE", "configuration")
    assert received().processed_at is None


# ---- By the clock


def test_waiting_announcements_are_shared_out_one_task_each(payment: Payment, paytm: Paytm, queue: Queue) -> None:
    def stumble(**_: object) -> None:
        raise RuntimeError("printer on fire")

    paytm.will_say(payment=payment)
    with connected(signals.payment_succeeded, stumble):
        confirm.ask(payment, source="test")
    row = Announcement.objects.get()
    tasks.deliver_announcements()
    assert queue.take() == []  # not before its time
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        tasks.deliver_announcements()
        assert queue.take() == [("paytm_kit.tasks.deliver_announcement", [row.pk])]
        for _ in range(2):
            tasks.deliver_announcement(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("delivered", 2)


def test_the_reconcile_task_sees_to_all_that_is_due_and_logs_what_is_left(
    payment: Payment, paytm: Paytm, caplog: pytest.LogCaptureFixture
) -> None:
    paytm.will_answer(requests.ReadTimeout("slow"))
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=True):
        tasks.reconcile()
    assert f"reconcile.not_done row={payment.gateway_order_id}" in caplog.text
    assert "reconcile.done asked=1 changed=0 delivered=0 left=1" in caplog.text
    paytm.will_say(payment=payment)
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        tasks.reconcile()
    assert "reconcile.done asked=1 changed=1 delivered=0 left=0" in caplog.text
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_letters_that_are_due_are_shared_out_one_task_each(
    payment: Payment, paytm: Paytm, queue: Queue, settings: Any
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "EMAIL": True, "EMAIL_AT_ONCE": False}
    paytm.will_say(payment=payment)
    confirm.ask(payment, source="test")
    row = Letter.objects.get()
    tasks.send_letters()
    assert queue.take() == [("paytm_kit.tasks.send_letter", [row.pk])]
    for _ in range(2):
        tasks.send_letter(row.pk)
    assert len(mail.outbox) == 1
    tasks.send_letters()
    assert queue.take() == []


def test_the_clock_sends_tasks_that_are_there_and_lets_none_pile_up(use_broker: Use, queue: Queue) -> None:
    app = current_app._get_current_object()
    app.conf.beat_schedule = background.beat_schedule()
    clock = Scheduler(app, lazy=True)
    clock.setup_schedule()
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        for _ in clock.schedule:
            clock.tick()
        sent = {message.headers["task"]: message.headers["expires"] for message in queue.messages()}
        now = timezone.now()
    seconds = {task: round((datetime.fromisoformat(at) - now).total_seconds()) for task, at in sent.items()}
    assert seconds == {
        "paytm_kit.tasks.reconcile": 300,
        "paytm_kit.tasks.deliver_announcements": 60,
        "paytm_kit.tasks.send_letters": 60,
    }
    assert seconds.keys() <= set(app.tasks)


def test_every_task_survives_its_worker_and_takes_primary_keys_as_json(use_broker: Use) -> None:
    use_broker("memory://")
    found = [task for task in vars(tasks).values() if isinstance(task, Task)]
    assert len(found) == 6
    for task in found:
        assert (task.acks_late, task.reject_on_worker_lost, task.ignore_result) == (True, True, True)
        assert task.serializer == "json"
        assert set(getattr(task, "_orig_run", task.run).__annotations__.items()) <= {("pk", "int"), ("return", "None")}
