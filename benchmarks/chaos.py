"""Everything goes wrong at once, and no rupee is lost: python -m benchmarks.chaos [--orders 10000] [--seed 1]

Four web workers of the demo shop on PostgreSQL, the simulator with every one of its faults on, and a crowd of shoppers:
most pay, some fail, wait, cancel, go away or pay once more; some are refunded, by the shop and in the dashboard. Then
the faults end, both clocks move on, and reconcile and sweep run as cron would run them.

At the end the kit's books and the simulator's must agree to the paisa, payment by payment and refund by refund, every
order be placed if and only if it is paid, and each announcement be heard exactly once. Both books are printed beside
each other. The exit status is 1 on any difference.

The seed decides amounts, order ids, and with them which faults meet whom. Which process is quicker it does not decide.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from time import monotonic
from types import FrameType
from typing import Any

import requests

from tests.drills.place import Place, make_order, opened

WEB_WORKERS = 4
AT_ONCE = 6  # shoppers
TRIES = 3  # of one shopper, until the gateway's page comes
PROBABILITY = 0.04  # of each fault, for each order
REFUNDED, IN_THE_DASHBOARD = 0.2, 0.05  # shares of the paid orders
QUARTER, HOUR = 16 * 60, 3600  # seconds; a little more than the first rung of the ladder
MOMENTS = (QUARTER, 2 * QUARTER, 2 * HOUR, 8 * HOUR, 26 * HOUR, 50 * HOUR, 73 * HOUR)  # seconds after the day
RECONCILE = ("--workers", "4")
COMES_BACK = 0.1  # of the shoppers, for another try; an order that is paid takes no second payment
MOST_SHOWN = 20  # differences
SLOWEST = 2.0  # seconds of patience for each order

# Each as it usually strikes, but what would only cost time is shorter.
MILDER: dict[str, list[dict[str, Any]]] = {
    "callback.delayed": [{"seconds": 0.1}],
    "webhook.duplicated": [{"copies": 3}],
    "status.slow": [{"seconds": 0.2}],
    "connection.reset": [{"api": "initiate"}, {"api": "status"}, {"api": "refund"}],
}
# What shoppers do at the gateway's page, and how often of a hundred times; "" goes away without a word.
DEEDS = {"success": 70, "failure": 10, "pending": 10, "cancel": 4, "": 6}
METHODS = ("upi", "card", "netbanking", "wallet")


@dataclass
class Day:
    """One seed's orders, from the first click to the last question."""

    place: Place
    seed: int
    orders: int
    ahead: int = 0  # seconds that the clocks have been moved
    struck: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """All that happens. What it came to stands in the books."""
        _empty_tables()
        self.place.simulator("POST", "reset")
        self.place.simulator("PUT", "faults", self._every_fault())
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            list(crowd.map(self._shopper, range(self.orders), self._made()))
            list(crowd.map(self._refund, self._paid()))
        self._move(MOMENTS[0])
        self._command("paytm_reconcile", *RECONCILE)  # under fire
        for rule in self.place.simulator("GET", "faults")["active"]:
            self.struck[rule["fault"]] += rule["struck"]
        self.place.simulator("PUT", "faults", [])
        for moment in MOMENTS[1:]:
            self._move(moment)
            self._command("paytm_reconcile", *RECONCILE)
            if not self._open():
                break
        self._command("paytm_sweep", "--since", "5d")
        self._move(self.ahead + QUARTER)
        self._command("paytm_reconcile", *RECONCILE)

    def _every_fault(self) -> list[dict[str, Any]]:
        """The simulator's own table, so that none is left out."""
        names = [fault["fault"] for fault in self.place.simulator("GET", "faults")["faults"]]
        return [
            {"fault": name, "probability": PROBABILITY, **values} for name in names for values in MILDER.get(name, [{}])
        ]

    # ---- people ----------------------------------------------------------------------------------------------

    def _made(self) -> list[Any]:
        """The orders, placed and not paid."""
        drawn = random.Random(f"{self.seed}")
        amounts = [f"{drawn.randrange(100, 500_000) / 100:.2f}" for _ in range(self.orders)]
        return [make_order(amount, cart_key=f"{self.seed}-{number}") for number, amount in enumerate(amounts)]

    def _shopper(self, number: int, order: Any) -> None:
        drawn = random.Random(f"{self.seed} {number}")
        self._pays(order, drawn)
        if drawn.random() < COMES_BACK:
            self._pays(order, drawn)

    def _pays(self, order: Any, drawn: random.Random) -> None:
        deed = drawn.choices(list(DEEDS), list(DEEDS.values()))[0]
        method = drawn.choice(METHODS)
        for _ in range(TRIES):
            if order_id := self.place.check_out(order):
                break
        else:
            return
        if deed:
            with suppress(requests.HTTPError):  # the gateway's page refuses what is paid or expired already
                self.place.pay(order_id, "callback", "webhook", outcome=deed, method=method)

    def _paid(self) -> list[int]:
        """Primary keys, in the order of the shop's orders: the same seed refunds the same."""
        from paytm_kit.models import Payment

        paid = Payment.objects.filter(status=Payment.Status.PAID).order_by("gateway_order_id")
        return list(paid.values_list("pk", flat=True))

    def _refund(self, pk: int) -> None:
        from paytm_kit import refunds
        from paytm_kit.models import Payment

        payment = Payment.objects.get(pk=pk)
        drawn = random.Random(f"{self.seed} refund {payment.gateway_order_id}")
        share, times = drawn.random(), drawn.choice((1, 1, 2))
        part = max((payment.amount * drawn.randrange(1, 60) / 100).quantize(Decimal("0.01")), Decimal("1.00"))
        if share < REFUNDED:
            with suppress(refunds.NotRefundable):
                for _ in range(times):
                    refunds.request(payment, part, reason="The customer changed their mind", actor="chaos")
        elif share < REFUNDED + IN_THE_DASHBOARD:
            wish = {"amount": str(part), "outcome": drawn.choice(("pending", "success"))}
            with suppress(requests.HTTPError):  # more than was taken
                self.place.simulator("POST", f"orders/{payment.gateway_order_id}/refund", wish)

    # ---- time ------------------------------------------------------------------------------------------------

    def _move(self, until: int) -> None:
        """The simulator's clock; the kit's commands read theirs when they start."""
        self.place.simulator("POST", "clock", {"advance_seconds": until - self.ahead})
        self.ahead = until

    def _command(self, *words: str) -> None:
        status, said = self.place.manage(*words, DRILL_AHEAD=str(self.ahead))
        if status not in (0, 1):  # 1: something is left for the next run
            raise RuntimeError(f"{words[0]} ended with {status}:\n{said}")

    def _open(self) -> bool:
        """Whether anything is still to be found out about."""
        from paytm_kit.models import Payment, Refund

        begun = Payment.objects.still_open().filter(started_at__isnull=False)
        return begun.exists() or Refund.objects.filter(status__in=Refund.OPEN).exists()


def _empty_tables() -> None:
    from django.apps import apps
    from django.db import connection

    models = [model for app in ("paytm_kit", "shop") for model in apps.get_app_config(app).get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in models)} CASCADE")


# ---- the books -----------------------------------------------------------------------------------------------------

Line = tuple[str, str, str]  # what, by the kit's books, by the simulator's


def books(theirs: dict[str, Any]) -> list[Line]:
    """Both sides' sums, in rupees and paise."""
    from paytm_kit.models import Payment, Refund

    paid = list(Payment.objects.filter(status=Payment.Status.PAID).values_list("captured_amount", flat=True))
    back = list(Refund.objects.filter(status=Refund.Status.SUCCEEDED).values_list("amount", flat=True))
    taken = [amount for order in theirs.values() if (amount := Decimal(order["captured_amount"]))]
    made = [refund for order in theirs.values() for refund in order["refunds"]]
    given = [Decimal(refund["amount"]) for refund in made if refund["status"] == "success"]
    under_way = [refund for refund in made if refund["status"] == "pending"]
    return [
        ("payments captured", str(len(paid)), str(len(taken))),
        ("captured", f"{sum(paid, Decimal()):.2f}", f"{sum(taken, Decimal()):.2f}"),
        ("refunds made", str(len(back)), str(len(given))),
        ("refunded", f"{sum(back, Decimal()):.2f}", f"{sum(given, Decimal()):.2f}"),
        ("refunds open", str(Refund.objects.filter(status__in=Refund.OPEN).count()), str(len(under_way))),
    ]


def printed(day: Day, seconds: float) -> bool:
    """Prints what one day came to. Whether all agrees."""
    from paytm_kit.models import Payment
    from tests.drills import truth

    theirs = day.place.books()
    lines = books(theirs)
    print(f"seed {day.seed}: {day.orders} orders, {len(theirs)} at the gateway, {seconds:.1f} s")
    print(f"  {'':<20}{'kit':>16}{'simulator':>16}")
    for what, ours, other in lines:
        print(f"  {what:<20}{ours:>16}{other:>16}{'' if ours == other else '  DIFFERENT'}")
    status = Counter(Payment.objects.values_list("status", flat=True))
    print(f"  payments: {', '.join(f'{count} {word}' for word, count in sorted(status.items()))}")
    struck = [name for name, times in day.struck.items() if times]
    print(f"  faults: {len(struck)} of {len(day.struck)} kinds struck, {day.struck.total()} times in all")
    found = [why for whys in truth.differences(theirs).values() for why in whys]
    for why in found[:MOST_SHOWN]:
        print(f"  DIFFERENT {why}")
    print(f"  differences: {len(found)}", flush=True)
    return not found and all(ours == other for _, ours, other in lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=10_000, help="how many shoppers (10000)")
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="one run for each (1)")
    chosen = parser.parse_args()
    patience = 60 + chosen.orders * SLOWEST
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(int(patience * len(chosen.seed)) + 60)
    began, fine = monotonic(), []
    with opened(DRILL_IDS="1", DRILL_PAUSE="0.02", DRILL_CROWD="1") as place:
        place.patience = patience
        place.start_web(WEB_WORKERS)
        for seed in chosen.seed:
            dawn = monotonic()
            day = Day(place, seed, chosen.orders)
            day.run()
            fine.append(printed(day, monotonic() - dawn))
    spent = sum(os.times()[:4])
    print(f"{monotonic() - began:.1f} s in all, {spent:.0f} s of processor time beside the database's")
    return 0 if all(fine) else 1


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("This takes much longer than it should.")


if __name__ == "__main__":
    sys.exit(main())
