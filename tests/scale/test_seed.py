"""``paytm_seed``: invented payments that could have happened, that nobody is ever asked about, in their own corner."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest
import responses
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from paytm_kit.models import Announcement, Dispute, Payment, PaymentEvent, Refund, WireMessage
from paytm_kit.services import doctor, rebuild, reconcile, seed
from paytm_kit.services.invention import MERCHANT_ID, World, story

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str, force: bool = True) -> str:
    out = io.StringIO()
    call_command("paytm_seed", *arguments, *(["--force"] if force else []), stdout=out)
    return out.getvalue()


@pytest.mark.databases
def test_every_total_of_what_is_invented_follows_from_its_events() -> None:
    run("--payments", "200", "--days", "60", "--seed", "18")  # a seed that has disputes among so few
    assert Payment.objects.count() == 200
    assert [drift for found in rebuild.run() for drift in found] == []
    for model in (PaymentEvent, Refund, Dispute, Announcement, WireMessage):
        assert model.objects.exists(), model
    statuses = Counter(Payment.objects.values_list("status", flat=True))
    assert statuses["paid"] > 140
    assert min(statuses["failed"], statuses["expired"], Payment.objects.exclude(flags="").count()) > 0
    assert Announcement.objects.count() == PaymentEvent.objects.filter(announcement__isnull=False).count()


@pytest.mark.databases
def test_nothing_of_it_is_due_and_no_gateway_is_asked(transactional_db: None) -> None:
    run("--payments", "300")
    assert reconcile.plan(reconcile.Scope(everything=True)).rows == ()
    with responses.RequestsMock():  # a call would fail
        report = reconcile.Report()
        assert list(reconcile.run(report)) == []
    assert (report.left, report.asked) == (0, 0)
    assert set(Payment.objects.values_list("environment", "merchant_id")) == {("simulator", MERCHANT_ID)}
    assert not [finding for finding in doctor.examine(network=False) if "announcements that keep" in finding.what]


def test_what_is_invented_opens_at_the_desk(admin_client: Any) -> None:
    run("--payments", "150")
    for payment in (Payment.objects.filter(refunds__isnull=False).first(), Payment.objects.exclude(flags="").first()):
        if payment is not None:
            assert admin_client.get(f"/admin/paytm_kit/payment/{payment.pk}/change/").status_code == 200
            assert payment.order is None


def test_asking_about_one_by_hand_is_refused_in_words(admin_client: Any) -> None:
    run("--payments", "1")
    payment = Payment.objects.get()
    with responses.RequestsMock():
        page = admin_client.post(f"/admin/paytm_kit/payment/{payment.pk}/ask/", follow=True)
    assert b"was started as simulator" in page.content


# ---- Running it


def test_it_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed, "BATCH", 40)
    rows = seed.run(seed.plan(payments=100, seed=1, days=9, account="default"))
    assert next(rows) == 40
    rows.close()
    said = run("--payments", "100")
    assert "40 payments of seed 1 are there; going on from there." in said
    assert "80 of 100" in said
    assert Payment.objects.count() == 100
    assert "100 payments of seed 1 already: nothing to do" in run("--payments", "100")
    run("--payments", "10", "--seed", "2")
    assert Payment.objects.count() == 110


def test_another_run_of_the_same_seed_is_told() -> None:
    planned = seed.plan(payments=5, seed=1, days=9, account="default")
    run("--payments", "5")
    with pytest.raises(seed.CannotSeed, match="choose another --seed"):
        list(seed.run(planned))
    assert Payment.objects.count() == 5


def test_the_same_seed_invents_the_same() -> None:
    world = World.of(8, 50, timezone.now(), 9)
    assert [story(world, number) for number in range(50)] == [story(world, number) for number in range(50)]
    moments = [story(world, number).created_at for number in range(50)]
    assert moments == sorted(moments)
    assert world.until >= moments[-1]


def test_keys_are_found_again_where_the_database_does_not_tell_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """MySQL, and MariaDB before 10.5."""
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    run("--payments", "80")
    assert [drift for found in rebuild.run() for drift in found] == []
    assert Refund.objects.count() == Payment.objects.filter(refunds__isnull=False).count()


# ---- Where it must not run


def test_it_refuses_where_it_does_not_look_like_a_place_to_play(settings: Any) -> None:
    with pytest.raises(CommandError, match="DEBUG is off"):
        run("--payments", "5", force=False)
    settings.DEBUG = True
    account = {**settings.PAYTM_KIT["ACCOUNTS"]["default"], "ENVIRONMENT": "production"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    with pytest.raises(CommandError, match='account "default" is in production'):
        run("--payments", "5", force=False)
    assert not Payment.objects.exists()


def test_it_runs_on_a_developers_machine_without_force(settings: Any) -> None:
    settings.DEBUG = True
    assert "5 payments of seed 1 are there." in run("--payments", "5", force=False)


@pytest.mark.parametrize(
    "arguments",
    [("--payments", "0"), ("--payments", "99999999"), ("--days", "0"), ("--seed", "-1"), ("--account", "x" * 41)],
)
def test_numbers_that_make_no_sense_are_wrong_usage(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert error.value.returncode == 2
