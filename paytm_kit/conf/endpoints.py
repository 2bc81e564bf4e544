"""What is set about webhooks of ours to other systems: the endpoints, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class OutgoingSettings:
    """The settings whose names begin with OUTGOING. Days and seconds as their names say."""

    outgoing_webhooks: Mapping[str, Mapping[str, Any]]
    outgoing_at_once: bool
    outgoing_timeout: float
    outgoing_give_up_days: int
    outgoing_retention_days: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One system that hears of payments. ``secrets``: the one that signs, and during a rotation the one before it."""

    name: str
    url: str = field(repr=False)  # its path may be a secret
    secrets: tuple[str, ...] = field(repr=False)
    events: tuple[str, ...]
    enabled: bool
    allow_private: bool


def named(value: Any) -> dict[str, Mapping[str, Any]]:
    """``{"erp": {…}}`` as PAYTM_KIT has it, or from the environment the names: ``erp, crm``. Raises ValueError."""
    if isinstance(value, str):
        return {name: {} for name in (word.strip() for word in value.split(",")) if name}
    if not isinstance(value, Mapping) or not all(isinstance(each, Mapping) for each in value.values()):
        raise ValueError("no names with dictionaries")
    return {str(name): each for name, each in value.items()}
