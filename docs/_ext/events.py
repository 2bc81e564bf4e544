"""Every event that the kit writes to the log: its name, level, the module that writes it, the facts beside it.

The names are found by reading the code, so that none can be forgotten. Where a name holds a variable, ``VARIABLES``
says what it may be; one that is not there stops the build.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs._ext.markdown import cell, code, table

LEVELS = ("info", "warning", "error", "write")
WORDS = {"write": "info or warning"}
ALWAYS = ("exception",)  # the traceback, not a fact


@dataclass(frozen=True)
class Event:
    name: str
    level: str
    logger: str
    facts: tuple[str, ...]


def _kinds(prefix: str) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        from paytm_kit.models import PaymentEvent

        if prefix:
            own = (kind.value for kind in PaymentEvent.Kind if kind.value.startswith(prefix))
            return (*(kind.removeprefix(prefix) for kind in own), "flagged")
        others = ("refund_", "dispute_")
        return (kind.value for kind in PaymentEvent.Kind if not kind.value.startswith(others))

    return names


def _acts() -> Iterable[str]:
    """What people do at the desk and on the command line: each act is named where it is offered."""
    import paytm_kit

    root, found = Path(paytm_kit.__file__).parent, set()
    for path in (path for room in ("admin", "management", "api", "outgoing") for path in (root / room).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        texts = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        logged = {name for event in _in_module(tree) for name in [event.name]}
        found |= {text for text in texts - logged if _ACT.fullmatch(text)}
    return sorted(found)


_ACT = re.compile(
    r"(payment|refund|dispute|settlement|announcement|message|letter|webhook|risk|roles|desk|token)s?\.[a-z_]+"
)

# The text of a name with its expressions → what the expression may become.
VARIABLES: dict[str, Callable[[], Iterable[str]]] = {
    "payment.{event.kind}": _kinds(""),
    "refund.{event.kind.removeprefix('refund_')}": _kinds("refund_"),
    "dispute.{event.kind.removeprefix('dispute_')}": _kinds("dispute_"),
    "inbound.{channel}": lambda: ("callback", "webhook"),
    "sweep.unknown_{found.kind}": lambda: ("order", "refund"),
    "entry.action": _acts,
    "letter.{state}": lambda: ("sent", "skipped", "given_up"),
    "outgoing.{state}": lambda: ("delivered", "skipped", "refused", "given_up"),
}


def found() -> list[Event]:
    """Every event of the kit (the simulator's log is its own), by name."""
    import paytm_kit

    root = Path(paytm_kit.__file__).parent
    events: dict[tuple[str, str, str], Event] = {}
    for path in sorted(root.rglob("*.py")):
        if "simulator" not in path.relative_to(root).parts and "testing" not in path.relative_to(root).parts:
            for event in _in_module(ast.parse(path.read_text("utf-8"))):
                known = events.get((event.name, event.level, event.logger))
                facts = tuple(dict.fromkeys((*(known.facts if known else ()), *event.facts)))
                events[event.name, event.level, event.logger] = Event(event.name, event.level, event.logger, facts)
    return sorted(events.values(), key=lambda event: (event.name, event.logger, event.level))


def _in_module(tree: ast.Module) -> Iterator[Event]:
    loggers = {
        target.id: node.value.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name) and node.value.func.id == "EventLog"
        and isinstance(node.value.args[0], ast.Constant)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    aliases = {  # write_log = log.error if … else log.info
        node.targets[0].id: (logger, f"{node.value.body.attr} or {node.value.orelse.attr}")  # type: ignore[attr-defined]
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp) and isinstance(node.targets[0], ast.Name)
        for logger in [_logger(node.value.body, loggers)]
        if logger and _logger(node.value.orelse, loggers)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        known = aliases.get(node.func.id) if isinstance(node.func, ast.Name) else None
        logger, level = known or (_logger(node.func, loggers), getattr(node.func, "attr", ""))
        if not logger:
            continue
        name = node.args[1] if level == "write" else node.args[0]
        spread = [fact for keyword in node.keywords if not keyword.arg for fact in _spread(keyword.value, tree)]
        named = [keyword.arg for keyword in node.keywords if keyword.arg and keyword.arg not in ALWAYS]
        facts = (*spread, *named)
        for spelt in _names(name):
            yield Event(spelt, WORDS.get(level, level), logger, facts)


def _logger(node: ast.expr, loggers: dict[str, Any]) -> str:
    """The logger's name where this is one of its methods, such as ``log.info``."""
    if isinstance(node, ast.Attribute) and node.attr in LEVELS and isinstance(node.value, ast.Name):
        return str(loggers.get(node.value.id, ""))
    return ""


def _spread(node: ast.expr, tree: ast.Module) -> list[str]:
    """The names in a dictionary that is spread into a call: one that the module writes as a literal."""
    literals = {
        target.id: [str(key.value) for key in each.value.keys if isinstance(key, ast.Constant)]
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Dict)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    return literals.get(node.id, []) if isinstance(node, ast.Name) else []


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_names(node.body), *_names(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        pattern = "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"  # type: ignore[attr-defined]
            for part in node.values
        )
        head = pattern.partition("{")[0]
        return [head + word for word in VARIABLES[pattern]()]
    if (spelt := ast.unparse(node)) in VARIABLES:
        return list(VARIABLES[spelt]())
    raise KeyError(
        f"line {node.lineno}: an event's name is {ast.unparse(node)}; docs/_ext/events.py cannot tell what it becomes"
    )


def shown() -> str:
    return table(
        "event,level,logger,facts",
        (
            (code(event.name), cell(event.level), code(event.logger), ", ".join(map(code, event.facts)))
            for event in found()
        ),
    )
