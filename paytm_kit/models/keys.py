"""The key of somebody else's row as text, compared to the letter on every database.

MariaDB and MySQL compare text without regard to case, accents and trailing spaces unless told otherwise: orders ``aB``
and ``Ab`` would share their payments.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.lookups import Exact, In


class KeyField(models.CharField):
    """A CharField, the same in the database and in migrations; only ``=`` and ``IN`` are stricter."""

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class _ToTheLetter:
    """The usual comparison, which finds rows by the index, and of those the ones that are equal byte by byte."""

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lookup: Any = self
        usual, params = lookup.as_sql(compiler, connection)
        left, left_params = lookup.process_lhs(compiler, connection)
        right, right_params = lookup.process_rhs(compiler, connection)
        exact = f"CAST(CONVERT({left} USING utf8mb4) AS BINARY) {lookup.get_rhs_op(connection, right)}"
        return f"({usual} AND {exact})", (*params, *left_params, *right_params)


@KeyField.register_lookup
class ExactKey(_ToTheLetter, Exact):
    pass


@KeyField.register_lookup
class KeyIn(_ToTheLetter, In):
    pass
