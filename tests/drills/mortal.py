"""Makes this process die, or lose its database connection, at a step that somebody orders by a file.

The file's name is this process's role, its text how and where: "kill after commit". Whoever comes by first takes it, by
a new name with its process id, and nobody else dies. The kit itself knows nothing of this.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import psycopg
from django.db import connection

from tests.drills import steps
from tests.machine.crashes import Seam

KILL, CONNECTION = "kill", "connection"


def open_seams(order: Path) -> None:
    """Puts the death into every seam; ``order`` is the file that a drill writes."""
    where = {seam: name for name, seam in steps.ALL.items()}
    for seam in where:
        _open(seam, order)


def give(order: Path, how: str, where: str) -> None:
    """For the drill: from now on the next process of this role that comes by dies there."""
    draft = order.with_suffix(".draft")
    draft.write_text(f"{how} {where}", "utf-8")
    draft.rename(order)


def taken_by(order: Path) -> int | None:
    """The process that took the order, ``None`` if none came by yet."""
    found = next(order.parent.glob(f"{order.name}.took.*"), None)
    return int(found.suffix[1:]) if found else None


def forget(order: Path) -> None:
    for file in order.parent.glob(f"{order.name}*"):
        file.unlink()


def _open(seam: Seam, order: Path) -> None:
    original: Callable[..., Any] = resolve_name(seam.name)

    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not seam.after:
            _die(seam, order)
        result = original(*args, **kwargs)
        if seam.after:
            _die(seam, order)
        return result

    owner, _, name = seam.name.rpartition(".")
    setattr(resolve_name(owner), name, guarded)


def _die(seam: Seam, order: Path) -> None:
    try:
        how, _, where = order.read_text("utf-8").partition(" ")
        if steps.ALL[where] != seam:
            return
        order.rename(f"{order}.took.{os.getpid()}")
    except FileNotFoundError:  # nobody is to die, or another process was quicker
        return
    if how == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    _cut_off()


def _cut_off() -> None:
    """The database ends our connection, as when somebody restarts it; we find out when we use it next."""
    connection.ensure_connection()
    server: Any = connection.connection
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        ended = other.execute("SELECT pg_terminate_backend(%s, 5000)", [server.info.backend_pid]).fetchone()
    assert ended == (True,), "the connection lives on"
