"""Whether work can be handed over at all: Celery that was told of no broker takes one on this machine, whoever's."""

from __future__ import annotations


def is_set() -> bool:
    """Whether the project's Celery app has a broker to write to. Raises ImportError without Celery."""
    from celery import current_app  # an extra

    return bool(current_app.conf.broker_write_url)  # broker_url where that one is not set, or their variables
