"""What the REST API offers and how it refuses, from its own document and table."""

from __future__ import annotations

from docs._ext.markdown import cell, code, sentence, table


def endpoints() -> str:
    from paytm_kit.api import document

    return table(
        "method,path below where you included it,what it does",
        (
            (code(method.upper()), code(path), cell(sentence(operation["summary"])))
            for path, operations in document.committed()["paths"].items()
            for method, operation in operations.items()
        ),
    )


def problems() -> str:
    from paytm_kit.api.problems import KINDS

    return table(
        "code,status,what happened,what to do",
        ((code(k.code), str(k.status), cell(sentence(k.title)), cell(sentence(k.todo))) for k in KINDS.values()),
    )
