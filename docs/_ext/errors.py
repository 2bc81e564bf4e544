"""Every exception that the kit's public calls raise, and every system check, with the remedy that the code gives."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

from docs._ext.markdown import cell, code, first_paragraph, sentence, table


def found() -> list[type[Exception]]:
    """The error classes that a merchant's code can meet, parents before children."""
    from paytm_kit.checksum import MerchantKeyError
    from paytm_kit.gateways.base import GatewayError
    from paytm_kit.services.opening import PaymentError
    from paytm_kit.services.refunds import NotRefundable

    def family(error: type[Exception]) -> list[type[Exception]]:
        ours = [each for each in error.__subclasses__() if each.__module__.startswith("paytm_kit.")]
        return [error, *(child for each in sorted(ours, key=lambda e: e.__name__) for child in family(each))]

    roots = (GatewayError, PaymentError, NotRefundable, MerchantKeyError)
    return list(dict.fromkeys(error for root in roots for error in family(root)))


def classes() -> str:
    return table(
        "error,code,try the same again,what it means,what the shopper reads",
        (
            (
                code(error.__qualname__),
                code(getattr(error, "code", "")),
                {True: "yes", False: "no", None: ""}[getattr(error, "retryable", None)],
                cell(first_paragraph(inspect.getdoc(error)).replace("``", "`")),
                cell(_shopper(error)),
            )
            for error in found()
        ),
    )


def _or(text: str, otherwise: str) -> str:
    return sentence(otherwise if text == "…" else text)


def _shopper(error: type[Exception]) -> str:
    said = getattr(error, "message", "") or getattr(error, "user_message", "")
    return said if isinstance(said, str) else ""


def found_checks() -> dict[str, tuple[str, str, str]]:
    """Id → level, message, hint, as they stand in the code; ``…`` for what the site fills in."""
    import paytm_kit

    rows: dict[str, tuple[str, str, str]] = {}
    root = Path(paytm_kit.__file__).parent
    rooms = ("*checks.py", "api/*.py", "outgoing/*.py", "gateways/*/faults.py")
    for path in sorted(path for room in rooms for path in root.glob(room)):
        tree = ast.parse(path.read_text("utf-8"))
        texts = {
            target.id: each.value.value
            for each in tree.body
            if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Error", "Warning"):
                given: dict[str, Any] = {keyword.arg or "": keyword.value for keyword in node.keywords}
                number = _text(given["id"], texts).removeprefix("paytm_kit.")
                hint = _text(given.get("hint"), texts)
                rows.setdefault(number, (node.func.id.lower(), _text(node.args[0], texts), hint))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Fault":
                number, *said = node.args
                serious = getattr(said.pop(0), "value", True) if len(said) == 3 else True  # a gateway's says it
                what, todo = (_text(part, texts) for part in said)
                rows.setdefault(_text(number, texts), ("error" if serious else "warning", what, todo))
    rows.pop("…", None)  # the id of a Fault
    return dict(sorted(rows.items(), key=lambda row: row[0][1:]))


def _text(node: ast.expr | None, texts: dict[str, Any]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, texts) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.Name):
        return str(texts.get(node.id, "…"))
    return "…" if node is not None else ""


def checks() -> str:
    return table(
        "id,level,what it found,what to do",
        (
            (code(number), level, cell(_or(message, "the message itself says what")), cell(_or(hint, "the check says")))
            for number, (level, message, hint) in found_checks().items()
        ),
    )
