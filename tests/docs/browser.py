"""What a page's numbered list tells people to do in a browser, done over HTTP as a browser with its scripts would."""

from __future__ import annotations

import re
import time
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup, Tag

PATIENCE = 10.0  # seconds

# "Press **label**", "Type `text` into **label**", "Open <address>", "You read **words**"
_STEP = re.compile(
    r"Open <(?P<open>[^>]+)>|Press \*\*(?P<press>[^*]+)\*\*|Type `(?P<type>[^`]+)` into \*\*(?P<into>[^*]+)\*\*|"
    r"[Yy]ou read\s+\*\*(?P<read>[^*]+)\*\*"
)


def steps(text: str) -> list[tuple[str, str, str]]:
    """The steps of every numbered list of the text, in order: what to do, with what, where."""
    found = []
    for item in re.findall(r"^\d+\. (.*?)(?=^\d+\. |^$)", text, re.DOTALL | re.MULTILINE):
        for match in _STEP.finditer(item):
            kind = next(name for name in ("open", "press", "type", "read") if match[name])
            found.append((kind, match[kind], match["into"] or ""))
    return found


class Browser:
    """One window. Forms that scripts send at once are sent."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.url = ""
        self.page = BeautifulSoup("", "html.parser")
        self.typed: dict[str, str] = {}
        self.opened = ""  # the address, while nothing was pressed since

    def do(self, kind: str, what: str, where: str) -> None:
        {"open": self.open, "press": self.press, "read": self.read}.get(kind, lambda _: self.type(what, where))(what)

    def open(self, url: str) -> None:
        self.opened = url
        self._show(self.session.get(url, timeout=30))

    def read(self, words: str) -> None:
        """A page that was opened may be a moment behind the webhook that comes meanwhile: people open it again."""
        end = time.monotonic() + PATIENCE
        while words not in " ".join(self.page.get_text(" ").split()):
            assert self.opened, f"{self.url} does not say {words!r}:\n{self.page}"
            assert time.monotonic() < end, f"{self.url} does not say {words!r}:\n{self.page}"
            time.sleep(0.1)
            self.open(self.opened)

    def type(self, text: str, label: str) -> None:
        found = next((tag for tag in self.page.find_all("label") if label in tag.get_text(" ", strip=True)), None)
        assert found is not None, f"{self.url} has no field {label!r}"
        field = self.page.find(id=found["for"])
        assert isinstance(field, Tag)
        self.typed[str(field["name"])] = text

    def press(self, label: str) -> None:
        buttons = [tag for tag in self.page.find_all("button") if tag.get_text(" ", strip=True) == label]
        assert len(buttons) == 1, f"{self.url} has {len(buttons)} buttons {label!r}"
        form = buttons[0].find_parent("form")
        assert form is not None
        self.opened = ""
        self._send(form)

    def _send(self, form: Tag) -> None:
        fields = {str(tag["name"]): str(tag.get("value", "")) for tag in form.find_all("input") if tag.get("name")}
        fields |= {name: text for name, text in self.typed.items() if name in fields}
        self.typed.clear()
        target = urljoin(self.url, str(form.get("action", "")))
        origin = "/".join(self.url.split("/")[:3])
        headers = {"Origin": origin, "Referer": self.url}
        self._show(self.session.request(str(form["method"]).upper(), target, data=fields, headers=headers, timeout=30))

    def _show(self, answer: requests.Response) -> None:
        assert answer.status_code == 200, f"{answer.url} answers {answer.status_code}:\n{answer.text[:3000]}"
        self.url, self.page = answer.url, BeautifulSoup(answer.text, "html.parser")
        sent_by_script = self.page.select_one("form[data-autosubmit], form#callback")
        if sent_by_script is not None:
            self._send(sent_by_script)
