"""Paytm's result codes with their meaning, the merchant's action and the shopper's text, family by family."""

from __future__ import annotations

from docs._ext.markdown import cell, code, table

FAMILIES = {
    "initiate": "Starting a payment (initiateTransaction)",
    "status": "Asking about a payment (v3/order/status)",
    "payment": "Callbacks and webhooks (RESPCODE)",
    "process": "processTransaction",
    "refund": "Asking for a refund",
    "refund_status": "Asking about a refund",
}


def pages() -> str:
    from paytm_kit.gateways.paytm.codes import CODES, Family

    found = []
    for family in Family:
        rows = table(
            "code,state,meaning,what you do,what the shopper reads",
            (
                (code(row.code), row.state.value, cell(row.meaning), cell(row.action), cell(row.shopper))
                for (of, _), row in CODES.items()
                if of is family
            ),
        )
        found.append(f"## {FAMILIES[family.value]}\n\n{rows}")
    return "\n\n".join(found)
