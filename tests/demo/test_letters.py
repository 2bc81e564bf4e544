"""The demo shop's letters lie in a folder, in the language in which was ordered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from demo_site import settings as shop
from demo_site.shop.models import Order
from demo_site.shop.seed import seed


def test_each_letter_becomes_a_text_and_a_page(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_BACKEND = shop.EMAIL_BACKEND
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    message = EmailMultiAlternatives("₹499.00 paid", "Thank you", "orders@example.com", ["../A sha@example.com"])
    message.attach_alternative("<p>Thank you</p>", "text/html")
    assert message.send() == 1
    text, page = sorted((tmp_path / "mail").iterdir(), key=lambda path: path.suffix, reverse=True)
    assert "-to-a-sha-" in text.name
    assert text.read_text() == "Subject: ₹499.00 paid\nFrom: orders@example.com\nTo: ../A sha@example.com\n\nThank you"
    assert page.read_text() == "<p>Thank you</p>"
    assert text.with_suffix(".html") == page


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "hi"])
def test_an_order_remembers_the_language_in_which_it_was_made(language: str) -> None:
    seed()
    client = Client(headers={"Accept-Language": language})
    client.post("/cart/kashmiri-saffron/add/", {"quantity": 1})
    details = {
        "name": "Meera Iyer",
        "email": "meera@example.com",
        "address": "4 Lake Road",
        "city": "Mysuru",
        "pin_code": "570001",
    }
    client.post("/checkout/", details)
    order = Order.objects.get()
    assert (order.language, order.payment_language(), order.payment_email()) == (
        language,
        language,
        "meera@example.com",
    )
