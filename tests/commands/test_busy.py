"""Commands on a payment whose lock another process holds, or before ``migrate``: one sentence and no traceback."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from paytm_kit.models import Payment, WireMessage
from tests.paytm import Paytm
from tests.services.test_refunds import APPLY

pytestmark = pytest.mark.databases

BUSY = {
    "paytm_refund": (["--all", "--reason", "x"], "{} is busy: .*Nothing was sent or changed; try again"),
    "paytm_status": ([], "{} is busy, so the gateway's answer may not be noted"),
    "paytm_close": (["--reason", "x"], "{} is busy: .*Nothing was sent or changed; try again"),
}


@pytest.mark.parametrize("command", BUSY)
def test_a_payment_that_is_busy_is_named(
    payment: Payment,
    paytm: Paytm,
    busy: Callable[[Payment], None],
    request: pytest.FixtureRequest,
    command: str,
) -> None:
    flags, said = BUSY[command]
    if command == "paytm_refund":
        request.getfixturevalue("paid")
    paytm.will_say(payment=payment)
    busy(payment)
    with pytest.raises(CommandError, match=said.format(payment.gateway_order_id)) as caught:
        call_command(command, payment.gateway_order_id, *flags, stdout=StringIO())
    assert caught.value.returncode == 1
    assert paytm.asked(APPLY) == 0
    assert not payment.events.filter(kind="closed").exists()


def test_rebuild_passes_over_what_is_busy_and_says_so(
    payment: Payment, start: Callable[..., Payment], busy: Callable[[Payment], None], database: str
) -> None:
    start()
    busy(payment)
    told, printed = StringIO(), StringIO()
    with pytest.raises(CommandError, match="Run it again"):
        call_command("paytm_rebuild", stdout=printed, stderr=told)
    looked = 0 if database == "sqlite" else 1  # SQLite has one lock for all
    assert f"payments looked at: {looked}, drifted: 0" in printed.getvalue()
    assert f"{payment.gateway_order_id} is busy: " in told.getvalue()


@pytest.mark.parametrize(
    "arguments", [["paytm_reconcile"], ["paytm_purge"], ["paytm_replay", "--unprocessed"]], ids=lambda given: given[0]
)
def test_before_migrate_the_command_says_so(transactional_db: None, arguments: list[str]) -> None:
    table, recorder = WireMessage._meta.db_table, MigrationRecorder(connection)
    newest = max(name for app, name in recorder.applied_migrations() if app == "paytm_kit")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
        recorder.record_unapplied("paytm_kit", newest)
        try:
            with pytest.raises(CommandError, match=r"Run manage\.py migrate"):
                call_command(*arguments, stdout=StringIO())
        finally:
            cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")
            recorder.record_applied("paytm_kit", newest)


@pytest.mark.parametrize(
    "arguments",
    [
        ["paytm_refund", "\udcff", "--all", "--reason", "x"],
        ["paytm_refund", "x", "--all", "--reason", "\udcff"],
        ["paytm_status", "a\udcff"],
        ["paytm_close", "\udcff", "--reason", "x"],
        ["paytm_rebuild", "--order", "\udcff"],
        ["paytm_replay", str(10**23)],
        ["paytm_replay", "0"],
    ],
    ids=" ".join,
)
def test_what_no_database_takes_is_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"Error: argument .* is (not UTF-8|no id)"):
        call_command(*arguments)
