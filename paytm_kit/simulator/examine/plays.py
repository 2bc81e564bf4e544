"""How attacks are played: each play is a few verbs of the scene. The table in ``attacks`` says what each one means."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from paytm_kit.simulator.examine.forge import Forger
from paytm_kit.simulator.examine.plan import CannotRun
from paytm_kit.simulator.examine.scene import BOTH, CALLBACK, WEBHOOK, NotPossible, Scene
from paytm_kit.simulator.examine.site import Purchase
from paytm_kit.simulator.examine.wire import OutOfBounds

Play = Callable[[Scene], None]

ONE_RUPEE = "1.00"
AT_ONCE = 20
REPLAYS = 3
NO_WEBHOOK = "give --webhook-url to play it"


class Bank(StrEnum):
    """What the bank really did before the lie is told."""

    NOTHING = "nothing"
    DECLINED = "failure"
    PENDING = "pending"
    ONE_RUPEE = "one rupee"


def _truth(scene: Scene, purchase: Purchase, bank: Bank) -> dict[str, str]:
    if bank is Bank.NOTHING:
        return scene.unpaid(purchase)
    if bank is Bank.ONE_RUPEE:
        return scene.bank(purchase, "success", ONE_RUPEE)
    return scene.bank(purchase, bank.value)


def lie(
    forger: Forger, bank: Bank = Bank.DECLINED, *, via: tuple[str, ...] = BOTH, other: bool = False, then: bool = False
) -> Play:
    """Forged messages about an order that the bank has not captured in full.

    ``other``: another order is paid beforehand. ``then``: afterwards the order is truly paid, and must not be lost.
    """

    def play(scene: Scene) -> None:
        _need_webhook(scene, via == (WEBHOOK,))
        paid = scene.bank(scene.buy(), "success") if other else {}
        purchase = scene.buy()
        material = scene.material(purchase, _truth(scene, purchase, bank), paid)
        for message in forger(material):
            scene.send(purchase, message, via)
        scene.must_not_be_paid(purchase)
        if then:
            scene.tell(purchase, scene.bank(purchase, "success"))
            scene.must_be_paid(purchase, after="the true messages came after the forged ones")

    return play


def _need_webhook(scene: Scene, needed: bool) -> None:
    if needed and not scene.webhook:
        raise NotPossible(NO_WEBHOOK)


def success(*via: str) -> Play:
    """The bank captures, and the site is told in this way only."""

    def play(scene: Scene) -> None:
        _need_webhook(scene, via == (WEBHOOK,))
        purchase = scene.buy()
        scene.tell(purchase, scene.bank(purchase, "success"), via)
        scene.must_be_paid(purchase)

    return play


def retry_after_failure(scene: Scene) -> None:
    purchase = scene.buy()
    scene.tell(purchase, scene.bank(purchase, "failure"))
    scene.must_not_be_paid(purchase)
    scene.tell(purchase, scene.bank(purchase, "success"))
    scene.must_be_paid(purchase, after="a second try on the payment page succeeded")


def pending_then_success(scene: Scene) -> None:
    purchase = scene.buy()
    scene.tell(purchase, scene.bank(purchase, "pending"))
    scene.must_not_be_paid(purchase, nor_failed=True)
    scene.tell(purchase, scene.settle(purchase, "success"))
    scene.must_be_paid(purchase)


def lower_amount(scene: Scene) -> None:
    purchase = scene.buy()
    scene.tell(purchase, scene.bank(purchase, "success", ONE_RUPEE))
    scene.must_not_be_paid(purchase)


def replay(scene: Scene) -> None:
    purchase = scene.buy()
    truth = scene.bank(purchase, "success")
    scene.tell(purchase, truth)
    scene.must_be_paid(purchase)
    for _ in range(REPLAYS):
        scene.tell(purchase, truth)
    scene.must_stay_paid(purchase, once=True)


def late_failure(scene: Scene) -> None:
    """The first try failed, the second succeeded; the message about the first comes last."""
    purchase = scene.buy()
    failure = scene.bank(purchase, "failure")
    scene.tell(purchase, scene.bank(purchase, "success"))
    scene.must_be_paid(purchase)
    scene.tell(purchase, failure)
    scene.must_stay_paid(purchase)


def duplicates(scene: Scene) -> None:
    purchase = scene.buy()
    scene.at_once(purchase, scene.bank(purchase, "success"), AT_ONCE)
    scene.must_be_paid(purchase, once=True)


def unknown_order(scene: Scene) -> None:
    """Everything is signed and in order, but the shop never had such an order."""
    purchase = scene.buy()
    scene.tell(purchase, {**scene.unpaid(purchase), "ORDERID": "no-such-order"})
    scene.must_not_be_paid(purchase)


def status_down(fault: str, *, pending: bool = True, **values: Any) -> Play:
    """A signed success comes while the status API cannot confirm it; later everything works again.

    ``pending``: meanwhile the bank has not captured, so that who believes the message is wrong.
    """

    def play(scene: Scene) -> None:
        if fault == "status.other-order":
            scene.bank(scene.buy(), "success")
        purchase = scene.buy()
        truth = scene.bank(purchase, "pending" if pending else "success")
        claim = scene.signed_success(purchase, truth)
        with scene.fault(fault, purchase.order_id, **values):
            scene.tell(purchase, claim, down=True)
            scene.must_not_be_paid(purchase, nor_failed=True)
        scene.tell(purchase, scene.settle(purchase, "success") if pending else truth)
        scene.must_be_paid(purchase, after="it was told again when the status API worked")

    return play


def before_initiate(scene: Scene) -> None:
    try:
        with scene.fault("callback.before-initiate", "", times=1):
            purchase = scene.buy()
    except OutOfBounds:
        raise
    except CannotRun as error:  # an ordinary order began well before: it is the early message that stops this one
        scene.broke(str(error))
        return
    if not scene.captured(purchase):
        raise NotPossible("the site begins payments by the legacy form, so no initiateTransaction is there to overtake")
    scene.carried(purchase)
    scene.tell(purchase, scene.truth(purchase), (CALLBACK,) if not scene.webhook else (WEBHOOK,))
    scene.must_be_paid(purchase)
