"""What is said of one setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in ``PAYTM_KIT``, the end of its environment variable, its meaning.

    Those of one ``group`` are read together: a wrong one stops what needs the group, and nothing else.
    """

    name: str
    env: str  # after PAYTM_ (or PAYTM_<ACCOUNT>_ for accounts other than "default")
    cast: Callable[[Any], Any]
    default: Any
    help: str
    group: str = ""
