"""What each gateway can do, as a table with a column for each: from the code's own table."""

from __future__ import annotations

from docs._ext.markdown import cell, code, table

YES, NO = "yes", "no"


def shown() -> str:
    from paytm_kit.gateways.base import Flow
    from paytm_kit.gateways.features import BY_GATEWAY

    every = list(BY_GATEWAY.values())

    def says(*values: bool) -> list[str]:
        return [YES if value else NO for value in values]

    rows = [
        ["`GATEWAY`", *(code(name) for name in BY_GATEWAY)],
        ["install", *(code(f"pip install paytm-kit[{one.extra}]") if one.extra else "nothing more" for one in every)],
        ["currencies", *(cell(one.currencies) for one in every)],
        ["hosted page", *says(*(Flow.HOSTED in one.flows for one in every))],
        ["pop-up on your page", *says(*(Flow.JS in one.flows for one in every))],
        ["how the shopper is sent there", *(cell(one.begins) for one in every)],
        ["the outcome asked from the gateway itself", *says(*(True for _ in every))],
        ["webhooks signed by", *(cell(one.notices) for one in every)],
        ["money is taken by a capture of ours", *says(*(one.collects for one in every))],
        ["an old page can be made void", *says(*(one.withdraws for one in every))],
        ["refunds, full and partial", *says(*(True for _ in every))],
        ["refund status", *says(*(True for _ in every))],
        ["lists for the daily sweep", *says(*(one.lists for one in every))],
        ["settlements", *says(*(one.settlement for one in every))],
        ["disputes heard of by webhook", *says(*(one.disputes for one in every))],
        ["played offline", *says(*(True for _ in every))],
    ]
    return table(",".join(["", *(one.title for one in every)]), rows)
