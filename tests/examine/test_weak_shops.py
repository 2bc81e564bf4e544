"""Weak shops fail exactly the attacks that they should, so every attack is known to bite."""

from __future__ import annotations

import pytest

from paytm_kit.simulator.examine.attacks import ATTACKS
from tests.examine.conftest import Examine, about, opened
from tests.examine.weak_shop import Believing, Hasty, Trusting, WeakShop

THROUGH, LOST, ERROR, NOT_RUN = "let through", "lost", "error 500", "not run"

OUT_OF_SHAPE = "large-body many-fields nul-bytes bad-encoding wrong-content-type"
FALSE = "false-amount false-success-declined false-success-pending false-success-unpaid wrong-mid"
DOWN = "status-error status-reset status-html status-truncated status-slow"

FAILS = {
    # Believes whatever is posted. It never calls anything failed, so it loses nothing.
    Trusting: {
        THROUGH: f"unsigned-callback unsigned-webhook tampered-status tampered-amount another-key other-order-swapped "
        f"other-order-repeated status-twice garbage-checksums renamed-fields split-at-a-pipe merged-fields "
        f"lower-amount {FALSE} replayed-success duplicates-at-once missing-fields missing-fields-signed "
        f"get-instead-of-post {OUT_OF_SHAPE} {DOWN} status-other-order",
        NOT_RUN: "before-initiate-answered",
    },
    # Verifies, so forgeries fail; but what raises is a 500, what is signed is money, and pending is failed.
    Believing: {
        THROUGH: f"renamed-fields split-at-a-pipe lower-amount {FALSE} replayed-success duplicates-at-once {DOWN} "
        "status-other-order",
        LOST: "pending-then-success late-failure",
        ERROR: "unsigned-callback unsigned-webhook another-key garbage-checksums unknown-order missing-fields "
        f"missing-fields-signed empty-body json-body {OUT_OF_SHAPE}",
        NOT_RUN: "before-initiate-answered",
    },
    # Asks the bank, so lies do not help; but it does not compare, and every doubt is the end of the order.
    Hasty: {
        THROUGH: "tampered-amount other-order-replayed renamed-fields lower-amount false-amount duplicates-at-once "
        "status-other-order",
        LOST: "paid-by-webhook-only failure-then-retry pending-then-success garbage-checksums before-initiate-answered "
        f"missing-fields empty-body json-body {OUT_OF_SHAPE} {DOWN} status-stale",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", FAILS)
def test_a_weak_shop_fails_exactly_what_it_should(kind: type[WeakShop], gateway: str, examine: Examine) -> None:
    with opened(kind, gateway) as shop:
        examined = examine(*about(shop))
    wanted = {name: verdict for verdict, names in FAILS[kind].items() for name in names.split()}
    assert examined.verdicts(THROUGH, LOST, ERROR, "slow", NOT_RUN) == wanted
    assert examined.status == 1
    held = len(ATTACKS) - len(wanted)
    run = len(ATTACKS) - len(FAILS[kind].get(NOT_RUN, "").split())
    assert f"Score: {held} of {run} held" in examined.out


def test_every_attack_is_failed_by_some_shop() -> None:
    bitten = {name for kinds in FAILS.values() for v, names in kinds.items() if v != NOT_RUN for name in names.split()}
    assert {attack.name for attack in ATTACKS} - bitten == {"paid-by-callback"}


def test_every_attack_says_what_it_does_why_and_what_to_do() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) == 45
    assert [a.name for a in ATTACKS if not all((a.does, a.must, a.why, a.remedy, a.severity, a.group))] == []


def test_the_card_names_what_was_seen_and_the_remedy(gateway: str, examine: Examine) -> None:
    with opened(Believing, gateway) as shop:
        examined = examine(*about(shop), "--only", "lower-amount")
    assert examined.verdicts() == {"paid-by-callback": "held", "lower-amount": "let through"}
    for text in (examined.out, examined.html):
        assert "the bank has captured 1.00 of 249.50 (success)" in text
        assert "This is not Paytm." in text
    assert "Compare the amount of the status API" in examined.out
    assert "\x1b" not in examined.out  # colours are for terminals


def test_without_a_webhook_its_attacks_are_not_run_and_do_not_count(gateway: str, examine: Examine) -> None:
    with opened(Trusting, gateway) as shop:
        examined = examine(*about(shop, webhook_url=""), "--only", "paid-by-webhook-only", "--only", "late-failure")
    assert examined.verdicts() == {
        "paid-by-callback": "held",
        "paid-by-webhook-only": "not run",
        "late-failure": "held",
    }
    assert examined.status == 0
    assert "Score: 2 of 2 held; 1 not run." in examined.out
    assert "give --webhook-url" in examined.out
