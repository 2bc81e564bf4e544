"""The tables of the page as the code has them: the test compares, and says what to paste where they differ."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from datetime import timedelta

from paytm_kit.simulator import clock, options
from paytm_kit.simulator.bank import instruments, mandates, payments, refunds, risk, settlements
from paytm_kit.simulator.control import orders
from paytm_kit.simulator.examine.attacks import ATTACKS
from paytm_kit.simulator.faults import rules
from paytm_kit.simulator.faults import table as faults
from paytm_kit.simulator.triggers import cli as trigger_cli
from paytm_kit.simulator.triggers import registry, tampers
from paytm_kit.simulator.webhooks.ladder import LADDERS, USUAL
from paytm_kit.simulator.wire import codes
from paytm_kit.testing.simulator import Simulator
from tests.clients import defects


def markdown(heads: str, rows: Iterable[Iterable[object]]) -> str:
    """A table; ``heads`` are separated by commas."""
    names = heads.split(",")
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)])


def code(text: object) -> str:
    return f"`{text}`" if text not in ("", None) else ""


def length(seconds: float) -> str:
    """Seconds in words: 30 s, 5 min, 2 h, 3 d."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _span(delta: timedelta) -> str:
    return length(delta.total_seconds())


def flags() -> str:
    usual = options.Options()
    rows = (
        (
            code(f"--{flag.name}"),
            code(options.env_name(flag.name)),
            code(getattr(usual, flag.name.replace("-", "_")) or ""),
            flag.help.replace("[{", "`[{").replace("}]", "}]`"),
        )
        for flag in options.FLAGS
    )
    return markdown("flag,variable,usual,meaning", rows)


def _group(method: instruments.Method) -> str:
    rows = ((code(item.shown), item.label, item.effect) for item in instruments.ALL if item.method is method)
    return markdown(f"{instruments.LABELS[method]},what it is,what happens", rows)


def instrument_tables() -> str:
    return "\n\n".join(_group(method) for method in instruments.Method)


def payment_codes() -> str:
    """Every code that a payment can end with, and the first instrument that forces it."""
    rows = []
    for name, word in codes.PAYMENT.items():
        by = [code(item.shown) for item in instruments.ALL if item.decision and item.decision.code == name]
        rows.append((code(name), word.status, word.text, ", ".join(by[:3]) or "amount"))
    return markdown("payment code,STATUS,RESPMSG,instruments", rows)


def risk_rules() -> str:
    def limit(rule: risk.Rule) -> str:
        window = f" in {length(rule.window_seconds)}" if rule.window_seconds else ""
        return f"{rule.limit:,} {rule.words}{window}"

    return markdown("rule,more than,refused with", ((code(r.name), limit(r), code(r.respcode)) for r in risk.TABLE))


def fault_table() -> str:
    def takes(fault: faults.Fault) -> str:
        told = (f"`{n}`: {fault.limits[n].words()}; usual `{v}`" for n, v in fault.values.items())
        return "; ".join(told)

    return markdown("fault,what it does,takes", ((code(f.name), f.does, takes(f)) for f in faults.ALL))


def ladders() -> str:
    rows = (
        (
            code(name) + (" (usual)" if name == USUAL else ""),
            ", ".join(length(wait) for wait in ladder.waits),
            len(ladder.waits) + 1,
            f"{ladder.timeout[1]:g} real seconds",
        )
        for name, ladder in LADDERS.items()
    )
    return markdown("ladder,waits after each attempt that failed,attempts,patience for an answer", rows)


def when() -> str:
    credit = ", ".join(f"{mode} {_span(after)}" for mode, after in refunds.CREDITED_AFTER.items())
    rows = (
        (
            "a token ends",
            _span(clock.TOKEN_LIFE),
            "initiate answers 1006, the page has expired, a try is given up: 141",
        ),
        ("an OTP ends", _span(instruments.OTP_LIFE), "another can be sent"),
        ("a UPI request ends", _span(instruments.COLLECT_LIFE), "the payment fails: 810"),
        (
            "a pending payment settles",
            f"`settle_after`, {length(options.Options().settle_after)}",
            "as its instrument or `settles_as` says; the webhook leaves",
        ),
        ("a pending payment that nobody settles ends", _span(payments.PENDING_LIFE), "it fails: 810"),
        ("a webhook is tried again", "its ladder", "until it is accepted or given up"),
        (
            "a refund is credited",
            f"{credit}, others {_span(refunds.USUAL_CREDIT)}",
            "601 becomes 10; one that could not be deducted is tried once more, then 620",
        ),
        (
            "a day is settled",
            f"next business day, {settlements.PAID_AT:%H:%M} in India",
            "less commission, GST, refunds and lost disputes; what is below zero is carried on",
        ),
        ("a pre-notification leaves", _span(mandates.NOTIFIED_AFTER), "its webhook with it"),
        ("a mandate is debited", "its `debitDate`", "an order that was pending until then; the webhook has `SUBS_ID`"),
        ("a mandate's consent ends", _span(clock.TOKEN_LIFE), "`AUTHORIZATION_FAILED`"),
        ("a mandate ends", "the day after its last", "`EXPIRED`"),
    )
    return markdown("what,after (simulated),and then", rows)


def triggers() -> str:
    rows = ((code(t.name), t.to, t.format, t.about) for t in map(registry.load, registry.NAMES))
    return markdown("trigger,goes to,format,about", rows)


def tamper_table() -> str:
    return markdown("tamper,what it does", ((code(t.name), t.does) for t in tampers.ALL))


def attacks() -> str:
    return markdown("attack,what it does,what must hold", ((code(a.name), a.does, a.must) for a in ATTACKS))


def defect_table() -> str:
    return markdown("client with a defect,what goes wrong", ((d.client, d.what) for d in defects.ALL))


TABLES = {
    "FLAGS": flags,
    "INSTRUMENTS": instrument_tables,
    "CODES": payment_codes,
    "RISK": risk_rules,
    "FAULTS": fault_table,
    "LADDERS": ladders,
    "WHEN": when,
    "TRIGGERS": triggers,
    "TAMPERS": tamper_table,
    "EXAMINE": attacks,
    "DEFECTS": defect_table,
}


# ---- names in the first cell of a table ------------------------------------------------------------------------------


def _switches(add: Callable[[argparse.ArgumentParser], None]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    add(parser)
    return [action.option_strings[0] for action in parser._actions if action.option_strings]


def _trigger_switches() -> list[str]:
    return [*_switches(trigger_cli.add_arguments), "--account"]  # the last: of manage.py paytm_trigger


def _in_a_test() -> list[str]:
    """What a test may ask of the fixture."""
    verbs = [name for name in vars(Simulator) if not name.startswith("_") and name != "close"]
    return ["url", "mid", "key", "website", *(f"{name}()" for name in verbs)]


NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "initiate code": lambda: codes.INITIATE,
    "status code": lambda: codes.STATUS,
    "legacy code": lambda: codes.LEGACY,
    "refund code": lambda: codes.REFUND,
    "pay field": lambda: orders.PAY_FIELDS,
    "rule field": lambda: [name for name in rules.OWN_FIELDS if name != "fault"],
    "trigger switch": _trigger_switches,
    "in a test": _in_a_test,
}
