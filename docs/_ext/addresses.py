"""Every address of ``paytm_kit.urls``, with what its view says of itself."""

from __future__ import annotations

import inspect

from docs._ext.markdown import cell, code, first_paragraph, table


def table_rows() -> list[tuple[str, str, str]]:
    from paytm_kit import urls

    return [
        (f"{urls.app_name}:{entry.name}", str(entry.pattern), first_paragraph(inspect.getdoc(entry.callback)))
        for entry in urls.urlpatterns
    ]


def shown() -> str:
    return table(
        "name,path below where you mounted it,what is there",
        ((code(name), code(path), cell(about)) for name, path, about in table_rows()),
    )
