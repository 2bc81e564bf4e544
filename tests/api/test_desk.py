"""Tokens at the desk: whoever looks after users sees whose they are, and ends one; nobody reads its text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from paytm_kit.api import tokens
from paytm_kit.api.models import ApiToken
from paytm_kit.models import AuditEntry
from paytm_kit.services.roles import FINANCE
from tests.admin.desk import Person, page_of
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db

LIST = "/admin/paytm_kit_api/apitoken/"


@pytest.fixture
def app() -> User:
    return User.objects.create_user("app")


@pytest.fixture
def made(app: User) -> tuple[ApiToken, str]:
    return tokens.make(app, "mobile app", days=30)


def opens(text: str) -> bool:
    return Caller(Authorization=f"Bearer {text}").get("/api/v1/payments").status_code == 200


def test_the_list_tells_whose_they_are_and_which_open_the_door(app: User, made: tuple[ApiToken, str]) -> None:
    over, _text = tokens.make(app, "old script", days=1)
    ApiToken.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    tokens.make(User.objects.create_user("gone", is_active=False), "left us")
    ended, _text = tokens.make(app, "lost laptop")
    tokens.revoke(ended.pk)
    person = Person()
    person.open(LIST)
    rows = {row.th.get_text(): row.get_text(" ") for row in person.page.select("#result_list tbody tr")}
    states = ("● Good", "⌛ Over", "■ Its user is not active", "✕ Revoked")
    for name, words in zip(("mobile app", "old script", "left us", "lost laptop"), states, strict=True):
        assert words in rows[name]
    good = {row.pk for row in ApiToken.objects.all() if row.state(timezone.now()) == ApiToken.State.GOOD}
    assert good == set(ApiToken.objects.good().values_list("pk", flat=True))
    assert person.listed(f"?q={made[0].prefix}", of=LIST) == ["mobile app"]
    for page in (LIST, page_of(made[0])):
        shown = person.open(page).get_text()
        assert made[0].prefix in shown
        assert made[1] not in shown
        assert made[0].digest not in shown


def test_a_lost_token_is_revoked_after_a_question_and_it_is_written_down(made: tuple[ApiToken, str]) -> None:
    row, text = made
    assert opens(text)
    person = Person()
    person.open(page_of(row, "revoke"))
    assert "This cannot be undone" in person.text()
    assert opens(text)
    person.send(page_of(row, "revoke"))
    assert person.messages() == [f"Revoked: mobile app ({row.prefix}…) opens nothing any more."]
    assert not opens(text)
    entry = AuditEntry.objects.get(action="token.revoke")
    assert (entry.actor, entry.object_label, entry.result) == ("meera", "mobile app", "done")
    person.open(page_of(row, "revoke"))
    assert "Revoked already: mobile app" in person.text()
    assert "opens nothing" not in person.send(page_of(row, "revoke"), confirmed="yes")


def test_it_takes_a_right_of_its_own(made: tuple[ApiToken, str]) -> None:
    finance = Person(FINANCE)
    finance.open(LIST, status=403)
    finance.user.user_permissions.add(Permission.objects.get(codename="view_apitoken"))
    page = finance.open(page_of(made[0]))
    assert page.find("a", string="Revoke…") is None
    finance.open(page_of(made[0], "revoke"), status=403)
    assert opens(made[1])
    finance.user.user_permissions.add(Permission.objects.get(codename="change_apitoken"))
    assert finance.open(page_of(made[0])).find("a", string="Revoke…") is not None
    finance.open(f"{LIST}add/", status=403)  # a token acts as its user: it is made on the machine
