"""manage.py paytm_settle: what a person reads, what a spreadsheet and a script get, and how it ends."""

from __future__ import annotations

import csv
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command

from paytm_kit.management.commands.paytm_settle import Command
from paytm_kit.models import Payment, Settlement, SettlementLine
from tests.paytm import Paytm
from tests.settlements import NOW, line, report

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True), pytest.mark.time_machine(NOW)]


def settle(*arguments: Any) -> tuple[int, str]:
    """The exit code and all that was printed."""
    printed = StringIO()
    try:
        call_command("paytm_settle", *map(str, arguments), stdout=printed, stderr=printed)
    except CommandError as error:
        return error.returncode, f"{printed.getvalue()}{error}"
    return 0, printed.getvalue()


def test_all_matched_is_summed_up_and_ends_well(paid: Payment, tmp_path: Path) -> None:
    code, said = settle(report(tmp_path, line(paid, **{"SETTLED DATE": "2031-01-11"})), "--grace", "0")
    assert code == 0
    assert said == (
        "report.csv: lines 1; verdicts: matched 1\n"
        "rupees: gross 499.00, fee 8.73, tax 1.57, net 488.70\n"
        "Looked for what was captured or refunded from 2031-01-10 to 2031-01-10.\n"
    )


def test_each_difference_is_a_line_and_makes_the_exit_code_one(paid: Payment, tmp_path: Path) -> None:
    path = report(tmp_path, line(paid), line(paid, TXNAMOUNT="400.00"), "cut,off", line(paid, ORDERID="X", TXNID="X"))
    code, said = settle(path)
    assert code == 1
    order, transaction = paid.gateway_order_id, paid.transaction_id
    assert said.splitlines()[:3] == [
        f"line 3  amount  {order}  {transaction}  400.00  The report says 400.00, captured here were 499.00.",
        "line 4  broken  Line 4: the line ends after 2 of 10 columns.",
        "line 5  missing_here  X  X  499.00  No payment here has this order id or transaction id.",
    ]
    assert "lines 4; verdicts: amount 1, broken 1, matched 1, missing_here 1" in said
    assert said.endswith("3 differences.")


def test_every_line_goes_into_the_csv_and_no_cell_is_a_formula(paid: Payment, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    path = report(tmp_path, line(paid), line(paid, ORDERID="=1+1", TXNID="X"), "cut,off")
    assert settle(path, "--csv", out)[0] == 1
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["verdict"], row["order_id"], row["net"]) for row in rows] == [
        ("2", "matched", paid.gateway_order_id, "488.70"),
        ("3", "missing_here", "'=1+1", "488.70"),
        ("4", "broken", "", ""),
    ]
    assert rows[0]["utr"] == "SDBLN00000000001"
    assert rows[0]["settled_on"] == "2031-01-07"


def test_a_script_gets_one_json_document(paid: Payment, tmp_path: Path) -> None:
    path = report(tmp_path, line(paid), line(paid, ORDERID="X", TXNID="X"))
    printed = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("paytm_settle", str(path), "--json", stdout=printed)
    assert ended.value.returncode == 1
    said = json.loads(printed.getvalue())
    assert (said["lines"], said["verdicts"]) == (2, {"matched": 1, "missing_here": 1})
    assert (said["gross"], said["fee"], said["tax"], said["net"]) == ("998.00", "17.46", "3.14", "977.40")
    assert [row["order_id"] for row in said["differences"]] == ["X"]
    assert said["date"] == "2031-01-07"
    assert Settlement.objects.get().pk == said["settlement"]


USAGE = {
    "nothing": ([], "Name a FILE, or --fetch"),
    "both": (["report.csv", "--fetch"], "and not both"),
    "no such day": (["--fetch", "--date", "2031-02-30"], "a day such as 2031-01-02"),
    "no such file": (["absent.csv"], "absent.csv: No such file"),
    "no such account": (["report.csv", "--account", "other"], 'no account "other"'),
    "no report": (["other.csv"], "no settlement report that we know"),
    "over itself": (["report.csv", "--csv", "report.csv"], "write over the report"),
    "a day before all days": (["report.csv", "--date", "0001-01-01"], "between 2000-01-01 and 2100-12-31"),
    "a day after all days": (["--fetch", "--date", "9999-12-31"], "between 2000-01-01 and 2100-12-31"),
    "a day to come": (["report.csv", "--date", "2031-01-11"], "2031-01-11 is still to come"),
    "a full disk": (["report.csv", "--csv", "/dev/full"], "/dev/full: No space left"),
    "no folder": (["report.csv", "--csv", "absent/out.csv"], "absent/out.csv: No such file"),
    "a grace that is no number": (["report.csv", "--grace", "-1"], "a number of days"),
    "staging": (["--fetch"], "Paytm settles in production only"),
}


def test_every_mistake_is_named_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    report(tmp_path)
    (tmp_path / "other.csv").write_text("name,price\n")
    for mistake, (arguments, why) in USAGE.items():
        with pytest.raises(SystemExit) as ended:
            Command().run_from_argv(["manage.py", "paytm_settle", *arguments])
        assert ended.value.code == 2, mistake
        assert why in capsys.readouterr().err, mistake
    assert not SettlementLine.objects.exists()


def test_a_report_that_cannot_be_read_twice_is_named() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    try:
        assert settle(f"/dev/fd/{reading}") == (2, f"/dev/fd/{reading}: File or stream is not seekable.")
    finally:
        os.close(reading)


def test_the_csv_takes_its_place_only_when_the_report_was_read(paid: Payment, tmp_path: Path) -> None:
    path, out, link = report(tmp_path, line(paid)), tmp_path / "out.csv", tmp_path / "link.csv"
    out.write_text("last month's")
    out.chmod(0o640)
    link.symlink_to(out)
    assert settle(path, "--csv", link, "--account", "other")[0] == 2
    assert settle(tmp_path / "absent.csv", "--csv", link)[0] == 2
    assert out.read_text() == "last month's"
    assert settle(path, "--csv", link)[0] == 0
    assert out.read_text().startswith("line,verdict,")
    assert (link.is_symlink(), out.stat().st_mode & 0o777) == (True, 0o640)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link.csv", "out.csv", "report.csv"]


def test_a_gateway_that_does_not_answer_is_no_empty_day(settings: Any, paytm: Paytm) -> None:
    account = {**settings.PAYTM_KIT["ACCOUNTS"]["default"], "ENVIRONMENT": "production"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    paytm.will_answer(requests.ReadTimeout(), path="/merchant-settlement-service/settlement/list")
    code, said = settle("--fetch", "--date", "2031-01-07")
    assert (code, "time-out. Ask again" in said) == (2, True)
    assert not Settlement.objects.filter(finished_at__isnull=False).exists()
