"""What a site puts into its own pages: the pay button, a shopper's payments, how a refund stands."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser, User
from django.core import signing
from django.template import Context, Template
from django.test import Client, RequestFactory

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.ledger import book
from paytm_kit.models import Flag, Payment
from paytm_kit.services import confirm, pay_button
from tests.paytm import Paytm


def soup_of(response: object) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def rendered(source: str, **context: object) -> BeautifulSoup:
    text = Template("{% load paytm_kit %}" + source).render(Context(context))
    return BeautifulSoup(text, "html.parser")


def button(order: Order, **context: object) -> BeautifulSoup:
    return rendered("{% paytm_pay_button order %}", order=order, **context)


def press(client: Client, order: Order, **options: str) -> object:
    """As a browser does: the page's own value and CSRF token."""
    client.cookies["csrftoken"] = token = "a" * 32
    return client.post("/paytm/open/", {"order": pay_button.value(order, **options), "csrfmiddlewaretoken": token})


# -- the button


def test_the_button_names_what_is_owed_and_carries_no_amount(order: Order) -> None:
    form = button(order, csrf_token="c" * 32).form
    assert form.button.text == "Pay ₹499.00"
    assert {field["name"] for field in form.find_all("input")} == {"csrfmiddlewaretoken", "order"}
    assert "499" not in form.find("input", attrs={"name": "order"})["value"]


def test_pressing_it_opens_the_orders_payment_and_leads_to_the_gateway(order: Order, client: Client) -> None:
    response = press(client, order)
    payment = order.payments.get()
    assert (response.status_code, response["Location"]) == (303, f"/paytm/pay/{payment.token}/")
    assert (payment.amount, payment.status) == (Decimal("499.00"), "created")


def test_pressing_it_twice_opens_one_payment(order: Order, client: Client) -> None:
    assert press(client, order)["Location"] == press(client, order)["Location"]
    assert order.payments.count() == 1


def test_the_amount_is_what_the_order_owes_when_it_is_pressed(order: Order, client: Client) -> None:
    value = pay_button.value(order)
    order.lines.create(name="Honey", unit_price=Decimal("101.00"), quantity=1)
    client.cookies["csrftoken"] = token = "a" * 32
    client.post("/paytm/open/", {"order": value, "csrfmiddlewaretoken": token})
    assert order.payments.get().amount == Decimal("600.00")


def test_a_buttons_own_flow_and_return_address_are_kept(order: Order, client: Client) -> None:
    response = press(client, order, flow="js", return_url="/thanks/")
    assert response["Location"].endswith("?flow=js")
    assert order.payments.get().return_url == "/thanks/"


def test_a_button_without_its_csrf_token_does_nothing(order: Order, client: Client) -> None:
    assert client.post("/paytm/open/", {"order": pay_button.value(order)}).status_code == 403
    assert not Payment.objects.exists()


@pytest.mark.parametrize("text", ["", "x", "a:b:c", "\x00", "é" * 5000], ids=["none", "x", "three", "NUL", "long"])
def test_a_value_that_is_not_a_buttons_is_a_calm_400(text: str, order: Order, client: Client) -> None:
    refused(client, text)


@pytest.mark.parametrize(
    "value",
    [
        ["shop.order", "999999", "default", "", ""],
        ["shop.order", "not a key", "default", "", ""],
        ["nothing.here", "1", "default", "", ""],
        {"order": 1},
        5,
    ],
    ids=["gone", "no key", "no model", "a dictionary", "a number"],
)
def test_a_signed_value_that_names_no_order_is_too(value: object, order: Order, client: Client) -> None:
    refused(client, signing.dumps(value, salt=pay_button.SALT))


def test_what_was_signed_for_something_else_is_too(order: Order, client: Client) -> None:
    refused(client, signing.dumps(["shop.order", str(order.pk), "default", "", ""], salt="another"))


def refused(client: Client, text: str) -> None:
    client.cookies["csrftoken"] = token = "a" * 32
    response = client.post("/paytm/open/", {"order": text, "csrfmiddlewaretoken": token})
    assert response.status_code == 400
    assert "nothing is lost" in response.content.decode()
    assert not Payment.objects.exists()


def test_getting_the_buttons_address_is_not_allowed(client: Client, db: None) -> None:
    assert client.get("/paytm/open/").status_code == 405


def test_a_paid_order_shows_no_button_and_an_old_one_leads_to_the_result(paid: Payment, client: Client) -> None:
    seen = button(paid.order)
    assert "Paid" in seen.text
    assert not seen.form
    assert press(client, paid.order)["Location"] == paid.get_result_url()
    assert paid.order.payments.count() == 1


@pytest.mark.parametrize("how", ["with the bank", "held for a person"])
def test_while_a_payment_may_be_on_its_way_nobody_is_invited_to_pay_again(
    how: str, payment: Payment, paytm: Paytm
) -> None:
    if how == "with the bank":
        paytm.will_say("PENDING", payment=payment)
        confirm.ask(payment, source="test")
    else:
        book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="")
    seen = button(payment.order)
    assert "Please do not pay again" in seen.text
    assert seen.a["href"] == payment.get_result_url()
    assert not seen.form


def test_a_free_order_has_nothing_to_pay_and_an_old_button_says_so(
    make_order: Callable[..., Order], client: Client
) -> None:
    order = make_order()
    order.lines.all().delete()
    assert button(order).text.strip() == "There is nothing to pay for this order."
    response = press(client, order)
    assert response.status_code == 409
    assert "There is nothing to pay for this order." in response.content.decode()


def test_a_button_for_an_unsaved_order_is_the_developers_mistake_and_says_so(db: None) -> None:
    with pytest.raises(ValueError, match="Save the order"):
        pay_button.value(Order())


def test_a_flow_that_does_not_exist_is_told_when_the_page_is_made(order: Order) -> None:
    with pytest.raises(ValueError, match="sideways"):
        pay_button.value(order, flow="sideways")


# -- my payments


@pytest.fixture
def asha(db: None) -> User:
    return User.objects.create_user("asha", password="secret")


def test_my_payments_are_those_of_my_orders_newest_first(
    asha: User, start: Callable[..., Payment], make_order: Callable[..., Order], client: Client
) -> None:
    older, newer = start(make_order(user=asha)), start(make_order("250.00", user=asha))
    somebody_elses = start(make_order(user=User.objects.create_user("ravi")))
    guests = start(make_order())
    client.force_login(asha)
    response = client.get("/paytm/payments/")
    page = soup_of(response)
    assert [item.find(class_="pk-history-id").text for item in page.select(".pk-history > li")] == [
        newer.gateway_order_id,
        older.gateway_order_id,
    ]
    assert somebody_elses.gateway_order_id not in page.text
    assert guests.gateway_order_id not in page.text
    assert "no-store" in response["Cache-Control"]


def test_somebody_who_is_not_signed_in_is_asked_to(client: Client, paid: Payment) -> None:
    assert client.get("/paytm/payments/")["Location"].startswith("/login/")
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert "No payments yet." in rendered("{% paytm_history %}", request=request).text


def test_a_payment_tells_how_it_stands_how_it_was_paid_and_what_went_back(
    asha: User, paid: Payment, paytm: Paytm, client: Client
) -> None:
    Order.objects.update(user=asha)
    paytm.will_refund("PENDING")
    refunds.request(paid, Decimal("120.00"), reason="One plant came broken", actor="staff")
    client.force_login(asha)
    text = " ".join(soup_of(client.get("/paytm/payments/")).find(class_="pk-history").text.split())
    assert "₹499.00" in text
    assert "✓ Paid" in text
    assert "UPI" in text
    assert "₹120.00 is on its way back." in text
    assert "broken" not in text  # the shop's own words about it


def test_the_tag_on_a_page_without_a_user_shows_nobodys(paid: Payment) -> None:
    assert rendered("{% paytm_history %}").text.strip() == "No payments yet."


def test_the_tag_shows_the_payments_of_one_order(paid: Payment, start: Callable[..., Payment]) -> None:
    other = start()
    text = rendered("{% paytm_history order %}", order=paid.order).text
    assert paid.gateway_order_id in text
    assert other.gateway_order_id not in text


@pytest.mark.parametrize("page", ["2", "last", "-1", "x", "99999999999999999999"])
def test_pages_of_payments_bear_any_number(
    page: str, asha: User, start: Callable[..., Payment], make_order: Callable[..., Order], client: Client
) -> None:
    for _ in range(21):
        start(make_order(user=asha))
    client.force_login(asha)
    response = client.get("/paytm/payments/", {"page": page})
    assert response.status_code == 200
    assert len(soup_of(response).select(".pk-history > li")) in (1, 20)


def test_the_number_of_queries_does_not_grow_with_the_payments(
    asha: User,
    start: Callable[..., Payment],
    make_order: Callable[..., Order],
    client: Client,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for _ in range(8):
        start(make_order(user=asha))
    client.force_login(asha)
    with django_assert_max_num_queries(8):
        client.get("/paytm/payments/")


# -- refunds


def test_a_refunds_page_tells_each_step_and_nothing_about_the_person(
    paid: Payment, paytm: Paytm, client: Client
) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refunds.request(paid, Decimal("120.00"), reason="One plant came broken", actor="staff")
    response = client.get(f"/paytm/refunds/{paid.token}/")
    page = soup_of(response)
    refund = paid.refunds.get()
    assert [" ".join(step.text.split()) for step in page.select(".pk-steps li")][1].startswith("With the bank")
    assert refund.refund_id in page.text
    assert not [word for word in ("broken", "staff", "Asha", "asha@") if word in page.text]
    assert soup_of(client.get(paid.get_result_url())).find("a", href=f"/paytm/refunds/{paid.token}/")
    assert "no-store" in response["Cache-Control"]


def test_a_payment_without_refunds_says_so(paid: Payment, client: Client) -> None:
    assert "No refund has been made" in client.get(f"/paytm/refunds/{paid.token}/").content.decode()


def test_of_a_payment_that_is_not_paid_it_does_not_say_that_nothing_was(payment: Payment, client: Client) -> None:
    assert "You paid" not in client.get(f"/paytm/refunds/{payment.token}/").content.decode()


def test_an_unknown_token_has_no_refunds_page(client: Client, db: None) -> None:
    assert client.get("/paytm/refunds/nothing/").status_code == 404
