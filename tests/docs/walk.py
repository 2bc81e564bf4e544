"""A chapter of the page, walked as a reader would: files saved, programs started, commands run, answers compared.

The pages say ports 8001 (simulator), 9000 or 8000 (shop) and 8002 (in CI); here they are free ones, and are written
back in what comes out.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.docs import page
from tests.docs.page import Block, Part

ROOT = Path(__file__).parents[2]
SIMULATOR, SHOP, OTHER, SITE = PORTS = ("8001", "9000", "8002", "8000")
WITHIN = 60.0  # seconds for one command, and for a program to say what it is to say
ANYTHING = "…"
INHERITED = ("PAYTM_", "DJANGO_", "COV", "PYTEST_")  # a reader's shell has none of these, and measuring makes it slow

# Only where a port is meant: an amount may be 9000 rupees.
_BEFORE = ("127.0.0.1:", '127.0.0.1", ', "--port ", "--noreload ")
_PORT = re.compile("|".join(f"(?<={re.escape(words)})(?:{'|'.join(PORTS)})\\b" for words in _BEFORE))

# What differs each time. On both sides of a comparison these become one word.
_MOMENT = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+\d\d:\d\d|Z)?)?"
_VOLATILE = ((re.compile(_MOMENT), "<time>"), (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "<duration>"))


# ---- comparing ---------------------------------------------------------------------------------------------------


def fits(shown: Any, heard: Any) -> bool:
    """Whether a value is the shown one. ``…`` stands for anything; as a name or in a list for more of them."""
    if shown == ANYTHING:
        return True
    if isinstance(shown, dict) and isinstance(heard, dict):
        named = {name: value for name, value in shown.items() if name != ANYTHING}
        complete = named.keys() == heard.keys() or (ANYTHING in shown and named.keys() <= heard.keys())
        return complete and all(fits(value, heard[name]) for name, value in named.items())
    if isinstance(shown, list) and isinstance(heard, list):
        return list_fits(shown, heard)
    if isinstance(shown, str) and isinstance(heard, str):
        return line_fits(shown, heard)
    return type(shown) is type(heard) and bool(shown == heard)


def list_fits(shown: list[Any], heard: list[Any]) -> bool:
    if not shown:
        return not heard
    if shown[0] == ANYTHING:
        return any(list_fits(shown[1:], heard[left_out:]) for left_out in range(len(heard) + 1))
    return bool(heard) and fits(shown[0], heard[0]) and list_fits(shown[1:], heard[1:])


def line_fits(shown: str, heard: str) -> bool:
    return re.fullmatch(_line_pattern(shown), _steady(heard), re.DOTALL) is not None


def _steady(text: str) -> str:
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return text.rstrip()


def text_fits(shown: str, heard: str) -> bool:
    """Line by line; a line that is ``…`` alone stands for any number of lines."""
    lines = (
        r"(?:.*\n)*" if line.strip() == ANYTHING else f"{_line_pattern(line)}\n" for line in shown.rstrip().splitlines()
    )
    return (
        re.fullmatch("".join(lines), "".join(f"{_steady(line)}\n" for line in heard.rstrip().splitlines())) is not None
    )


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in _steady(line).split(ANYTHING))


def documents(text: str) -> list[Any]:
    """The JSON values that stand one behind the other in a text."""
    decoder, found, at = json.JSONDecoder(), [], 0
    text = text.strip()
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        found.append(value)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found


def answer_fits(block: Block, heard: str) -> bool:
    if block.language == "text":
        return text_fits(block.text, heard)
    try:
        return fits(documents(block.text), documents(heard))
    except json.JSONDecodeError:
        return False


# ---- running -----------------------------------------------------------------------------------------------------


def free_ports(count: int) -> list[str]:
    """All are held until the last is found: one of them twice would be a riddle."""
    with ExitStack() as held:
        opened = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in opened:
            each.bind(("127.0.0.1", 0))
        return [str(each.getsockname()[1]) for each in opened]


@dataclass
class Program:
    """One that goes on running; what it prints is kept."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    read: int = 0  # how many of them were printed before this chapter

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as printed:
            for line in printed:
                self.lines.append(line)

    def printed(self) -> str:
        return "".join(self.lines[self.read :])

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=15)
        finally:
            self.process.kill()


@dataclass
class Walk:
    """One reader's folder and environment. ``staying``: the programs of the page that all chapters share, by block."""

    folder: Path
    ports: dict[str, str]
    staying: dict[str, Program] = field(default_factory=dict)
    own: list[Program] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    out: str = ""  # of the last command
    speaker: Program | None = None  # whose output an answer shows; None: the last command's

    # ---- the page's ports and the real ones ----

    def there(self, text: str) -> str:
        return _PORT.sub(lambda match: self.ports[match[0]], text)

    def back(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = text.replace(f"127.0.0.1:{real}", f"127.0.0.1:{shown}")
        return text

    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(INHERITED)}
        ours = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "",  # or every program compiles all of Django again
            "PYTEST_ADDOPTS": "-p no:hypothesispytest",  # this project's, a reader need not have it; it takes a second
            "NO_PROXY": "*",
            "PAYTM_SIM_PORT": self.ports[SIMULATOR],
        }
        return clean | ours | self.environ

    # ---- what a reader does ----

    def save_all(self) -> None:
        for block in page.blocks():
            if block.part is Part.FILE:
                target = self.folder / block.file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(self.there(block.text), "utf-8")

    def start(self, block: Block) -> Program:
        return self.shell(f"env {self.there(block.text)}")

    def shell(self, command: str) -> Program:
        """The command instead of the shell, so that a signal reaches it."""
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"], cwd=self.folder, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.own.append(Program(process))
        return self.own[-1]

    def run(self, block: Block) -> None:
        process = subprocess.Popen(
            ["sh", "-e", "-c", self.there(block.text)], cwd=self.folder, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            out, _ = process.communicate(timeout=WITHIN)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what a shell left behind
        self.out = self.back(out)
        assert process.returncode == 0, f"docs/{block.page}:{block.line} ended with {process.returncode}:\n{self.out}"

    def take(self, block: Block) -> None:
        """One step."""
        with self.telling_what_was_printed():
            self._take(block)

    @contextmanager
    def telling_what_was_printed(self) -> Iterator[None]:
        """What the programs have printed meanwhile is told where something fails."""
        try:
            yield
        except AssertionError as error:
            for program in (*self.staying.values(), *self.own):
                error.add_note(f"{program.process.args!r} has printed:\n{program.printed()[-4000:]}")
            raise

    def _take(self, block: Block) -> None:
        """A file is saved already, what is not run is passed by."""
        if block.part is Part.PROGRAM and block.stays:
            self.speaker = self.staying[block.text]
            self.speaker.read = 0  # its first words come now
        elif block.part is Part.PROGRAM:
            self.end()
            self.ports[SIMULATOR] = free_ports(1)[0]
            self.speaker = self.start(block)
        elif block.part is Part.COMMAND:
            self.speaker = None
            self.run(block)
        elif block.part is Part.ANSWER:
            if "The shop prints" in block.lead:
                self.speaker = next(program for text, program in self.staying.items() if "shop.py" in text)
            self.hear(block, self.speaker) if self.speaker else self.compare(block, self.out)

    def compare(self, block: Block, heard: str) -> None:
        assert answer_fits(block, heard), _unlike(block, heard)

    def hear(self, block: Block, program: Program) -> None:
        """The shown lines stand, one behind the other, in what a program has printed or is about to."""
        end = time.monotonic() + WITHIN
        while not text_fits(f"{ANYTHING}\n{block.text}{ANYTHING}", heard := self.back(program.printed())):
            assert time.monotonic() < end, _unlike(block, heard)
            time.sleep(0.02)

    def end(self) -> None:
        """Ends what this walk has started: told to stop, each ends with 0."""
        ended = [(program.end(), program.printed()) for program in self.own]
        self.own.clear()
        assert all(code == 0 for code, _ in ended), ended


def _unlike(block: Block, heard: str) -> str:
    return f"docs/{block.page}:{block.line} shows\n{block.text}\nbut what comes is\n{heard}"


@contextmanager
def walking(folder: Path, ports: dict[str, str], staying: dict[str, Program], **environ: str) -> Iterator[Walk]:
    walk = Walk(folder, dict(ports), staying, environ=environ)
    for program in staying.values():
        program.read = len(program.lines)
    walk.save_all()
    try:
        yield walk
        walk.end()
    finally:
        for program in walk.own:
            program.process.kill()
            program.process.wait()


@contextmanager
def staying(folder: Path) -> Iterator[tuple[dict[str, str], dict[str, Program]]]:
    """The programs that the page says to leave running, and the ports that they have."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    walk = Walk(folder, ports)
    walk.save_all()
    try:
        for block in page.blocks():
            if block.part is Part.PROGRAM and block.stays:
                walk.staying[block.text] = walk.start(block)
        for program in walk.own:
            wait_for_a_line(program)
        yield ports, walk.staying
    finally:
        for program in walk.own:
            program.end()


def wait_for_a_line(program: Program) -> None:
    end = time.monotonic() + WITHIN
    while not program.lines:
        assert program.process.poll() is None, "a program of the page has ended at once"
        assert time.monotonic() < end, "a program of the page does not start"
        time.sleep(0.02)
