"""Announcements for a Flask app: its functions hear the kit's signals, each in an app context of its own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeVar

from paytm_kit.contrib.flask import process
from paytm_kit.signals import BY_NAME

Heard = TypeVar("Heard", bound=Callable[..., Any])


def on(name: str) -> Callable[[Heard], Heard]:
    """Registers a function for one announcement. Raises ValueError for a name that is none, TypeError without **."""
    if name not in BY_NAME:
        near = get_close_matches(name, BY_NAME, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(BY_NAME)}."
        raise ValueError(f"There is no announcement {name!r}. {hint}")

    def register(function: Heard) -> Heard:
        if all(each.kind is not each.VAR_KEYWORD for each in inspect.signature(function).parameters.values()):
            raise TypeError(f"{function.__qualname__} must take **kwargs: announcements may bring more one day.")
        # An app that is made twice in a process (create_app in tests) registers its functions twice. The new one takes
        # the old one's place, so that each is told once.
        known = f"{function.__module__}.{function.__qualname__}"
        BY_NAME[name].disconnect(dispatch_uid=known)
        BY_NAME[name].connect(_in_a_context(function), weak=False, dispatch_uid=known)
        return function

    return register


def _in_a_context(function: Callable[..., Any]) -> Callable[..., None]:
    """A context of its own also inside a request: a session of the shop's ORM that is half-way there stays apart."""

    @functools.wraps(function)
    def heard(**said: Any) -> None:
        with process.app().app_context():
            function(**said)

    return heard
