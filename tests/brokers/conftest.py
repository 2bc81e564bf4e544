"""One site for the group, set up and started as docs/scale.md says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.brokers import page
from tests.brokers.site import Program, Site, made
from tests.run import POSTGRESQL, RABBITMQ, REDIS, answers

MISSING = [url for url in (POSTGRESQL, REDIS, RABBITMQ) if not answers(url)]


@dataclass(frozen=True)
class Started:
    """What the page starts, on Redis."""

    web: Program
    workers: tuple[Program, ...]
    clock: Program


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if MISSING and os.environ.get("CI") != "true":
        pytest.skip("start PostgreSQL, Redis, RabbitMQ, or set TEST_POSTGRESQL_URL, TEST_REDIS_URL, TEST_RABBITMQ_URL")
    with made(tmp_path_factory.mktemp("scale")) as found:
        for block in page.chapter("Set up"):
            found.save(block) if block.file else found.run(block.text)
        yield found


@pytest.fixture(scope="session")
def started(site: Site) -> Started:
    _, web, *workers, clock = [site.start(block.text) for block in page.chapter("Start")]
    for worker in workers:
        worker.wait_for(r"@\S+ ready")
    clock.wait_for("beat: Starting")
    site.wait_for(site.port)
    site.wait_for(site.port + 1)
    return Started(web, tuple(workers), clock)
