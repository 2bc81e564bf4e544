"""Every signal of ``paytm_kit.signals``, with the comment that stands beside it in the code."""

from __future__ import annotations

import inspect
import re

from docs._ext.markdown import cell, code, sentence, table

_SIGNAL = re.compile(r"((?:^# .*\n)*)^(\w+) = Signal\(\)(?:  # (.*))?$", re.MULTILINE)


def found() -> list[tuple[str, str]]:
    """Name and meaning, in the order of the code."""
    from paytm_kit import signals

    rows = []
    for match in _SIGNAL.finditer(inspect.getsource(signals)):
        above = " ".join(line.removeprefix("# ") for line in match[1].splitlines())
        rows.append((match[2], match[3] or above))
    return rows


def pages() -> str:
    from paytm_kit import signals

    doc = inspect.getdoc(signals) or ""
    explained = doc.partition("\n\n")[2].replace("``", "`")
    return f"{explained}\n\n" + table("signal,when", ((code(name), cell(sentence(about))) for name, about in found()))
