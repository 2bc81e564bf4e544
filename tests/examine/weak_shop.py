"""Shops as the copied gists make them: they sign the form, half check the answer, and hope. Not to be copied.

Deliberately weak, ours, in the style of the many, for ``paytm-simulator examine`` to find out. There are three:

- *trusting* never heard of verification: whatever is posted is true.
- *believing* verifies the checksum and takes what is signed for money; garbage makes it raise.
- *hasty* asks the status API, but compares nothing, takes the order from the address, and calls failed what it
  cannot find out at once.
"""

from __future__ import annotations

import html
import json
import threading
import time
import traceback
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from paytmchecksum import PaytmChecksum

MID = "DEMOMID0000000000001"
KEY = "demo#Key&1@paytm"
PRICE = "249.50"


class WeakShop:
    """Serves at ``url`` until it is closed."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self.orders: dict[str, dict[str, Any]] = {}
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, query = self.asked()
                if path == "/pay":
                    self.guarded(shop.pay)
                elif order := shop.orders.get(path.removeprefix("/orders/")):
                    self.answer(200, f"Status: {order['status']}. Shipped {order['shipped']} times.")
                elif path == "/callback":
                    self.guarded(lambda: shop.visited(query))
                else:
                    self.answer(404, "Not found.")

            def do_POST(self) -> None:
                self.guarded(self.posted)

            def posted(self) -> str:
                path, query = self.asked()
                body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
                return shop.heard(path, query, last_values(body))

            def asked(self) -> tuple[str, dict[str, str]]:
                parts = urlsplit(self.path)
                return parts.path, last_values(parts.query)

            def guarded(self, act: Any) -> None:
                try:
                    self.answer(200, act())
                except Exception:
                    self.answer(500, traceback.format_exc())

            def answer(self, status: int, text: str) -> None:
                content = f"<html><body>{text}</body></html>".encode("utf-8", "replace")
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, text: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def new_order(self) -> str:
        return f"weak-{uuid.uuid4().hex[:12]}"

    def ship(self, order: dict[str, Any]) -> None:
        order["status"] = "PAID"
        order["shipped"] += 1

    def pay(self) -> str:
        """The deprecated flow: one signed form."""
        order_id = self.new_order()
        self.orders[order_id] = {"status": "NEW", "shipped": 0}
        params = {
            "MID": MID,
            "ORDER_ID": order_id,
            "CUST_ID": "C_17",
            "TXN_AMOUNT": PRICE,
            "CHANNEL_ID": "WEB",
            "WEBSITE": "WEBSTAGING",
            "INDUSTRY_TYPE_ID": "Retail",
            "CALLBACK_URL": f"{self.url}/callback",
        }
        params["CHECKSUMHASH"] = PaytmChecksum.generateSignature(params, KEY)
        inputs = "".join(f'<input type="hidden" name="{name}" value="{html.escape(v)}">' for name, v in params.items())
        return f'<form method="post" action="{self.gateway}/theia/processTransaction">{inputs}</form>'

    def visited(self, query: dict[str, str]) -> str:
        return "Nothing to see here."

    def heard(self, path: str, query: dict[str, str], form: dict[str, str]) -> str:
        raise NotImplementedError


class Trusting(WeakShop):
    def visited(self, query: dict[str, str]) -> str:
        return self.heard("", {}, query)  # as $_REQUEST does

    def heard(self, path: str, query: dict[str, str], form: dict[str, str]) -> str:
        order = self.orders.get(form.get("ORDERID", ""))
        if order is None:
            return "Sorry."
        if form.get("STATUS") not in ("TXN_FAILURE", "PENDING"):
            self.ship(order)
        return "Thanks."


class Believing(WeakShop):
    def heard(self, path: str, query: dict[str, str], form: dict[str, str]) -> str:
        checksum = form["CHECKSUMHASH"]
        order = self.orders[form["ORDERID"]]
        if PaytmChecksum.verifySignature(form, KEY, checksum) and form["RESPCODE"] == "01":
            self.ship(order)
            return "Order successful."
        order["status"] = "FAILED"
        return f"Order was not successful because {html.escape(form['RESPMSG'])}."


class Hasty(WeakShop):
    def pay(self) -> str:
        """The JS Checkout flow: a token from initiateTransaction, and the order stored when it has come."""
        order_id = self.new_order()
        body = {
            "requestType": "Payment",
            "mid": MID,
            "websiteName": "WEBSTAGING",
            "orderId": order_id,
            "callbackUrl": f"{self.url}/callback?order={order_id}",
            "txnAmount": {"value": PRICE, "currency": "INR"},
            "userInfo": {"custId": "C_17"},
        }
        token = self.ask(f"/theia/api/v1/initiateTransaction?mid={MID}&orderId={order_id}", body)["txnToken"]
        self.orders[order_id] = {"status": "NEW", "shipped": 0}
        return f'<script>var config = {{"data": {{"orderId": "{order_id}", "token": "{token}"}}}};</script>'

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(body)
        sent = f'{{"head": {{"signature": "{PaytmChecksum.generateSignature(text, KEY)}"}}, "body": {text}}}'
        kind = {"Content-Type": "application/json"}
        return requests.post(self.gateway + path, data=sent, headers=kind, timeout=5).json()["body"]

    def heard(self, path: str, query: dict[str, str], form: dict[str, str]) -> str:
        if path != "/callback":
            return "Nobody listens here."
        order = self.orders[query["order"]]
        if order["status"] != "NEW":
            return "You have been here before."
        try:
            info = self.ask("/v3/order/status", {"mid": MID, "orderId": form.get("ORDERID", "")})["resultInfo"]
        except Exception:
            info = {"resultStatus": "?"}
        time.sleep(0.1)  # whoever looks at the order meanwhile finds it unpaid, on a slow machine as well
        if info["resultStatus"] == "TXN_SUCCESS":
            self.ship(order)
        else:
            order["status"] = "FAILED"
        return "Thanks."


def last_values(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
