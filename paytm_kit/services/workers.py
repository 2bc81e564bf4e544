"""Several threads share a list of work, each with a database connection of its own, closed when it is done.

They know the site's prefix (FORCE_SCRIPT_NAME): Django sets it for each thread apart, and addresses in letters need it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import TypeVar

from django.db import connections, router
from django.urls import get_script_prefix, set_script_prefix

from paytm_kit.models import Payment

Item = TypeVar("Item")
Result = TypeVar("Result")


def usable(workers: int) -> int:
    """How many of so many workers make sense: SQLite lets one write at a time, so there it is one."""
    return workers if connections[router.db_for_write(Payment)].features.has_select_for_update else 1


def share(
    items: Sequence[Item], do: Callable[[Item], Result], *, workers: int = 1, stop: Event | None = None
) -> Iterator[Result]:
    """What ``do`` makes of each item, as it comes. What ``do`` raises is raised here, after the items in hand.

    Once ``stop`` is set, or nobody takes results any more, items in hand are finished and no other is begun.
    """
    stop = stop or Event()
    todo = deque(items)
    if workers == 1:
        while todo and not stop.is_set():
            yield do(todo.popleft())
        return
    halt = Event()
    done: SimpleQueue[Result | Event] = SimpleQueue()

    prefix = get_script_prefix()

    def work() -> None:
        set_script_prefix(prefix)
        try:
            while not (stop.is_set() or halt.is_set()):
                try:
                    item = todo.popleft()
                except IndexError:  # another thread took the last one
                    return
                done.put(do(item))
        finally:
            connections.close_all()
            done.put(halt)

    with ThreadPoolExecutor(workers, "paytm-kit") as pool:
        threads = [pool.submit(work) for _ in range(workers)]
        try:
            busy = workers
            while busy:
                came = done.get()
                if isinstance(came, Event):
                    busy -= 1
                else:
                    yield came
        finally:
            halt.set()
        for thread in threads:
            thread.result()
