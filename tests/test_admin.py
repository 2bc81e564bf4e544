"""The merchant's desk: find a payment, read its story, ask the gateway; nothing there changes money by hand."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import requests
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from demo_site.shop.models import Order
from paytm_kit.checkout import open_payment
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Flag, Payment, PaymentEvent, WireMessage
from paytm_kit.services import confirm
from tests.paytm import KEY, TXNID, Paytm, callback_fields, post_webhook

LIST = "/admin/paytm_kit/payment/"
MODELS = [Payment, PaymentEvent, WireMessage, Announcement]

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """A browser on the admin, with CSRF enforced: it can only send forms that a page gave it."""

    def __init__(self, user: User) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(user)

    def open(self, path: str, status: int = 200) -> BeautifulSoup:
        self.response = self.client.get(path)
        assert self.response.status_code == status
        self.page = BeautifulSoup(self.response.content, "html.parser")
        return self.page

    def token(self) -> str:
        return str(self.page.find("input", attrs={"name": "csrfmiddlewaretoken"})["value"])

    def send(self, path: str, **fields: Any) -> Any:
        """Posts with the page's CSRF token and follows to where it leads."""
        self.response = self.client.post(path, {"csrfmiddlewaretoken": self.token(), **fields}, follow=True)
        self.page = BeautifulSoup(self.response.content, "html.parser")
        return self.response

    def messages(self) -> list[str]:
        return [item.get_text(strip=True) for item in self.page.select(".messagelist li")]

    def listed(self, query: str = "") -> list[str]:
        """The gateway order ids on the list."""
        self.open(LIST + query)
        return [cell.get_text(strip=True) for cell in self.page.select("th.field-gateway_order_id")]


def staff(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return Desk(User.objects.create_superuser("admin"))


@pytest.fixture
def story(payment: Payment, paytm: Paytm, client: Client) -> Payment:
    """A payment with every kind of row: paid by webhook."""
    paytm.will_say(payment=payment)
    assert post_webhook(client, callback_fields(payment)).status_code == 200
    payment.refresh_from_db()
    return payment


def page_of(payment: Payment) -> str:
    return f"{LIST}{payment.pk}/change/"


def ask_url(payment: Payment) -> str:
    return reverse("admin:paytm_kit_payment_ask", args=[payment.pk])


# ---- The list


def test_the_list_shows_what_staff_look_for(desk: Desk, story: Payment) -> None:
    desk.open(LIST)
    row = {
        cell["class"][0].removeprefix("field-"): cell.get_text(strip=True)
        for cell in desk.page.select("#result_list tbody th, #result_list tbody td")
    }
    assert row["gateway_order_id"] == story.gateway_order_id
    assert row["order_label"] == str(story.order)
    assert row["money"] == "₹499.00"
    assert row["state"] == "● Paid"
    assert row["payment_mode"] == "UPI"
    assert row["account"] == "default"


@pytest.mark.parametrize(
    "wanted",
    [
        lambda payment: payment.gateway_order_id,
        lambda payment: payment.gateway_order_id[-6:],
        lambda payment: payment.order_label,
        lambda payment: TXNID,
        lambda payment: "103000000001",
    ],
    ids=["ORDERID", "its end", "the order's number", "TXNID", "bank reference"],
)
def test_a_payment_is_found_by_any_of_its_numbers(
    desk: Desk, story: Payment, start: Callable[..., Payment], wanted: Callable[[Payment], str]
) -> None:
    start()
    assert desk.listed(f"?q={quote(wanted(story))}") == [story.gateway_order_id]


def test_a_second_transaction_of_a_payment_finds_it_once(desk: Desk, story: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=story, txnId="T-second")
    confirm.ask(story, source="test")
    assert story.events.filter(transaction_id="T-second").count() >= 1
    assert desk.listed("?q=T-second") == [story.gateway_order_id]


@pytest.mark.parametrize("query", ["?q=nothing-like-it", "?q=%25", "?q=%27%22%3Cscript%3E"])
def test_a_search_for_nothing_finds_nothing(desk: Desk, story: Payment, query: str) -> None:
    assert desk.listed(query) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status__exact=paid", True),
        ("?status__exact=failed", False),
        ("?payment_mode=UPI", True),
        ("?payment_mode=NB", False),
        ("?account=default", True),
        ("?created_at__gte=2020-01-01+00%3A00%3A00%2B05%3A30", True),
        ("?created_at__gte=2999-01-01+00%3A00%3A00%2B05%3A30", False),
        ("?environment=staging", True),
        ("?environment=production", False),
    ],
)
def test_the_list_is_filtered(desk: Desk, story: Payment, query: str, found: bool) -> None:
    assert desk.listed(query) == [story.gateway_order_id] * found


def test_a_flag_filters_its_own_payments_alone(desk: Desk, start: Callable[..., Payment]) -> None:
    """Flags are words in one column: a word that is part of another must not match it, wherever it stands."""
    alone = {flag: start() for flag in Flag}
    among, without = start(), start()
    for flag, payment in alone.items():
        for flagged in (payment, among):
            book.flag(flagged.pk, flag, source="test", message="")
    for flag, payment in alone.items():
        assert set(desk.listed(f"?flag={flag}")) == {payment.gateway_order_id, among.gateway_order_id}
    everything = set(desk.listed())
    assert set(desk.listed("?flag=any")) == everything - {without.gateway_order_id}
    assert len(everything) == len(alone) + 2


@pytest.mark.parametrize("part", ["mismatch", "amount", "success", "e", " "])
def test_part_of_a_flags_word_matches_nothing(desk: Desk, payment: Payment, part: str) -> None:
    for flag in Flag:
        book.flag(payment.pk, flag, source="test", message="")
    assert desk.listed(f"?flag={quote(part)}") == []


def test_the_list_of_many_payments_costs_as_many_queries_as_the_list_of_few(
    desk: Desk, make_order: Callable[..., Order], start: Callable[..., Payment], django_assert_max_num_queries: Any
) -> None:
    for _ in range(50):
        start()
    with django_assert_max_num_queries(16):
        desk.open(LIST)
    assert len(desk.page.select("#result_list tbody tr")) == 50


@pytest.mark.parametrize("model", MODELS[1:], ids=lambda model: model.__name__)
def test_the_other_lists_cost_few_queries_too(
    desk: Desk, start: Callable[..., Payment], django_assert_max_num_queries: Any, model: Any
) -> None:
    for _ in range(10):
        payment = start()
        book.flag(payment.pk, Flag.STUCK, source="test", message="")
        WireMessage.objects.create(direction="out", channel="status", payment=payment, created_at=payment.created_at)
    with django_assert_max_num_queries(16):
        desk.open(f"/admin/paytm_kit/{model._meta.model_name}/")
    assert len(desk.page.select("#result_list tbody tr")) >= 10


# ---- One payment's page


def test_the_page_tells_the_payments_story(desk: Desk, story: Payment) -> None:
    desk.open(page_of(story))
    text = desk.page.get_text(" ", strip=True)
    for words in (story.gateway_order_id, TXNID, "Txn Success", "103000000001", "Paid", "staging"):
        assert words in text
    events = desk.page.select_one("#events-group").get_text(" ", strip=True)
    assert all(words in events for words in ("Opened", "Shopper sent to the gateway", "Money captured", "webhook"))
    wire = desk.page.select_one("#wire_messages-group").get_text(" ", strip=True)
    assert all(words in wire for words in ("received", "webhook", "sent", "status", "Signature right", "200"))
    link = desk.page.find("a", string=story.order_label)
    assert desk.client.get(link["href"]).status_code == 200


def test_the_shoppers_secret_link_and_the_internals_are_not_shown(desk: Desk, story: Payment) -> None:
    desk.open(page_of(story))
    source = desk.response.content.decode()
    assert story.token not in source
    for event in story.events.all():
        assert event.fingerprint not in source


def test_what_the_gateway_wrote_is_shown_and_never_run(
    desk: Desk, payment: Payment, paytm: Paytm, client: Client
) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    info = {"resultStatus": "TXN_FAILURE", "resultCode": "227", "resultMsg": evil}
    paytm.will_say("TXN_FAILURE", payment=payment, resultInfo=info, bankName=evil, gatewayName="<b>bold</b>")
    post_webhook(client, callback_fields(payment, "TXN_FAILURE", RESPMSG=evil, BANKNAME=evil))
    desk.open(page_of(payment))
    pages = [page_of(payment), LIST]
    for model in MODELS[1:]:
        name = model._meta.model_name
        pages += [
            f"/admin/paytm_kit/{name}/",
            *(f"/admin/paytm_kit/{name}/{row.pk}/change/" for row in model.objects.all()),
        ]
    shown = ""
    for path in pages:
        desk.open(path)
        source = desk.response.content.decode()
        assert evil not in source
        assert not desk.page.find_all("img", attrs={"src": "x"})
        assert "alert(1)" not in [script.get_text() for script in desk.page.find_all("script")]
        shown += source
    desk.open(page_of(payment))
    desk.send(ask_url(payment))
    assert evil not in desk.response.content.decode()
    assert evil in desk.messages()[0]  # as text
    assert "&lt;script&gt;" in shown


def test_every_page_of_the_desk_opens(desk: Desk, story: Payment) -> None:
    for model in MODELS:
        name = model._meta.model_name
        assert model.objects.exists()
        desk.open(f"/admin/paytm_kit/{name}/")
        for row in model.objects.all():
            desk.open(f"/admin/paytm_kit/{name}/{row.pk}/change/")
            desk.open(f"/admin/paytm_kit/{name}/{row.pk}/history/")


@pytest.mark.parametrize("name", ["payment", "wiremessage", "paymentevent", "announcement"])
def test_every_list_is_searched_by_order_id(desk: Desk, story: Payment, name: str) -> None:
    desk.open(f"/admin/paytm_kit/{name}/?q={story.gateway_order_id}")
    assert desk.page.select("#result_list tbody tr")
    desk.open(f"/admin/paytm_kit/{name}/?q=nobodys-order")
    assert not desk.page.select("#result_list tbody tr")


# ---- Nothing changes by hand


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_not_even_a_superuser_adds_changes_or_deletes(desk: Desk, story: Payment, model: Any) -> None:
    name = model._meta.model_name
    row = model.objects.first()
    base = f"/admin/paytm_kit/{name}/"
    before = list(model.objects.order_by("pk").values())
    desk.open(base)
    assert not desk.page.select("#content a[href$='add/']")
    assert not desk.page.select("option[value=delete_selected]")
    desk.open(f"{base}{row.pk}/change/")
    assert not desk.page.select("input[name=_save], .deletelink")
    typed = desk.page.select(
        "#content-main form input:not([type=hidden]):not([type=submit]), textarea, #content-main select"
    )
    assert typed == []
    token = desk.token()
    for path, status in ((f"{base}add/", 403), (f"{base}{row.pk}/delete/", 403)):
        assert desk.client.get(path).status_code == status
        assert desk.client.post(path, {"csrfmiddlewaretoken": token, "post": "yes"}).status_code == status
    change = {"csrfmiddlewaretoken": token, "status": "paid", "amount": "1.00", "state": "delivered", "message": "x"}
    assert desk.client.post(f"{base}{row.pk}/change/", change).status_code == 403
    desk.open(base)
    desk.send(base, action="delete_selected", _selected_action=[row.pk], post="yes")
    assert list(model.objects.order_by("pk").values()) == before


# ---- Ask the gateway now


def test_the_button_asks_and_says_what_came_of_it(desk: Desk, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    desk.open(page_of(payment))
    form = desk.page.find("form", action=ask_url(payment))
    assert form["method"] == "post"
    assert form.find("input", type="submit")["value"] == "Ask the gateway now"
    response = desk.send(form["action"])
    assert response.redirect_chain == [(page_of(payment), 302)]
    assert desk.messages() == [f"{payment.gateway_order_id}: Paid. Txn Success"]
    event = payment.events.get(kind="captured")
    assert (event.source, event.actor) == ("admin", "admin")
    assert Order.objects.get(pk=payment.object_id).paid_at is not None


def test_the_action_asks_about_each_selected_payment(desk: Desk, start: Callable[..., Payment], paytm: Paytm) -> None:
    payments = [start(), start(), start()]
    paytm.will_say("NO_RECORD_FOUND", payment=payments[0])
    desk.open(LIST)
    assert desk.page.select_one("option[value=ask_now]").get_text() == "Ask the gateway now"
    desk.send(LIST, action="ask_now", _selected_action=[payment.pk for payment in payments[:2]])
    assert paytm.asked() == 2
    assert len(desk.messages()) == 2
    assert payments[2].gateway_order_id not in " ".join(desk.messages())


def test_asking_needs_a_post(desk: Desk, payment: Payment, paytm: Paytm) -> None:
    desk.open(ask_url(payment), status=405)
    assert paytm.asked() == 0


def test_asking_needs_the_csrf_token(desk: Desk, payment: Payment, paytm: Paytm) -> None:
    desk.open(page_of(payment))
    assert desk.client.post(ask_url(payment)).status_code == 403
    assert desk.client.post(LIST, {"action": "ask_now", "_selected_action": [payment.pk]}).status_code == 403
    assert paytm.asked() == 0


def test_asking_needs_to_be_let_in(payment: Payment, paytm: Paytm) -> None:
    stranger = Client()
    response = stranger.post(ask_url(payment))
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")
    assert paytm.asked() == 0


def test_staff_who_may_not_see_payments_may_not_ask(payment: Payment, paytm: Paytm) -> None:
    other = Desk(staff("other", "view_product"))
    other.open("/admin/shop/product/")
    assert other.client.get(page_of(payment)).status_code == 403
    other.open("/admin/shop/product/")
    assert other.send(ask_url(payment)).status_code == 403
    assert other.client.get(LIST).status_code == 403
    assert paytm.asked() == 0


def test_staff_who_may_see_payments_may_ask(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    cashier = Desk(staff("cashier", "view_payment"))
    cashier.open(page_of(payment))
    assert cashier.send(ask_url(payment)).status_code == 200
    assert payment.events.get(kind="captured").actor == "cashier"


def test_an_unknown_payment_cannot_be_asked_about(desk: Desk, payment: Payment, paytm: Paytm) -> None:
    desk.open(page_of(payment))
    assert desk.send("/admin/paytm_kit/payment/999999/ask/").status_code == 403
    assert paytm.asked() == 0


@pytest.mark.parametrize("way", ["button", "action"])
def test_a_gateway_that_is_down_is_an_error_message_and_no_error_page(
    desk: Desk, payment: Payment, paytm: Paytm, way: str
) -> None:
    paytm.will_answer(requests.ConnectionError(KEY))
    if way == "button":
        desk.open(page_of(payment))
        response = desk.send(ask_url(payment))
    else:
        desk.open(LIST)
        response = desk.send(LIST, action="ask_now", _selected_action=[payment.pk])
    assert response.status_code == 200
    (message,) = desk.messages()
    assert message.startswith(f"{payment.gateway_order_id}: the gateway could not be asked: ")
    assert desk.page.select(".messagelist .error")
    assert KEY not in html.unescape(response.content.decode())
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_one_payment_that_cannot_be_asked_about_does_not_stop_the_action(
    desk: Desk, start: Callable[..., Payment], make_order: Callable[..., Order], paytm: Paytm, settings: Any
) -> None:
    first = start()
    default = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": default, "gone": default}}
    lost = open_payment(make_order(), account="gone")
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": default}}
    paytm.will_say(payment=first)
    desk.open(LIST)
    desk.send(LIST, action="ask_now", _selected_action=[first.pk, lost.pk])
    assert sorted("could not be asked" in message for message in desk.messages()) == [False, True]
    first.refresh_from_db()
    assert first.is_paid


# ---- Closing what waits for a person


def test_a_person_who_has_looked_frees_the_order_and_leaves_a_reason(
    desk: Desk, payment: Payment, paytm: Paytm
) -> None:
    book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="")
    assert open_payment(payment.order) == payment
    desk.open(f"{LIST}{payment.pk}/change/")
    desk.send(f"{LIST}{payment.pk}/close/", reason="Rs 1 returned by hand")
    payment.refresh_from_db()
    assert (payment.status, payment.flags) == ("failed", "")
    event = payment.events.get(kind="closed")
    assert (event.message, event.source) == ("Rs 1 returned by hand", "person")
    assert event.actor
    assert open_payment(payment.order) != payment


def test_a_payment_that_is_busy_is_an_error_message_and_no_error_page(
    desk: Desk, payment: Payment, paytm: Paytm, busy: Callable[[Payment], None]
) -> None:
    paytm.will_say(payment=payment)
    desk.open(page_of(payment))
    busy(payment)
    desk.send(ask_url(payment))
    assert any(f"{payment.gateway_order_id} is busy, so the gateway's answer" in said for said in desk.messages())
    desk.send(f"{LIST}{payment.pk}/close/", reason="x")
    assert any("Nothing was sent or changed; try again." in said for said in desk.messages())
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_closing_needs_a_reason_and_the_right_to_change(desk: Desk, payment: Payment) -> None:
    desk.open(f"{LIST}{payment.pk}/change/")
    desk.send(f"{LIST}{payment.pk}/close/", reason="  ")
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert any("Say what you found" in message for message in desk.messages())
