"""Who sees which order, and what paying it looks like from the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.models import Payment
from tests.demo.conftest import Shopper, fields
from tests.paytm import Paytm, callback_fields, post_callback

pytestmark = pytest.mark.django_db(transaction=True)  # announcements are delivered after a real commit


def pay(shopper: Shopper, order: Order, **changes: object) -> None:
    shopper.open(order.get_absolute_url())
    shopper.send(f"/orders/{order.token}/pay/", **changes)


def gateway_form(shopper: Shopper) -> dict[str, str]:
    return fields(shopper.page.select_one("main form"))


def settle(order: Order, paytm: Paytm, status: str = "TXN_SUCCESS", **changes: Any) -> Payment:
    """Paytm's answer for the order's newest payment arrives, in a browser without our cookies."""
    payment = order.payments[0]
    paytm.will_say(status, payment=payment, **changes)
    answer = post_callback(Client(enforce_csrf_checks=True), callback_fields(payment, status))
    assert answer.status_code == 303
    payment.refresh_from_db()
    return payment


# ---- Whose order is it ----


def test_my_orders_are_mine_alone(new_shopper: Callable[[], Shopper]) -> None:
    asha, staff = new_shopper(), new_shopper()
    asha.sign_in("asha")
    staff.sign_in("staff")
    mine = asha.buy("masala-chai")
    staff.buy("bagru-runner")
    asha.open("/orders/")
    assert [a["href"] for a in asha.page.select(".order-list__number")] == [mine.get_absolute_url()]


def test_my_orders_ask_a_guest_to_sign_in(shopper: Shopper) -> None:
    shopper.open("/orders/")
    assert shopper.response.redirect_chain == [("/login/?next=/orders/", 302)]


@pytest.mark.parametrize("who", ["", "staff"])
def test_nobody_else_sees_or_pays_a_shoppers_order(new_shopper: Callable[[], Shopper], who: str) -> None:
    asha, other = new_shopper(), new_shopper()
    asha.sign_in("asha")
    order = asha.buy()
    if who:
        other.sign_in(who)
    other.open(order.get_absolute_url())
    assert other.response.status_code == 404
    assert order.name not in other.text()
    other.open("/product/masala-chai/")
    other.page.select_one("form[action='/cart/masala-chai/add/']")["action"] = f"/orders/{order.token}/pay/"
    other.send(f"/orders/{order.token}/pay/", way="default.legacy")
    assert other.response.status_code == 404
    assert not Payment.objects.exists()


def test_an_orders_address_cannot_be_counted_up(shopper: Shopper) -> None:
    first, second = shopper.buy(), shopper.buy()
    assert len(first.token) == 32
    assert first.token != second.token
    for guess in (first.pk, first.number, first.token[:-1], "0" * 32):
        assert shopper.client.get(f"/orders/{guess}/").status_code == 404


def test_a_guests_link_shows_the_order_but_the_address_only_where_it_was_placed(
    new_shopper: Callable[[], Shopper],
) -> None:
    guest, other = new_shopper(), new_shopper()
    order = guest.buy("masala-chai")
    assert "4 Lake Road" in guest.text()
    other.open(order.get_absolute_url())
    assert "Masala Chai" in other.text()
    for private in ("Meera", "meera@example.com", "9000000001", "Lake Road", "570001"):
        assert private not in str(other.page)


# ---- Paying ----


def test_the_amount_is_the_orders_whatever_the_browser_sends(shopper: Shopper) -> None:
    order = shopper.buy("masala-chai")
    pay(shopper, order, way="default.legacy", amount="1.00", TXN_AMOUNT="1.00", balance_due="1.00")
    assert gateway_form(shopper)["TXN_AMOUNT"] == "310.50"
    assert str(Payment.objects.get().amount) == "310.50"


def test_the_gateways_page_is_chosen_beforehand(shopper: Shopper, paytm: Paytm) -> None:
    paytm.will_start()
    order = shopper.buy()
    chosen = shopper.page.select("input[name=way][checked]")
    assert [item["value"] for item in chosen] == ["default.hosted"]
    pay(shopper, order)
    assert "txnToken" in gateway_form(shopper)


@pytest.mark.parametrize("way", ["", "free", "default.HOSTED", "default", "nobody.hosted"])
def test_an_unknown_way_to_pay_opens_no_payment(shopper: Shopper, way: str) -> None:
    order = shopper.buy()
    pay(shopper, order, way=way)
    assert "Please choose how to pay." in shopper.notices()
    assert not Payment.objects.exists()


def test_pressing_pay_twice_is_one_payment(shopper: Shopper) -> None:
    order = shopper.buy()
    pay(shopper, order, way="default.legacy")
    pay(shopper, order, way="default.legacy")
    assert Payment.objects.count() == 1


def test_a_gateway_that_is_down_leaves_the_order_payable(shopper: Shopper, paytm: Paytm) -> None:
    paytm.will_answer(ConnectionError(), path="/theia/api/v1/initiateTransaction")
    order = shopper.buy()
    pay(shopper, order)
    assert shopper.response.status_code == 503
    shopper.open(order.get_absolute_url())
    assert "Pay ₹549.00" in shopper.text()


def test_a_paid_order_says_so_and_cannot_be_paid_again(shopper: Shopper, paytm: Paytm) -> None:
    order = shopper.buy()
    pay(shopper, order, way="default.legacy")
    shopper.open(order.get_absolute_url())
    form_before = shopper.page
    settle(order, paytm)
    shopper.open(order.get_absolute_url())
    assert "We are packing your order." in shopper.text()
    assert not shopper.page.select(".pay")
    shopper.page = form_before
    shopper.send(f"/orders/{order.token}/pay/")
    assert "This order has already been paid." in shopper.notices()
    assert Payment.objects.count() == 1


def test_a_failed_payment_can_be_tried_again(shopper: Shopper, paytm: Paytm) -> None:
    order = shopper.buy()
    pay(shopper, order, way="default.legacy")
    settle(order, paytm, "TXN_FAILURE")
    shopper.open(order.get_absolute_url())
    assert "Try again" in shopper.text()
    shopper.send(f"/orders/{order.token}/pay/", way="default.legacy")
    assert [payment.status for payment in order.payments] == ["processing", "failed"]


def test_the_order_page_lists_every_attempt(shopper: Shopper, paytm: Paytm) -> None:
    order = shopper.buy()
    pay(shopper, order, way="default.legacy")
    failed = settle(order, paytm, "TXN_FAILURE")
    pay(shopper, order, way="default.legacy")
    paid = settle(order, paytm, txnId="20261121111212800110168000000000002")
    shopper.open(order.get_absolute_url())
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in shopper.page.select("tbody tr")]
    assert [row[1:5] for row in rows] == [
        ["Paid", "₹549.00", "UPI", paid.gateway_order_id],
        ["Failed", "₹549.00", failed.payment_mode or "–", failed.gateway_order_id],
    ]
    links = [row.a["href"] for row in shopper.page.select("tbody tr")]
    assert links == [paid.get_result_url(), failed.get_result_url()]


def test_the_shopper_is_still_signed_in_after_the_return(shopper: Shopper, paytm: Paytm) -> None:
    shopper.sign_in("asha")
    order = shopper.buy()
    pay(shopper, order, way="default.legacy")
    payment = settle(order, paytm)
    shopper.open(payment.get_result_url())
    assert shopper.page.select_one(f"main a[href='{order.get_absolute_url()}']")
    shopper.open("/orders/")
    assert "Paid" in shopper.text()


# ---- What staff see ----


def test_staff_see_orders_with_their_payments_and_shoppers_do_not(new_shopper: Callable[[], Shopper]) -> None:
    guest, staff, asha = new_shopper(), new_shopper(), new_shopper()
    order = guest.buy()
    pay(guest, order, way="default.legacy")
    staff.sign_in("staff")
    for path in ("/admin/shop/order/", "/admin/shop/product/", "/admin/shop/category/"):
        assert staff.client.get(path).status_code == 200
    staff.open(f"/admin/shop/order/{order.pk}/change/")
    assert order.payments[0].gateway_order_id in staff.page.get_text()
    asha.sign_in("asha")
    assert asha.client.get("/admin/shop/order/").status_code == 302
