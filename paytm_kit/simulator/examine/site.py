"""How a merchant's site is driven, over HTTP only: begin a payment, bring messages, ask what it believes."""

from __future__ import annotations

import re
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode, urljoin

import requests

from paytm_kit.simulator.examine import pages
from paytm_kit.simulator.examine.control import Control
from paytm_kit.simulator.examine.plan import CannotRun, Plan, Step, absolute
from paytm_kit.simulator.examine.wire import Answer, Message, Wire, origin

LONGEST_OUTPUT = 1_048_576  # characters of a command's output that are read


class Belief(StrEnum):
    """What the site says of an order."""

    PAID = "paid"
    FAILED = "failed"
    OPEN = "neither paid nor failed"


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order that the site sent to the gateway, in a browser of its own."""

    order_id: str
    amount: str
    callback_url: str
    names: Mapping[str, str]
    session: requests.Session


@dataclass(frozen=True, slots=True)
class Look:
    """What the site was seen to say: its belief, how often it granted the goods, and how it answered."""

    belief: Belief
    granted: int | None
    answer: Answer


class Site:
    """The merchant's site."""

    def __init__(self, plan: Plan, wire: Wire, control: Control) -> None:
        self._plan, self._wire, self._control = plan, wire, control

    def begin(self) -> Purchase:
        """A fresh order, as far as the gateway's door. Raises CannotRun saying at which step it stopped."""
        session = requests.Session()
        session.trust_env = False
        names = {"unique": secrets.token_hex(6)}
        page = Answer(self._plan.base_url)
        for number, step in enumerate(self._plan.steps, 1):
            page = self._take(number, step, page, names, session)
        order_id = self._order_begun(page, session)
        order = self._control.order(order_id)
        if order is None:
            raise CannotRun(self._unknown_order(order_id))
        names["order_id"] = order_id
        callback = absolute(self._plan, self._plan.callback_url) or order["callback_url"]
        return Purchase(order_id, order["amount"], callback, names, session)

    def _take(self, number: int, step: Step, page: Answer, names: dict[str, str], session: requests.Session) -> Answer:
        where = f"Step {number}"
        url = urljoin(page.url or self._plan.base_url, filled(step.url, names, where)) if step.url else page.url
        fields = {name: filled(text, names, where) for name, text in step.fields.items()}
        method = step.method
        if step.form:
            form = pages.chosen_form(page.text, step.form)
            if form is None:
                raise CannotRun(f"{where}: {page.url} has no form whose action or id matches {step.form!r}.")
            url, method = (url if step.url else urljoin(page.url, form.action)), form.method
            fields = form.fields | fields
        reached = self._go(method, url, fields, session, page.url)
        if not 200 <= reached.status < 400:
            raise CannotRun(
                f"{where}: {method} {reached.url} answered {reached.said}. Is the site running, and the step right?"
                f"{self._control.last_word()}"
            )
        for name, how in step.extract.items():
            names[name] = self._extract(where, name, how, reached)
        return reached

    def _go(self, method: str, url: str, fields: Mapping[str, str], session: requests.Session, referer: str) -> Answer:
        """As a browser: a POST says where it comes from; redirects are followed, but not into the gateway."""
        headers = {"Referer": referer} if referer else {}
        body = None
        if method == "POST":
            body = urlencode(fields).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif fields:
            url += ("&" if "?" in url else "?") + urlencode(fields)
        answer = self._wire.send(method, url, body=body, headers=headers, session=session)
        return self._wire.follow(answer, session, until=origin(self._control.url))[-1]

    def _extract(self, where: str, name: str, how: str, page: Answer) -> str:
        try:
            found = pages.extracted(page.url + "\n" + page.text, how)
        except pages.MissingLibrary as error:
            raise CannotRun(str(error)) from error
        except re.error as error:
            raise CannotRun(f"{where}: extract {name} is no regular expression: {error}") from error
        if found is None:
            raise CannotRun(f"{where}: nothing on {page.url} matches extract {name} = {how!r}.")
        return found

    def _order_begun(self, page: Answer, session: requests.Session) -> str:
        """The gateway's order id that this page leads to; a legacy form is posted, because it opens the order."""
        if page.location:  # the site redirects into the gateway by itself
            found = re.search(r"[?&](?:orderId|ORDER_ID)=([A-Za-z0-9@._-]{1,50})", page.location)
            if found:
                return found[1]
        for form in pages.forms(page.text):
            if form.leads_to_paytm:
                self._enter(form, urljoin(page.url, form.action), session)
                return form.order_id
        if order_id := pages.scripted_order(page.text):
            return order_id
        raise CannotRun(
            f"{page.url} (answer {page.said}) holds no form to Paytm (showPaymentPage with orderId and txnToken, or "
            "processTransaction with ORDER_ID) and no orderId with a token for JS Checkout. Add the [[steps]] that "
            "lead there, and look at what the site logs: it may have failed to reach the simulator."
            f"{self._control.last_word()}"
        )

    def _enter(self, form: pages.Form, action: str, session: requests.Session) -> None:
        if origin(action) != origin(self._control.url):
            raise CannotRun(
                f"The site sends shoppers to {action[:200]}, not to the simulator at {self._control.url}. "
                "Set the site's gateway host to the simulator's address."
            )
        if "showPaymentPage" not in form.action:
            self._wire.send(
                "POST", action, body=urlencode(form.fields).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"}, session=session,
            )  # fmt: skip

    def _unknown_order(self, order_id: str) -> str:
        why = self._control.last_word(order_id) or " Is the site configured with another gateway?"
        return f"The site began order {order_id}, which the simulator at {self._control.url} did not accept.{why}"

    def callback(self, purchase: Purchase, message: Message) -> list[Answer]:
        """Brings a message as the shopper's browser does.

        It is a cross-site POST, so no cookie comes with it (SameSite=Lax is the browsers' default); the pages that it
        leads to are opened with the shopper's cookies.
        """
        return self._wire.follow(self._deliver(purchase.callback_url, message), purchase.session)

    def webhook(self, message: Message) -> Answer:
        """Brings a message as the gateway's server does. Only with a webhook_url."""
        return self._deliver(absolute(self._plan, self._plan.webhook_url), message)

    def _deliver(self, url: str, message: Message) -> Answer:
        if message.query:
            url += ("&" if "?" in url else "?") + message.query
        headers = {"Content-Type": message.content_type} if message.content_type else {}
        body = message.body if message.method == "POST" else None
        return self._wire.send(message.method, url, body=body, headers=headers)

    def look(self, purchase: Purchase) -> Look:
        """What the site says of this order now."""
        answer = self._command(purchase) if self._plan.status_command else self._page(purchase)
        granted = self._granted(answer.text)
        if re.search(self._plan.paid_pattern, answer.text):
            return Look(Belief.PAID, granted, answer)
        failed = self._plan.failed_pattern and re.search(self._plan.failed_pattern, answer.text)
        return Look(Belief.FAILED if failed else Belief.OPEN, granted, answer)

    def _page(self, purchase: Purchase) -> Answer:
        url = absolute(self._plan, filled(self._plan.status_url, purchase.names, "status_url"))
        answer = self._wire.send("GET", url, session=purchase.session)
        return self._wire.follow(answer, purchase.session)[-1]

    def _command(self, purchase: Purchase) -> Answer:
        return self.run(self._plan.status_command, purchase.names)

    def recheck(self, purchase: Purchase) -> Answer | None:
        """Makes the site ask about open payments by itself; None: no way was given."""
        return self.run(self._plan.recheck_command, purchase.names) if self._plan.recheck_command else None

    def run(self, command: str, names: Mapping[str, str]) -> Answer:
        words = [filled(word, names, "the command") for word in shlex.split(command)]
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, no shell
                words, capture_output=True, text=True, errors="replace", timeout=self._plan.timeout, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotRun(f"The command {words[0]!r} did not work: {error}.") from error
        return Answer(words[0], 200, done.stdout[:LONGEST_OUTPUT])

    def _granted(self, text: str) -> int | None:
        """How often the goods were granted: the number that a group holds, else how often the pattern stands there."""
        if not self._plan.granted_pattern:
            return None
        found = re.findall(self._plan.granted_pattern, text)
        counts = re.compile(self._plan.granted_pattern).groups == 1 and all(number.isdigit() for number in found)
        return sum(int(number) for number in found) if counts else len(found)


def filled(text: str, names: Mapping[str, Any], where: str) -> str:
    """The text with each ``{name}`` replaced. Raises CannotRun for a name that nothing was extracted under."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in names:
            raise CannotRun(f"{where}: nothing was extracted as {found[0]}. Known: {', '.join(sorted(names))}.")
        return str(names[found[1]])

    return re.sub(r"\{([a-z_]+)\}", value, text)
