"""A shop of one file that takes payments through paytm-kit. README.md says how to start it.

Its own orders are rows of a table that the kit knows nothing of. The kit knows each by its key, and keeps the money.
"""

from __future__ import annotations

import secrets
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, render_template_string, request, url_for

from paytm_kit.contrib.flask import PaytmKit

GOODS = {
    "saffron": ("Kashmiri saffron, 1 g", Decimal("499.00")),
    "cardamom": ("Green cardamom, 100 g", Decimal("320.00")),
    "tea": ("Nilgiri tea, 250 g", Decimal("185.50")),
}

app = Flask(__name__)
app.config.update(
    SECRET_KEY="example-only-not-secret",  # noqa: S106 - invented
    PAYTM_KIT_DATABASE_URL="sqlite:///payments.sqlite3",
    PAYTM_KIT_BASE_URL="http://127.0.0.1:5000",
    PAYTM_KIT_GATEWAY="zaakpay",
    PAYTM_KIT_ENVIRONMENT="simulator",
    PAYTM_KIT_HOST="http://127.0.0.1:8001",  # where paytm-simulator listens, and plays Zaakpay as well
    PAYTM_KIT_MERCHANT_ID="standinMerchantIdentifier0000001",
    PAYTM_KIT_MERCHANT_KEY="standin0zaakpay0key0standin0key0",
)
app.config.from_prefixed_env()  # FLASK_PAYTM_KIT_DATABASE_URL=mysql://… and each other key
paytm = PaytmKit(app)

# ---- The shop's own books ------------------------------------------------------------------------------------------


def books() -> sqlite3.Connection:
    Path(app.instance_path).mkdir(exist_ok=True)
    connection = sqlite3.connect(Path(app.instance_path, "shop.sqlite3"), isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE IF NOT EXISTS orders (key TEXT PRIMARY KEY, item, amount, email, state)")
    return connection


def find(key: str) -> sqlite3.Row:
    row: sqlite3.Row | None = books().execute("SELECT * FROM orders WHERE key = ?", [key]).fetchone()
    return row if row is not None else abort(404)


# ---- Its pages -----------------------------------------------------------------------------------------------------


@app.get("/")
def goods() -> str:
    return page(GOODS_PAGE, title="Spices and tea", goods=GOODS)


@app.post("/buy/<item>")
def buy(item: str) -> Response | Any:
    name, price = GOODS.get(item) or abort(404)
    email = request.form.get("email", "").strip()
    if "@" not in email or len(email) > 200:
        abort(400, "Please give an e-mail address: the receipt goes there.")
    key = f"F-{secrets.token_hex(6)}"  # cannot be guessed: whoever knows it sees the order
    books().execute("INSERT INTO orders VALUES (?, ?, ?, ?, 'new')", [key, name, str(price), email])
    return redirect(url_for("order", key=key))


@app.get("/orders/<key>")
def order(key: str) -> str:
    return page(ORDER_PAGE, title=f"Order {key}", order=find(key))


@app.post("/orders/<key>/pay")
def pay(key: str) -> Response | tuple[str, int]:
    row = find(key)
    try:
        due = paytm.order(key, amount=row["amount"], email=row["email"], label=row["item"])
        payment = paytm.open_payment(due, return_url=url_for("order", key=key))
    except paytm.checkout.PaymentError as error:  # paid already, or not just now: the text is for the shopper
        return page(ORDER_PAGE, title=f"Order {key}", order=row, message=error.user_message), 409
    return paytm.redirect(payment)


# ---- What the kit announces: what was heard once may be heard again, so each statement bears repetition -------------


@paytm.on("payment_succeeded")
def pack(order: Any, **_: Any) -> None:
    if order.is_paid:
        books().execute("UPDATE orders SET state = 'to be packed' WHERE key = ? AND state = 'new'", [order.key])
        app.logger.warning("Order %s is paid and can be packed.", order.key)


@paytm.on("refund_succeeded")
def keep_back(order: Any, refund: Any, **_: Any) -> None:
    books().execute("UPDATE orders SET state = 'refunded' WHERE key = ?", [order.key])
    app.logger.warning("Order %s: ₹%s went back. Do not pack it.", order.key, refund.amount)


# ---- How they look -------------------------------------------------------------------------------------------------

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title><link rel="stylesheet" href="{{ style }}">
<body class="pk-body"><main class="pk-main"><section class="pk-card"><h1>{{ title }}</h1>
{% block content %}{% endblock %}
<p class="pk-note"><a href="{{ url_for('goods') }}">All goods</a></p></section></main></body></html>"""

GOODS_PAGE = """{% extends page %}{% block content %}
{% for item, (name, price) in goods.items() %}
<form method="post" action="{{ url_for('buy', item=item) }}">
<h2>{{ name }}</h2><p>₹{{ price }}</p>
<p><label for="email-{{ item }}">E-mail</label>
<input id="email-{{ item }}" name="email" type="email" autocomplete="email" required></p>
<button class="pk-button">Buy {{ name }}</button></form>
{% endfor %}{% endblock %}"""

ORDER_PAGE = """{% extends page %}{% block content %}
{% if message %}<p role="alert">{{ message }}</p>{% endif %}
<p>{{ order.item }}</p><p class="pk-amount">₹{{ order.amount }}</p><p>State: <strong>{{ order.state }}</strong></p>
{% if order.state == "new" %}<form method="post" action="{{ url_for('pay', key=order.key) }}">
<button class="pk-button">Pay ₹{{ order.amount }}</button></form>{% endif %}
{% endblock %}"""


def page(source: str, **values: Any) -> str:
    frame = app.jinja_env.from_string(PAGE)
    return render_template_string(source, page=frame, style="/paytm/static/paytm_kit/paytm_kit.css", **values)


@app.after_request
def only_our_own_files(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return response


if __name__ == "__main__":
    app.run()
