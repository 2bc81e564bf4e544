"""``paytm-simulator examine``: reads what to examine, plays the battery, prints the card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from paytm_kit.simulator import guard
from paytm_kit.simulator.examine import plan as plans
from paytm_kit.simulator.examine import report as cards
from paytm_kit.simulator.examine.attacks import ATTACKS
from paytm_kit.simulator.examine.plan import CannotRun
from paytm_kit.simulator.examine.run import Report, Result, examine

PURPOSE = (
    "Plays shopper, bank and attacker against a merchant's test site in any language, and reports what it believed."
)
FULL_MARKS, NOT_HELD, NOT_RUN = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 everything held, 1 something did not, 2 it could not run (stderr says why)."""
    arguments = _parser().parse_args(argv)
    if arguments.list:
        sys.stdout.write(listing())
        return FULL_MARKS
    try:
        _refuse_production()
        plan = plans.read(vars(arguments))
        for path in (arguments.json, arguments.html):
            _check_writable(path)
        report = examine(plan, _printer())
        sys.stdout.write(cards.closing(report, colour=sys.stdout.isatty()))
        _write(arguments.json, cards.as_json, report)
        _write(arguments.html, cards.as_html, report)
    except CannotRun as error:
        sys.stderr.write(f"paytm-simulator examine: {error}\n")
        return NOT_RUN
    except KeyboardInterrupt:
        sys.stderr.write("paytm-simulator examine: stopped.\n")
        return NOT_RUN
    if report.full_marks:
        return FULL_MARKS
    return NOT_HELD if len(report.held) < len(report.run) else NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="paytm-simulator examine", description=PURPOSE)
    plans.add_arguments(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the report as one HTML page")
    parser.add_argument("--list", action="store_true", help="print the attacks by name and end")
    return parser


def listing() -> str:
    """Every attack by its name, with what it does."""
    return "".join(f"{attack.name:<26} {attack.group}: {attack.does}\n" for attack in ATTACKS)


def _printer() -> Callable[[Result], None]:
    colour, group = sys.stdout.isatty(), [""]

    def show(result: Result) -> None:
        if result.attack.group != group[0]:
            group[0] = result.attack.group
            sys.stdout.write(f"\n{group[0]}\n")
        sys.stdout.write(cards.line(result, colour=colour) + "\n")
        sys.stdout.flush()

    return show


def _refuse_production() -> None:
    if reason := guard.production():
        raise CannotRun(reason.replace("The Paytm simulator does", "The examiner does"))


def _check_writable(path: str | None) -> None:
    """Before anything runs: a report that cannot be written is not worth ten minutes."""
    if path and not Path(path).resolve().parent.is_dir():
        raise CannotRun(f"{path} cannot be written: the folder does not exist.")


def _write(path: str | None, render: Callable[[Report], str], report: Report) -> None:
    if path:
        try:
            Path(path).write_text(render(report), encoding="utf-8")
        except OSError as error:
            raise CannotRun(f"{path} cannot be written: {error.strerror}.") from error
