"""Lines as they come and, on a terminal, a bar below them.

The bar is drawn by rich (``pip install "paytm-kit[cli]"``). It is comfort only: without rich there are the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from django.core.management.base import OutputWrapper


@contextmanager
def lines(out: OutputWrapper, total: int, what: str) -> Iterator[Callable[[str], None]]:
    """A function to call once for each of ``total`` steps with its line."""
    if total and out.isatty():
        try:
            from rich import progress
            from rich.console import Console
        except ImportError:
            pass
        else:
            columns = (
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TimeRemainingColumn(),
            )
            with progress.Progress(*columns, console=Console(file=_bare(out)), transient=True) as bar:
                task = bar.add_task(what, total=total)

                def step(line: str) -> None:
                    bar.console.out(line, highlight=False)
                    bar.advance(task)

                yield step
            return

    yield out.write


def _bare(out: OutputWrapper) -> TextIO:
    """Django's wrapper ends whatever is written with a newline; a bar is redrawn without."""
    return cast(TextIO, out._out)
