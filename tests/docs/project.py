"""A page that makes a Django project, walked as a newcomer would: each file saved, each command pasted, in order.

Three lines are not run as written. The suite has one Python and no index of packages at hand: making a virtual
environment is left out, and ``pip install … paytm-kit`` is this tree, which that Python already has. And runserver is
told not to watch for changes: it would watch the tree that somebody may be editing. A block of the language ``none`` is
an illustration.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.docs import page, walk
from tests.docs.page import Block, Part
from tests.docs.walk import Program, Walk

DOCS = page.PAGE.parent
HERE_ALREADY = ("python3 -m venv .venv", ". .venv/bin/activate", "pip install ")
_ADDED = re.compile(r"Add to the end of `([^`]+)`")
_LOGGED = re.compile(r"(?<=[^\n])(?=\[\d{2}/[A-Z][a-z]{2}/\d{4} \d{2}:)")
_SAYS = re.compile(r"The (\w+)'s terminal says")
_PROGRAMS = {"shop": "runserver", "simulator": "paytm-simulator"}


class Newcomer(Walk):
    """Walks one page from its top to its end."""

    def take(self, block: Block) -> None:
        if block.language == "none":
            return
        if added := _ADDED.search(block.lead):
            with (self.folder / added[1]).open("a", encoding="utf-8") as file:
                file.write(self.there(block.text))
        elif block.file:
            target = self.folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.there(block.text), "utf-8")
        elif says := _SAYS.search(block.lead):
            self.hear(block, self.named(says[1]))
        elif pasted(block.text).strip() or block.part is not Part.COMMAND:
            super().take(block)

    def _take(self, block: Block) -> None:
        if block.part is Part.PROGRAM:
            self.speaker = self.start(block)
        else:
            super()._take(block)

    def run_command(self, command: str) -> None:
        """One that stands on no page."""
        self.run(Block("sh", f"{command}\n", "", "", "", 0, ""))

    def named(self, name: str) -> Program:
        return next(program for program in self.own if _PROGRAMS[name] in str(program.process.args))

    def there(self, text: str) -> str:
        return super().there(pasted(text))

    def back(self, text: str) -> str:
        """One thread of Django's server may log a request between what another prints and the end of its line."""
        return _LOGGED.sub("\n", super().back(text))

    def shell(self, command: str) -> Program:
        """In a process group of its own, which ends with it."""
        command = command.replace("manage.py runserver", "manage.py runserver --noreload")
        script = f"exec {command.removeprefix('env ').strip()}"
        process = subprocess.Popen(
            ["sh", "-e", "-c", script], cwd=self.folder, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.own.append(Program(process))
        return self.own[-1]

    def stop(self) -> None:
        for program in self.own:
            for number in (signal.SIGINT, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(program.process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    program.process.wait(timeout=5)
                    if number == signal.SIGINT:
                        continue
            program.process.wait()


def pasted(text: str) -> str:
    """The block without the lines that the suite's Python makes needless."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(HERE_ALREADY))


@contextmanager
def newcomer(folder: Path, **environ: str) -> Iterator[Newcomer]:
    ports = dict(zip(walk.PORTS, walk.free_ports(len(walk.PORTS)), strict=True))
    reader = Newcomer(folder, ports, environ=environ)
    try:
        yield reader
    finally:
        reader.stop()
