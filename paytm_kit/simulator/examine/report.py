"""The report card: the same facts as text for a terminal, as JSON for programs, as one HTML page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

from django.template import Context, Engine

import paytm_kit
from paytm_kit.simulator.examine.run import Report, Result, Verdict
from paytm_kit.simulator.examine.scene import Kind

NOTICE = "This is not Paytm. It is a simulator for tests: no real money moved."
TEMPLATES = Path(__file__).parent.parent / "templates"
TEMPLATE = "paytm_simulator/examined.html"
MEANING = {
    Verdict.HELD: "the site did what it must",
    Verdict.LET_THROUGH: "the site said paid, and the bank had not captured the full amount (or granted twice)",
    Verdict.LOST: "the bank had the money and the site was told, but it did not say paid",
    Verdict.ERROR: "an answer was a 5xx, or the connection ended without one",
    Verdict.SLOW: "an answer took too long",
    Verdict.NOT_RUN: "it could not be played here",
}
COLOURS = {Verdict.HELD: "32", Verdict.NOT_RUN: "2", Verdict.SLOW: "33", Verdict.ERROR: "33"}  # else red
RED = "31"
MOST_FINDINGS = 5
WIDTH = 100


def score(report: Report) -> str:
    """The one line that matters: ``41 of 41 held``."""
    skipped = len(report.results) - len(report.run)
    return f"{len(report.held)} of {len(report.run)} held" + (f"; {skipped} not run" if skipped else "")


def line(result: Result, *, colour: bool) -> str:
    """One attack on one line of a terminal."""
    word = f"{result.verdict.value:<12}"
    if colour:
        word = f"\x1b[{COLOURS.get(result.verdict, RED)}m{word}\x1b[0m"
    after = result.why_not or f"{result.seconds:.1f} s"
    return f"  {word} {result.attack.name:<26} {after}"


def closing(report: Report, *, colour: bool) -> str:
    """What comes after the lines: each thing to mend with its remedy, and the score."""
    lines: list[str] = []
    for number, result in enumerate(worst_first(report), 1):
        lines += ["", f"{number}. {_heading(result, colour)}"]
        lines += _wrapped("done", result.attack.does)
        lines += _wrapped("must hold", result.attack.must)
        for text in seen(result):
            lines += _wrapped("seen", text)
        lines += _wrapped("why", result.attack.why)
        lines += _wrapped("remedy", result.attack.remedy)
    if report.cut_short:
        lines += ["", f"Cut short: {report.cut_short}"]
    mark = "\x1b[1m{}\x1b[0m" if colour else "{}"
    lines += [
        "",
        mark.format(f"Score: {score(report)}."),
        f"{report.requests} requests in {report.seconds:.0f} s.",
        NOTICE,
    ]
    return "\n".join(lines) + "\n"


def _heading(result: Result, colour: bool) -> str:
    text = f"{result.verdict.value.upper()}  {result.attack.name}  ({result.attack.severity})"
    return f"\x1b[{COLOURS.get(result.verdict, RED)};1m{text}\x1b[0m" if colour else text


def _wrapped(label: str, text: str) -> list[str]:
    rows = wrap(text, WIDTH - 14) or [""]
    return [f"   {label:<10} {rows[0]}", *(" " * 14 + row for row in rows[1:])]


def worst_first(report: Report) -> list[Result]:
    """What did not hold: by verdict, then by severity, then as it was played."""
    verdicts, severities = list(Verdict), ["critical", "high", "medium"]
    failed = [result for result in report.run if result.verdict is not Verdict.HELD]
    return sorted(failed, key=lambda r: (verdicts.index(r.verdict), severities.index(r.attack.severity)))


def seen(result: Result) -> list[str]:
    """The findings in words, equal ones once, the first few."""
    ordered = sorted(result.findings, key=lambda finding: list(Kind).index(finding.kind))
    texts = list(dict.fromkeys(f"{finding.kind}: {finding.text}" for finding in ordered))
    more = len(texts) - MOST_FINDINGS
    return texts[:MOST_FINDINGS] + ([f"and {more} more of the kind"] if more > 0 else [])


def as_json(report: Report) -> str:
    """The whole report for programs. No key, no signature and no token is in it."""
    content = {
        "notice": NOTICE,
        "version": paytm_kit.__version__,
        "site": report.site,
        "score": {"held": len(report.held), "run": len(report.run), "of": len(report.results)},
        "full_marks": report.full_marks,
        "cut_short": report.cut_short,
        "seconds": round(report.seconds, 1),
        "requests": report.requests,
        "attacks": [_row(result) for result in report.results],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _row(result: Result) -> dict[str, Any]:
    attack = result.attack
    texts = {
        name: str(getattr(attack, name)) for name in ("name", "group", "severity", "does", "must", "why", "remedy")
    }
    return texts | {
        "verdict": result.verdict.value,
        "findings": [{"kind": finding.kind.value, "text": finding.text} for finding in result.findings],
        "not_run_because": result.why_not,
        "seconds": round(result.seconds, 2),
        "trace": list(result.trace),
    }


def as_html(report: Report) -> str:
    """One page that needs nothing else; everything that came from the site is escaped."""
    groups = [
        {"name": name, "rows": [_shown(result) for result in rows]}
        for name, rows in groupby(report.results, key=lambda result: result.attack.group)
    ]
    context = {
        "notice": NOTICE,
        "site": report.site,
        "score": score(report),
        "full_marks": report.full_marks,
        "cut_short": report.cut_short,
        "effort": f"{report.requests} requests in {report.seconds:.0f} s",
        "version": paytm_kit.__version__,
        "tally": list(_tally(report)),
        "mend": [_shown(result) for result in worst_first(report)],
        "groups": groups,
    }
    engine = Engine(dirs=[str(TEMPLATES)])  # of its own: the examiner runs without settings
    return str(engine.get_template(TEMPLATE).render(Context(context, use_l10n=False, use_tz=False)))


def _tally(report: Report) -> Iterator[dict[str, str]]:
    for verdict in Verdict:
        count = sum(result.verdict is verdict for result in report.results)
        if count:
            yield {"count": str(count), "verdict": verdict.value, "tone": _tone(verdict), "meaning": MEANING[verdict]}


def _shown(result: Result) -> dict[str, Any]:
    return {
        "attack": result.attack,
        "severity": str(result.attack.severity),
        "verdict": result.verdict.value,
        "tone": _tone(result.verdict),
        "seen": seen(result),
        "why_not": result.why_not,
        "seconds": f"{result.seconds:.1f} s",
        "trace": result.trace,
    }


def _tone(verdict: Verdict) -> str:
    return verdict.value.replace(" ", "-")
