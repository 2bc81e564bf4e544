"""Empties the database after a test that commits, as Django's flush does, but only the tables that the test filled.

Django truncates every table and makes content types and permissions anew. Over some forty tables that took longer than
most tests themselves: each TRUNCATE waits for the disk on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

Rows = list[tuple[Any, ...]]


class Emptier:
    """What the migrations left (content types, permissions) stays; a test that changes it costs one real flush."""

    def __init__(self) -> None:
        call_command("flush", verbosity=0, interactive=False)
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._lasting = {table: rows for table in tables if (rows := _read(table))}
        self._passing = sorted(set(tables) - set(self._lasting))

    def empty(self) -> None:
        if any(_read(table) != rows for table, rows in self._lasting.items()):
            self.__init__()
            return
        with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
            for table in self._filled():
                cursor.execute(f"DELETE FROM {_quoted(table)}")
        ContentType.objects.clear_cache()

    def _filled(self) -> list[str]:
        look = "SELECT '{}' FROM DUAL WHERE EXISTS (SELECT 1 FROM {})"
        if connection.vendor != "mysql":
            look = look.replace("FROM DUAL ", "")
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(look.format(table, _quoted(table)) for table in self._passing))
            return [table for (table,) in cursor.fetchall()]


def replace_djangos() -> Callable[[], None]:
    """From now on ``TransactionTestCase`` ends with ``Emptier.empty``. The answer undoes that."""
    emptier, djangos = Emptier(), TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        if case.databases == {"default"} and not (case.serialized_rollback or case.available_apps):
            emptier.empty()
        else:
            djangos(case)

    TransactionTestCase._fixture_teardown = teardown
    return lambda: setattr(TransactionTestCase, "_fixture_teardown", djangos)


def _read(table: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_quoted(table)}")
        return sorted(cursor.fetchall(), key=repr)


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
