"""A shopper at a real browser: what they click in the shop and on the payment page, by the words that they read."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

from demo_site.shop.models import Order, Product

DETAILS = {
    "Full name": "Meera Iyer",
    "E-mail": "meera@example.com",
    "Mobile (optional)": "90000 00001",
    "Address": "4 Lake Road",
    "Town or city": "Mysuru",
    "PIN code": "570001",
}
ITEM = "kashmiri-saffron"
PAID, FAILED, WAITING, CHECKED = (
    "Payment received",
    "Payment not completed",
    "Confirming your payment",
    "We are checking your payment",
)


class PaymentPage:
    """The gateway's page, alone in the tab or in JS Checkout's frame."""

    def __init__(self, where: Page | FrameLocator) -> None:
        self.where = where

    def button(self, name: str) -> Locator:
        return self.where.get_by_role("button", name=name, exact=True)

    def open(self, method: str) -> None:
        self.where.locator("summary").filter(has_text=method).click()

    def by_upi(self, vpa: str = "success@demo") -> None:
        self.where.get_by_label("UPI ID").fill(vpa)
        self.button("Pay by UPI ID").click()

    def by_card(self, number: str = "4111 1111 1111 1111") -> None:
        """Up to the page that asks for the one-time password."""
        self.open("Card")
        self.where.get_by_label("Card number").fill(number)
        self.where.get_by_label("Expiry").fill("12/30")
        self.where.get_by_label("CVV").fill("123")
        self.button("Pay by card").click()

    def one_time_password(self, digits: str) -> None:
        self.where.get_by_label("OTP").fill(digits)
        self.button("Confirm payment").click()

    def by_net_banking(self, bank: str = "Sahyadri Demo Bank") -> None:
        """Up to the bank's own page."""
        self.open("Net banking")
        self.where.get_by_label("Bank").select_option(label=bank)
        self.button("Go to the bank").click()

    def by_wallet(self, mobile: str = "7777777777") -> None:
        """Up to the page that asks for the one-time password."""
        self.open("Wallet")
        self.where.get_by_label("Mobile number").fill(mobile)
        self.button("Send OTP").click()

    def case(self, label: str) -> None:
        """One of the ready-made cases, by a part of its button's text."""
        self.where.get_by_role("button", name=label).click()

    def cancel(self) -> None:
        self.button("Cancel and go back to the shop").click()


class Shopper:
    """One person with one browser. ``page`` is their tab."""

    def __init__(self, page: Page, shop: str) -> None:
        self.page = page
        self.shop = shop
        self.payment_page = PaymentPage(page)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.shop + path)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def sees(self, heading: str) -> None:
        """Waits until the page's main heading says this."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def sign_in(self, username: str, password: str) -> None:
        self.open("/login/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.locator("main").get_by_role("button", name="Sign in").click()
        self.sees("My orders")

    def fill_cart(self, *items: str) -> None:
        for item in items or (ITEM,):
            self.open(f"/product/{item}/")
            self.page.locator(".product").get_by_role("button", name="Add to cart").click()
            self.sees("Your cart")

    def place_order(self, *items: str) -> Order:
        """From the catalogue to the order page, where the shopper chooses how to pay."""
        self.fill_cart(*items)
        self.link("Check out").click()
        for label, text in DETAILS.items():
            self.page.get_by_label(label, exact=True).fill(text)
        self.button("Place order and choose how to pay").click()
        self.page.wait_for_url("**/orders/*/")
        return Order.objects.get(token=self.page.url.rstrip("/").rpartition("/")[2])

    def has_ordered(self, *items: str) -> Order:
        """An order as the checkout leaves it, without the clicks on the way; the shopper looks at its page."""
        bought = list(Product.objects.filter(slug__in=items or (ITEM,)).select_related("category"))
        order = Order.objects.create(
            name=DETAILS["Full name"],
            email=DETAILS["E-mail"],
            address=DETAILS["Address"],
            city=DETAILS["Town or city"],
            pin_code=DETAILS["PIN code"],
            currency=bought[0].currency,
        )
        for product in bought:
            order.lines.create(
                product=product, name=product.name, pack=product.pack, unit_price=product.price, quantity=1
            )
        self.open(order.get_absolute_url())
        return order

    def choose(self, way: str) -> None:
        """How to pay, on the order page."""
        self.page.get_by_role("radio", name=way).check()

    def pay_button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile(r"^Pay ₹"))

    def go_to_payment(self, way: str = "Paytm page") -> PaymentPage:
        """From the order page to the gateway's page, by its hosted or its legacy entrance."""
        self.choose(way)
        self.pay_button().click()
        self.arrives_at_payment()
        return self.payment_page

    def arrives_at_payment(self) -> None:
        expect(self.page.get_by_role("heading", name="Choose how to pay")).to_be_visible()

    def open_pop_up(self) -> PaymentPage:
        """From the order page to JS Checkout's frame over the shop's own page."""
        self.choose("Pop-up")
        self.pay_button().click()
        expect(self.page.locator("form[data-js-checkout]")).to_have_attribute("data-ready", "yes")
        self.button("Pay now").click()
        frame = self.page.frame_locator("iframe[title=Payment]")
        expect(frame.get_by_role("heading", name="Choose how to pay")).to_be_visible()
        return PaymentPage(frame)

    def new_tab(self) -> None:
        """The same person goes on in another tab."""
        self.page = self.page.context.new_page()
        self.payment_page = PaymentPage(self.page)
