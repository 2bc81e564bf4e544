"""Letters and pages in the site's own words and language; a template that breaks gives way to the kit's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core import checks, mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from demo_site.shop.models import Order
from paytm_kit import rendering
from paytm_kit.gateways.base import State
from paytm_kit.models import Payment
from tests.letters.conftest import Configure, Written
from tests.letters.test_what_is_written import applied
from tests.paytm import Paytm, callback_fields, post_callback

Override = Callable[[str, str], None]


@pytest.fixture
def override(tmp_path: Path, settings: Any) -> Override:
    """``override("email/paid.txt", "…")``: the site has a template of that name."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [tmp_path]

    def write(name: str, text: str) -> None:
        path = tmp_path / "paytm_kit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        settings.TEMPLATES = deepcopy(templates)  # Django forgets what it has loaded

    return write


def warnings() -> list[str]:
    return [str(found.msg) for found in checks.run_checks(tags=["paytm_kit"]) if found.id == "paytm_kit.W031"]


def html(message: EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


# ---- The site's own


def test_each_part_of_a_letter_can_be_replaced(payment: Payment, override: Override) -> None:
    override("email/paid_subject.txt", "Shukriya {{ label }}\n")
    override(
        "email/paid.html", '{% extends "paytm_kit/email/base.html" %}{% block say %}<p>Chai soon!</p>{% endblock %}'
    )
    applied(payment)
    to_shopper = mail.outbox[0]
    assert to_shopper.subject == f"Shukriya {payment.order_label}"
    assert "Chai soon!" in html(to_shopper)
    assert payment.gateway_order_id in html(to_shopper)
    assert "has been confirmed" in to_shopper.body
    assert warnings() == []


def test_the_shop_may_write_one_of_its_letters_for_one_kind_alone(payment: Payment, override: Override) -> None:
    override("email/merchant_paid.txt", "Pack {{ label }}!")
    applied(payment)
    to_shop = mail.outbox[1]
    assert (to_shop.subject, to_shop.body) == (
        f"Paid: {payment.order_label}, ₹499.00",
        f"Pack {payment.order_label}!\n",
    )


# ---- What breaks

BROKEN = {
    "no such tag": ("{% nonsense %}", "nonsense"),
    "never closed": ("{% if payment %}", "if"),
    "no such parent": ('{% extends "paytm_kit/email/no_such.html" %}', "no_such.html"),
}


@pytest.mark.parametrize("part", ["paid_subject.txt", "paid.txt", "paid.html", "merchant_paid.html"])
@pytest.mark.parametrize(("text", "named"), BROKEN.values(), ids=BROKEN)
def test_a_broken_template_gives_way_to_the_kits_own_and_is_reported(
    payment: Payment,
    override: Override,
    written: Written,
    caplog: pytest.LogCaptureFixture,
    part: str,
    text: str,
    named: str,
) -> None:
    override(f"email/{part}", text)
    applied(payment)
    assert written("state") == ["sent", "sent"]
    to_shopper, to_shop = mail.outbox
    assert to_shopper.subject.startswith("Kadamb: your payment of ₹499.00")
    assert "has been confirmed" in to_shopper.body
    assert "See the receipt" in html(to_shopper)
    assert "The gateway has confirmed a payment." in html(to_shop)
    assert f"template.broken template=paytm_kit/email/{part}" in caplog.text
    [warning] = warnings()
    assert f"paytm_kit/email/{part}" in warning
    assert named in warning


def test_a_template_that_breaks_on_a_value_gives_way_too(
    payment: Payment, override: Override, caplog: pytest.LogCaptureFixture
) -> None:
    override("email/paid.txt", '{% url "no-such-page" %}')
    override("email/paid.html", '{% include "no_such.html" %}')
    applied(payment)
    assert "has been confirmed" in mail.outbox[0].body
    assert "See the receipt" in html(mail.outbox[0])
    assert caplog.text.count("template.broken") >= 2


@pytest.mark.parametrize("name", ["result.html", "page.html", "base.html", "receipt.html"])
def test_a_broken_page_shows_the_kits_own(
    payment: Payment, paytm: Paytm, client: Client, override: Override, name: str
) -> None:
    override(name, '{% extends "shop/base.html" %}{% block content %}{% url "no-such-page" %}{% endblock %}')
    paytm.will_say(payment=payment)
    assert post_callback(client, callback_fields(payment)).status_code == 303
    for url, words in ((payment.get_result_url(), "Payment received"), (payment.get_receipt_url(), "Amount paid")):
        page = client.get(url)
        assert page.status_code == 200
        assert words in page.content.decode()


def test_the_kits_own_form_still_has_its_token_when_the_sites_page_is_broken(
    payment: Payment, paytm: Paytm, override: Override
) -> None:
    override("result.html", "{% nonsense %}")
    paytm.will_say("TXN_FAILURE", payment=payment)
    applied(payment, state=State.FAILURE, code="227")
    form = BeautifulSoup(Client().get(payment.get_result_url()).content, "html.parser").form
    assert form is not None
    assert form.find("input", {"name": "csrfmiddlewaretoken"})


def test_a_site_without_app_directories_has_the_kits_own_without_a_word(
    payment: Payment, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "APP_DIRS": False}]
    applied(payment)
    assert "has been confirmed" in mail.outbox[0].body
    assert Client().get(payment.get_receipt_url()).status_code == 200
    assert "template.broken" not in caplog.text
    assert warnings() == []


def test_the_kits_own_templates_are_all_whole() -> None:
    assert list(rendering.broken()) == []


# ---- Language


@pytest.fixture
def hindi() -> Iterator[None]:
    """A translation of two of the texts, whatever the catalogue holds."""
    catalogue = trans_real.translation("hi")
    added = {"We have received your payment": "HEADING-HI", "Order": "ORDER-HI"}
    before = {key: catalogue._catalog.get(key) for key in added}
    for key, value in added.items():
        catalogue._catalog[key] = value
    yield
    for key, value in before.items():
        catalogue._catalog[key] = value


@pytest.mark.usefixtures("hindi")
def test_the_shopper_reads_the_orders_language_and_the_shop_its_own(payment: Payment, written: Written) -> None:
    Order.objects.update(language="hi")
    with translation.override("en"):
        applied(payment)
        assert translation.get_language() == "en"
    to_shopper, to_shop = mail.outbox
    assert to_shopper.body.startswith("HEADING-HI\n")
    assert f"ORDER-HI: {payment.order_label}" in to_shopper.body
    assert '<html lang="hi" dir="ltr">' in html(to_shopper)
    assert "HI" not in to_shop.body
    assert written("language") == ["hi", "en"]


@pytest.mark.parametrize("language", ["", "tlh", "not a language", "en-au"])
def test_a_language_that_the_site_has_not_is_its_own(payment: Payment, language: str) -> None:
    Order.objects.update(language=language)
    applied(payment)
    assert mail.outbox[0].body.startswith("We have received your payment")


# ---- Hostile names


def test_a_label_can_neither_add_a_header_nor_a_tag_nor_a_line(
    order: Order, start: Callable[..., Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    label = "A\r\nBcc: all@example.com\n\n<script>alert(1)</script> & \u202etxt"
    monkeypatch.setattr(Order, "payment_label", lambda self: label)
    applied(start(order))
    for message in mail.outbox:
        raw = message.message()
        assert raw["Bcc"] is None
        assert "\n" not in message.subject
        assert "\u202e" not in message.body + html(message)
        assert "<script" not in html(message)
        assert "&lt;script&gt;" in html(message)
        assert "Bcc:" in message.body  # harmless, in the middle of a line
        assert not [line for line in message.body.splitlines() if line.startswith("Bcc")]
    assert "&amp;" not in mail.outbox[0].body


def test_a_huge_label_is_cut(order: Order, start: Callable[..., Payment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Order, "payment_label", lambda self: "ॐ" * 5000)
    applied(start(order))
    for message in mail.outbox:
        assert len(message.subject) <= 150
        assert f"{'ॐ' * 59}…" in message.body
        assert message.message().as_bytes()


def test_what_the_gateway_says_is_escaped_and_masked(payment: Payment, mail_settings: Configure) -> None:
    applied(payment, bank_name="<b>asha@okbank</b>", message="4111 1111 1111 1111 for 9000000001")
    for message in mail.outbox:
        assert "<b>" not in html(message)
        assert "asha@okbank" not in message.body + html(message)
        assert "4111 1111 1111 1111" not in message.body
        assert "9000000001" not in message.body
