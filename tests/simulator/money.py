"""What the tests about refunds, settlements and lists ask of the simulator, signed as a merchant signs."""

from __future__ import annotations

from typing import Any

import requests

from tests.simulator.conftest import MID, Simulator, changed

HOUR, DAY = 3600.0, 86_400.0


def buy(sim: Simulator, order_id: str = "ORD-1", amount: str = "249.50", **pay: Any) -> None:
    """An order that is paid, by UPI when nothing else is said."""
    sim.token(order_id, txnAmount__value=amount)
    sim.pay(order_id, **pay)


def txn_id(sim: Simulator, order_id: str = "ORD-1") -> str:
    return next(row["txn_id"] for row in sim.order(order_id)["transactions"] if row["status"] == "success")


def refund_body(sim: Simulator, amount: str, ref_id: str, order_id: str = "ORD-1") -> dict[str, Any]:
    return {
        "mid": MID, "orderId": order_id, "refId": ref_id, "txnId": txn_id(sim, order_id), "txnType": "REFUND",
        "refundAmount": amount,
    }  # fmt: skip


def refund(
    sim: Simulator, amount: str = "100.00", ref_id: str = "REF-1", *, order_id: str = "ORD-1",
    path: str = "/refund/apply", **changes: Any,
) -> requests.Response:  # fmt: skip
    """A signed refund request."""
    return sim.send(path, changed(refund_body(sim, amount, ref_id, order_id), changes))


def refund_status(sim: Simulator, ref_id: str = "REF-1", order_id: str = "ORD-1") -> requests.Response:
    return sim.send("/v2/refund/status", {"mid": MID, "orderId": order_id, "refId": ref_id})


def said(response: requests.Response) -> tuple[str, str]:
    info = response.json()["body"]["resultInfo"]
    return info["resultStatus"], info["resultCode"]


def refunds(sim: Simulator) -> list[dict[str, Any]]:
    return sim.get("/_sim/refunds").json()["refunds"]


def books(sim: Simulator) -> dict[str, Any]:
    """Payouts, what is payable, and every party's account."""
    return sim.get("/_sim/settlements").json()


def owed(sim: Simulator) -> str:
    return books(sim)["payable"][MID]


def account(sim: Simulator, name: str) -> str:
    return books(sim)["accounts"].get(name, "0.00")


def fault(sim: Simulator, name: str, **values: Any) -> None:
    response = sim.post("/_sim/faults", json={"fault": name, **values})
    assert response.status_code == 200, response.text
