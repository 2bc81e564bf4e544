"""Who else lives in this server: stand-ins for other gateways share its door, clock, books, threads and watch pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from paytm_kit.simulator.faults.table import Fault


class Guest(NamedTuple):
    """What the simulator asks of one; every call uses the simulator's books and clock."""

    label: str  # of the Django app whose tables lie in these books
    title: str  # of its watch page in the navigation
    watch: str  # the name of that page's address
    templates: Path
    faults: tuple[Fault, ...]
    open: Callable[[], None]  # once in each process, and after a reset: what exists before the first order
    run_due: Callable[[], None]
    next_at: Callable[[datetime], datetime | None]  # when something happens by itself after this moment
    send_next: Callable[[], bool]  # sends one webhook that is due; False when none is
    under_way: Callable[[], bool]  # whether one is being sent or should be
    take_back: Callable[[], None]  # what a dead process was sending


_guests: dict[str, Guest] = {}


def join(guest: Guest) -> None:
    """From now on it is served; joining again changes nothing."""
    _guests[guest.label] = guest


def leave(label: str) -> None:
    """It is served no more: the books that follow have none of its tables."""
    _guests.pop(label, None)


def labels() -> tuple[str, ...]:
    return tuple(_guests)


def pages() -> list[tuple[str, str]]:
    """Title and name of the address of each one's watch page."""
    return [(guest.title, guest.watch) for guest in _guests.values()]


def folders() -> list[Path]:
    return [guest.templates for guest in _guests.values()]


def faults() -> Iterator[Fault]:
    return (fault for guest in _guests.values() for fault in guest.faults)


def open_all() -> None:
    for guest in _guests.values():
        guest.open()


def run_due() -> None:
    for guest in _guests.values():
        guest.run_due()


def moments(after: datetime) -> list[datetime | None]:
    return [guest.next_at(after) for guest in _guests.values()]


def send_next() -> bool:
    return any(guest.send_next() for guest in _guests.values())


def under_way() -> bool:
    return any(guest.under_way() for guest in _guests.values())


def take_back() -> None:
    for guest in _guests.values():
        guest.take_back()
