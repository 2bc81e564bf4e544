"""Seeding: everything there, nothing twice, nothing of the staff's overwritten."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from demo_site.shop.models import Category, Product
from demo_site.shop.seed import seed

pytestmark = pytest.mark.django_db


def test_seeding_again_adds_nothing() -> None:
    seed()
    before = (Category.objects.count(), Product.objects.count(), User.objects.count())
    seed()
    assert (Category.objects.count(), Product.objects.count(), User.objects.count()) == before == (4, 14, 2)


def test_what_staff_changed_stays_changed() -> None:
    seed()
    Product.objects.filter(slug="masala-chai").update(price="299", is_available=False)
    seed()
    product = Product.objects.get(slug="masala-chai")
    assert (product.price, product.is_available) == (299, False)


def test_the_catalogue_passes_its_own_validation() -> None:
    seed()
    for product in Product.objects.all():
        try:
            product.full_clean()
        except ValidationError as error:
            pytest.fail(f"{product}: {error}")


@pytest.mark.parametrize(("username", "is_staff"), [("asha", False), ("staff", True)])
def test_the_demo_users_can_sign_in_with_the_printed_password(username: str, is_staff: bool) -> None:
    seed()
    user = User.objects.get(username=username)
    user.set_password("forgotten")
    user.save()
    seed()
    found = authenticate(username=username, password="demo-pass")
    assert found == user
    assert (found.is_staff, found.email) == (is_staff, f"{username}@example.com")
