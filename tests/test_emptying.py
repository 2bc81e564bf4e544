"""After a test that commits, the database is as the migrations left it, though only what was written is removed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType

from paytm_kit.models import Payment, PaymentEvent
from tests.emptying import Emptier

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


def test_rows_that_point_at_each_other_go_together(payment: Payment) -> None:
    group = Group.objects.create(name="Desk")
    group.permissions.set(Permission.objects.all()[:3])
    User.objects.create_user("asha").groups.add(group)
    Emptier().empty()
    assert [model.objects.count() for model in (Payment, PaymentEvent, Group, User)] == [0, 0, 0, 0]


@pytest.mark.parametrize("change", ["renamed", "removed", "added"])
def test_permissions_and_content_types_are_as_before(change: str) -> None:
    emptier = Emptier()
    before = set(Permission.objects.values_list("content_type__model", "codename", "name"))
    if change == "renamed":
        Permission.objects.filter(codename="view_payment").update(name="Something else")
    elif change == "removed":
        ContentType.objects.get(model="payment").delete()
    else:
        Permission.objects.create(codename="one_more", content_type=ContentType.objects.get(model="payment"))
    emptier.empty()
    assert set(Permission.objects.values_list("content_type__model", "codename", "name")) == before
