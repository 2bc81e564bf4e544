"""Web workers, Celery workers and the clock on PostgreSQL, as docs/scale.md starts them; and kill -9 in the middle."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter

import pytest

from tests.brokers import page
from tests.brokers.conftest import Started
from tests.brokers.site import WITHIN, Program, Site, free_pair
from tests.run import RABBITMQ

pytestmark = pytest.mark.brokers

TAKEN = r"paytm_kit\.tasks\.process_message\[\S+ received"
PAID = r"inbound\.taken_up .*status=paid"
WORKER = "celery -A demo_site worker --pool solo --loglevel INFO"


def test_what_the_page_says_happens(site: Site, started: Started) -> None:
    for title in ("Buy", "Kill a worker"):
        for block in page.chapter(title):
            said = site.run(block.text)
            assert not block.answer or fits(block.answer, said), said
    webhooks = Counter(re.findall(r"inbound\.webhook .* result=(\w+)", started.web.printed()))
    assert webhooks.keys() == {"queued"}
    assert webhooks["queued"] >= 20
    assert [worker.process.poll() for worker in started.workers] == [-signal.SIGKILL, None]
    started.workers[0].wait_until_nobody_is_left()
    assert_each_was_processed_once(site)


def test_when_a_child_of_a_worker_is_killed_the_worker_puts_the_message_back(site: Site, started: Started) -> None:
    """On Redis. Celery sees its child die: reject_on_worker_lost."""
    before = {worker: taken_by(worker) for worker in started.workers}
    shopper = one_slow_shopper(site, PORT=str(site.port))
    worker = next(worker for worker in started.workers if taken_by(worker) > before[worker])
    (child,) = worker.children()
    os.kill(child, signal.SIGKILL)
    assert shopper.process.wait(timeout=WITHIN) == 0, shopper.printed()
    assert sum(map(taken_by, started.workers)) == sum(before.values()) + 2
    assert_each_was_processed_once(site)


def test_when_a_whole_worker_is_killed_the_broker_gives_the_message_to_another(site: Site, started: Started) -> None:
    """On RabbitMQ. The broker sees the connection go: acks_late."""
    port = free_pair()
    environ = {
        "CELERY_BROKER_URL": RABBITMQ,
        "CELERY_QUEUE": site.other_queue,
        "DATABASE_URL": site.here("postgres://postgres@127.0.0.1:5432/kadamb"),
        "PAYTM_HOST": f"http://127.0.0.1:{site.port + 1}",
        "PAYTM_WEBHOOKS_IN_BACKGROUND": "true",
        "PORT": str(port),
    }
    settings = site.simulator("GET", "settings")
    web = site.start(f"gunicorn --bind 127.0.0.1:{port} demo_site.wsgi", **environ)
    first = site.start(WORKER, **environ)
    first.wait_for(r"@\S+ ready")
    site.wait_for(port)
    site.simulator("PUT", "settings", {"webhook_url": f"http://127.0.0.1:{port}/paytm/webhook/"})
    try:
        shopper = one_slow_shopper(site, **environ)
        first.kill()
        second = site.start(WORKER, **environ)
        second.wait_for(PAID)
        assert shopper.process.wait(timeout=WITHIN) == 0, shopper.printed()
    finally:
        site.simulator("PUT", "settings", {"webhook_url": settings["webhook_url"]})
    assert (taken_by(first), taken_by(second)) == (1, 1)
    assert "result=queued" in web.printed()
    assert_each_was_processed_once(site)


def one_slow_shopper(site: Site, **environ: str) -> Program:
    """Buys and pays; returns when a worker has asked the gateway, whose answer takes its time."""
    site.simulator("PUT", "faults", [{"fault": "status.slow", "seconds": 10, "times": 1}])
    shopper = site.start("python manage.py shoppers 1", **{"DATABASE_URL": "sqlite:///unused.sqlite3", **environ})
    end = time.monotonic() + WITHIN
    while any(not rule["struck"] for rule in site.simulator("GET", "faults")["active"]):
        assert shopper.process.poll() is None, shopper.printed()
        assert time.monotonic() < end, "nobody asks the gateway"
        time.sleep(0.05)
    return shopper


def taken_by(worker: Program) -> int:
    return len(re.findall(TAKEN, worker.printed()))


def assert_each_was_processed_once(site: Site) -> None:
    """Every payment so far: captured once, by its webhook, which is closed; the shop heard of it once."""
    ((payments, captured),) = site.rows(
        "SELECT count(DISTINCT payment_id), count(*) FROM paytm_kit_paymentevent WHERE kind = 'captured'"
    )
    ((messages, closed, answered),) = site.rows(
        "SELECT count(*), count(processed_at), count(*) FILTER (WHERE http_status = 200) "
        "FROM paytm_kit_wiremessage WHERE direction = 'in'"
    )
    assert payments == captured == messages == closed == answered > 0
    assert site.rows("SELECT DISTINCT status FROM paytm_kit_payment") == [("paid",)]
    assert site.rows("SELECT DISTINCT source FROM paytm_kit_paymentevent WHERE kind = 'captured'") == [("webhook",)]
    assert site.rows("SELECT count(*) FROM shop_order WHERE paid_at IS NULL") == [(0,)]
    heard = "SELECT count(*) FROM paytm_kit_announcement WHERE signal = 'payment_succeeded' AND state = 'delivered'"
    assert site.rows(heard) == [(payments,)]


def fits(shown: str, said: str) -> bool:
    """Line by line; ``…`` stands for anything on its line."""
    pattern = "\n".join(".*".join(map(re.escape, line.split("…"))) for line in shown.strip().splitlines())
    return re.fullmatch(pattern, said.strip()) is not None
