"""Whatever goes wrong in a page while nobody looks: console errors, exceptions, refused content, foreign hosts."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request

# Shop and simulator stand on different names of this machine, so that the browser takes them for different sites.
OUR_HOSTS = {"localhost", "127.0.0.1"}
# Chromium gives no page in a foreign frame the focus by itself: in JS Checkout the shopper clicks into the OTP field.
HARMLESS = ("Blocked autofocusing",)


class Watch:
    """``requests`` is all that the browser asked for; ``expect`` names the trouble that a test makes on purpose."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._troubles: list[str] = []
        self._expected: list[str] = []

    def over(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda problem: self._note(True, f"exception: {problem.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        wrong = message.type == "error" and not message.text.startswith(HARMLESS)
        self._note(wrong, f"console: {message.text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        host = urlsplit(request.url).hostname
        self._note(host is not None and host not in OUR_HOSTS, f"foreign host: {request.url}")

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self._troubles.append(what)

    def expect(self, pattern: str) -> None:
        """This trouble must come, once or more."""
        self._expected.append(pattern)

    def check(self) -> None:
        surprises = [text for text in self._troubles if not any(re.search(known, text) for known in self._expected)]
        assert not surprises, "\n".join(surprises)
        missing = [known for known in self._expected if not any(re.search(known, text) for text in self._troubles)]
        assert not missing, f"the browser should have complained: {missing}"

    def sent(self, method: str, path: str) -> list[Request]:
        """The requests so far with this method whose path ends so."""
        return [r for r in self.requests if r.method == method and urlsplit(r.url).path.endswith(path)]
