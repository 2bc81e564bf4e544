"""Back to the shop: the page whose form carries the callback, or what happens where none is carried."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from paytm_kit.simulator import door
from paytm_kit.simulator.door import Answer
from paytm_kit.simulator.faults import callbacks
from paytm_kit.simulator.models import Transaction
from paytm_kit.simulator.rendering import render
from paytm_kit.simulator.webhooks import carrier


def bring_back(request: HttpRequest, attempt: Transaction) -> Answer:
    """The last page of a decided attempt. The browser carries one callback; what faults add, the simulator posts first,
    when the page is shown for the first time."""
    order = attempt.order
    if not attempt.comes_back:
        return Answer(render(request, "closed.html", {"order": order}), order.order_id)
    plan = callbacks.plan(attempt)
    verdict = "".join(f"fault {name}; " for name in plan.faults if plan.new)
    if not plan.forms:
        return Answer(render(request, "closed.html", {"order": order, "lost": True}), order.order_id, verdict)
    if plan.new:
        carrier.post_all(order, plan.forms[:-1])
    page = returning(request, order.callback_url, plan.forms[-1], wait=plan.seconds)
    return Answer(page, order.order_id, verdict)


def returning(
    request: HttpRequest, url: str, fields: dict[str, str], why: str = "", *, wait: float = 0
) -> HttpResponse:
    """The page whose form carries the callback from the shopper's browser to the shop, after ``wait`` real seconds."""
    context = {
        "url": url, "fields": fields, "status": fields["STATUS"], "message": fields["RESPMSG"], "why": why,
        "wait": wait,
    }  # fmt: skip
    response = render(request, "returning.html", context)
    response["Content-Security-Policy"] = door.policy(url)
    return response
