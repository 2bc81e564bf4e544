"""Money rows refuse writers: they are saved by the ledger and deleted by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from django.db import models

_ledger_is_writing: ContextVar[bool] = ContextVar("paytm_kit_ledger_is_writing", default=False)


@contextmanager
def ledger_writes() -> Iterator[None]:
    """Used by ``ledger.book`` alone: inside it the money models may be written."""
    token = _ledger_is_writing.set(True)
    try:
        yield
    finally:
        _ledger_is_writing.reset(token)


class LedgerOnly(RuntimeError):
    """Payments and events change through the ledger's verbs only."""


def refuse(what: str) -> NoReturn:
    raise LedgerOnly(f"{what} is written by the ledger only. Use the verbs of paytm_kit.checkout or the commands.")


class LedgerQuerySet(models.QuerySet[Any]):
    """Refuses bulk changes from outside the ledger."""

    def _guard(self) -> None:
        if not _ledger_is_writing.get():
            refuse(self.model.__name__)

    def update(self, **kwargs: Any) -> int:
        self._guard()
        return super().update(**kwargs)

    def bulk_create(self, *args: Any, **kwargs: Any) -> Any:
        self._guard()
        return super().bulk_create(*args, **kwargs)

    def delete(self) -> NoReturn:
        refuse(self.model.__name__)


class LedgerModel(models.Model):
    """A row of money truth: saved by the ledger, deleted by nobody."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not _ledger_is_writing.get():
            refuse(type(self).__name__)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(type(self).__name__)
