"""Settlement reports as Paytm writes them and as people hand them over: what is read, what is broken and why."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import paytmchecksum
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.gateways.base import BrokenEntry, EntryKind, Refused, SettlementEntry, Unreachable, UnreadableReport
from paytm_kit.gateways.paytm import answers, settlement_files
from tests.gateways import wire

LIST = f"{wire.HOST}/merchant-settlement-service/settlement/list"
DAY = date(2031, 1, 7)
HEADER = "TXNTYPE,ORDERID,TXNID,TXNDATE,TXNAMOUNT,SETTLEDAMOUNT,COMMISSION,GST,UTR,SETTLED DATE"
LINE = "ACQUIRING,ORD-1,T1,2031-01-06 10:11:12.0,499.00,488.70,8.73,1.57,SDBLN1,2031-01-07"


def read(*lines: str, encoding: str = "utf-8", end: str = "\n") -> list[SettlementEntry | BrokenEntry]:
    return list(settlement_files.read(io.BytesIO(end.join((*lines, "")).encode(encoding))))


def test_every_column_of_a_line_is_read() -> None:
    (line,) = read(HEADER, LINE)
    assert line == SettlementEntry(
        number=2,
        kind=EntryKind.PAYMENT,
        order_id="ORD-1",
        transaction_id="T1",
        gross=Decimal("499.00"),
        fee=Decimal("8.73"),
        tax=Decimal("1.57"),
        net=Decimal("488.70"),
        word="ACQUIRING",
        utr="SDBLN1",
        transaction_at=datetime(2031, 1, 6, 10, 11, 12, tzinfo=answers.INDIA),
        settled_on=date(2031, 1, 7),
    )


SHAPES = {
    "a byte order mark": (HEADER, LINE, "utf-8-sig", "\n"),
    "Windows line ends": (HEADER, LINE, "utf-8", "\r\n"),
    "UTF-16, as spreadsheets save": (HEADER, LINE, "utf-16", "\r\n"),
    "semicolons": (HEADER.replace(",", ";"), LINE.replace(",", ";"), "utf-8", "\n"),
    "tabs": (HEADER.replace(",", "\t"), LINE.replace(",", "\t"), "utf-8", "\n"),
    "quotes": (HEADER, ",".join(f'"{cell}"' for cell in LINE.split(",")), "utf-8", "\n"),
    "apostrophes around": (HEADER, ",".join(f"'{cell}'" for cell in LINE.split(",")), "utf-8", "\n"),
    "apostrophes in front": (HEADER, ",".join(f"'{cell}" for cell in LINE.split(",")), "utf-8", "\n"),
    "unknown columns": (f"{HEADER},NEW ONE", f"{LINE},what", "utf-8", "\n"),
    "a title and empty lines": (f"Settlement report\n\n{HEADER}", f"\n,,\n{LINE}", "utf-8", "\n"),
    "the names of the detail API": (
        "transactionType,orderId,transactionId,transactionDate,amount,settledAmount,commission,gst,utrNo,settledDate",
        LINE.replace("2031-01-06 10:11:12.0", "2031-01-06T10:11:12+05:30"),
        "utf-8",
        "\n",
    ),
    "names written as in a dashboard": (
        "Transaction_Type,Order ID,Transaction ID,Transaction_Date,Amount,Settled Amount,Commission,GST,UTR No.,"
        "Settled Date",
        LINE,
        "utf-8",
        "\n",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_line_is_read_however_it_was_saved(shape: str) -> None:
    header, line, encoding, end = SHAPES[shape]
    (found,) = read(header, line, encoding=encoding, end=end)
    assert isinstance(found, SettlementEntry)
    (expected,) = read(HEADER, LINE)
    assert found == SettlementEntry(**{**_values(expected), "number": found.number})


def _values(line: Any) -> dict[str, Any]:
    return {name: getattr(line, name) for name in SettlementEntry.__slots__}


def changed(**cells: str) -> str:
    values = dict(zip(HEADER.split(","), LINE.split(","), strict=True)) | cells
    return ",".join(values.values())


BROKEN = {
    "three decimals": (changed(TXNAMOUNT="499.001"), "the amount has more than two decimals"),
    "words for an amount": (changed(SETTLEDAMOUNT="four"), "the settled amount is not a number of rupees"),
    "a number in another script": (changed(GST="१.५७"), "the GST is not a number"),
    "an exponent": (changed(COMMISSION="8e2"), "the commission is not a number"),
    "not a number at all": (changed(COMMISSION="NaN"), "the commission is not a number"),
    "an amount beyond all": (changed(TXNAMOUNT="99999999999999"), "larger than any payment"),
    "a derived amount beyond all": (
        changed(TXNAMOUNT="", SETTLEDAMOUNT="9999999999.99"),
        "the amount is larger than any payment",
    ),
    "a derived settled amount beyond all": (
        changed(TXNAMOUNT="-9999999999.99", SETTLEDAMOUNT=""),
        "the settled amount is larger than any payment",
    ),
    "no fee": (changed(COMMISSION=""), "the commission or the GST is empty"),
    "no transaction": (changed(TXNID=""), "the transaction id is empty"),
    "no order": (changed(ORDERID="null"), "the order id is empty"),
    "an id that a spreadsheet shortened": (changed(TXNID="2.03101E+34"), "shortened the transaction id to 2.03101E+34"),
    "an id of garbage": (changed(TXNID="T 1"), "the transaction id holds spaces"),
    "a day that does not exist": (changed(**{"SETTLED DATE": "2031-02-30"}), "the settled date is not a date"),
    "a day in another order": (changed(**{"SETTLED DATE": "07/01/2031"}), "the settled date is not a date"),
    "a line cut off": (LINE[:45], "the line ends after 5 of 10 columns"),
    "a comma too many": (f"{LINE},1", "the line has 11 columns, the header 10"),
    "a quote that is never closed": ('ACQUIRING,"ORD-1', "the line is no CSV"),
    "a line without an end": (LINE + "9" * 70_000, "longer than 65536 characters"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_line_is_named_with_its_number_and_the_rest_is_read(what: str) -> None:
    line, why = BROKEN[what]
    before, broken, after = read(HEADER, LINE, line, LINE)
    assert isinstance(broken, BrokenEntry)
    assert why in broken.why
    assert broken.number == 3
    assert (before.number, after.number) == (2, 4)
    assert isinstance(after, SettlementEntry)


def test_bytes_that_are_no_text_spoil_their_own_line_only() -> None:
    raw = f"{HEADER}\n{LINE}\n".encode() + LINE.encode().replace(b"T1", b"T\xff") + f"\n{LINE}\n".encode()
    _, broken, after = settlement_files.read(io.BytesIO(raw))
    assert isinstance(broken, BrokenEntry)
    assert isinstance(after, SettlementEntry)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"name,amount\nx,1\n", "Missing: ORDERID, TXNID, COMMISSION, GST"),
        (HEADER.replace(",COMMISSION", "").encode(), "Missing: COMMISSION"),
        (HEADER.replace("TXNAMOUNT,SETTLEDAMOUNT,", "").encode(), "Missing: TXNAMOUNT or SETTLEDAMOUNT"),
        (f"{HEADER},txn_id\n{LINE},T1\n".encode(), "the column txn_id twice"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\x1f\x8brest", "gzip"),
        (b'{"settlementDetailList": []}', "no settlement report that we know"),
        (bytes(range(256)) * 40, "no settlement report that we know"),
    ],
)
def test_what_is_no_report_is_said_clearly(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableReport, match=why):
        list(settlement_files.read(io.BytesIO(content)))


def test_a_report_is_read_a_line_at_a_time() -> None:
    """However long it is: the first line is there before the second exists."""

    class Endless(io.BytesIO):
        def read1(self, size: int = -1) -> bytes:
            return super().read1(size) or f"{LINE}\n".encode()

    lines = settlement_files.read(Endless(f"{HEADER}\n".encode()))
    assert [next(lines).number for _ in range(1000)] == list(range(2, 1002))


def test_what_goes_back_is_below_zero_however_it_is_written() -> None:
    refund, chargeback, by_sign, other = read(
        HEADER,
        changed(TXNTYPE="REFUND", TXNAMOUNT="100.00", SETTLEDAMOUNT="100.00", COMMISSION="0", GST="0"),
        changed(TXNTYPE="CHARGEBACK", TXNAMOUNT="-100.00", SETTLEDAMOUNT="-102.00", COMMISSION="2.00", GST="0.00"),
        changed(TXNTYPE="", TXNAMOUNT='"-1,00,000.00"', SETTLEDAMOUNT='"-1,00,000"', COMMISSION="", GST=""),
        changed(TXNTYPE="TRANSFER_TO_BANK"),
    )
    found = [(line.kind, str(line.gross), str(line.fee), str(line.net)) for line in (refund, chargeback, by_sign)]
    assert found == [
        ("refund", "-100.00", "0.00", "-100.00"),
        ("chargeback", "-100.00", "2.00", "-102.00"),
        ("refund", "-100000.00", "0.00", "-100000.00"),
    ]
    assert (other.kind, other.word) == ("other", "TRANSFER_TO_BANK")


@given(
    st.lists(
        st.tuples(
            *(st.decimals(min_value=0, max_value=10**7, places=2) for _ in range(3)),
        ),
        min_size=1,
        max_size=20,
    ),
    st.booleans(),
)
def test_sums_survive_to_the_paisa_with_the_gross_or_the_net_left_out(
    amounts: list[tuple[Decimal, Decimal, Decimal]], net_only: bool
) -> None:
    column = "SETTLEDAMOUNT" if net_only else "TXNAMOUNT"
    rows = [
        f"ACQUIRING,O{at},T{at},{(gross - fee - tax) if net_only else gross},{fee},{tax}"
        for at, (gross, fee, tax) in enumerate(amounts)
    ]
    lines = read(f"TXNTYPE,ORDERID,TXNID,{column},COMMISSION,GST", *rows)
    assert sum(line.gross for line in lines) == sum(gross for gross, _, _ in amounts)
    assert sum(line.net for line in lines) == sum(gross - fee - tax for gross, fee, tax in amounts)
    assert all(line.gross - line.fee - line.tax == line.net for line in lines)


# ---- the API ----------------------------------------------------------------------------------------------------


def row(number: int, **changes: Any) -> dict[str, Any]:
    values = {
        "txnId": f"T{number}",
        "txnType": "ACQUIRING",
        "txnDate": "2031-01-06 10:11:12.0",
        "txnAmount": "499.00",
        "mid": wire.MID,
        "orderId": f"ORD-{number}",
        "utrProcessedTime": "2031-01-07 10:00:00.0",
        "utr": "SDBLN1",
        "settleAmount": "488.70",
        "payoutDate": "2031-01-08",
        "gst": "1.57",
        "commission": "8.73",
    }
    return values | changes


def page(rows: list[dict[str, Any]], total: int | None = None, **changes: Any) -> str:
    answer = {
        "status": "SUCCESS",
        "resultCode": "00000000",
        "errorMessage": "",
        "totalCount": len(rows) if total is None else total,
        "settlementDetailList": rows,
    }
    return json.dumps(answer | changes)


@pytest.fixture
def production(client: Any) -> Any:
    return type(client)(environment="production")


def ask(client: Any) -> Iterator[SettlementEntry | BrokenEntry]:
    return client.settlement(DAY)


def test_every_page_is_asked_for_and_each_question_is_signed_by_its_fields(paytm: Any, production: Any) -> None:
    paytm.post(LIST, body=page([row(number) for number in range(20)], total=21))
    paytm.post(LIST, body=page([row(20)], total=21))
    lines = list(ask(production))
    assert [line.number for line in lines] == list(range(1, 22))
    assert lines[0].settled_on == DAY
    assert lines[0].merchant_id == wire.MID
    for number, call in enumerate(paytm.calls, 1):
        sent = json.loads(call.request.body)
        signature = sent.pop("checksumHash")
        assert sent == {
            "MID": wire.MID,
            "utrProcessedStartTime": "2031-01-07",
            "pageNum": str(number),
            "pageSize": "20",
        }
        assert paytmchecksum.verifySignature(sent, wire.KEY, signature)


def test_the_json_text_can_be_signed_instead(paytm: Any, client: Any) -> None:
    paytm.post(LIST, body=page([row(1)]))
    list(ask(type(client)(environment="production", settlement_signature="text")))
    text = paytm.calls[0].request.body.decode()
    sent = json.loads(text)
    plain = text.replace(f',"checksumHash":"{sent["checksumHash"]}"', "")
    assert paytmchecksum.verifySignature(plain, wire.KEY, sent["checksumHash"])


def test_the_older_shape_is_read_too(paytm: Any, production: Any) -> None:
    older = {
        "ORDERID": "ORD-1",
        "TXNID": "T1",
        "SETTLED DATE": "2031-01-07",
        "SETTLEDAMOUNT": "488.70",
        "COMMISSION": "8.73",
        "GST": "1.57",
        "UTR": "SDBLN1",
        "PAYOUT DATE": "2031-01-08",
    }
    answer = {"settlementListResponse": {"settlementTransactionList": [older], "totalCount": 1}}
    paytm.post(LIST, body=json.dumps(answer))
    (line,) = ask(production)
    assert (line.gross, line.net, line.settled_on) == (Decimal("499.00"), Decimal("488.70"), DAY)


def test_a_day_without_a_payout_has_no_lines(paytm: Any, production: Any) -> None:
    paytm.post(LIST, body=page([], status="RECORD_NOT_FOUND"))
    assert list(ask(production)) == []


def test_a_broken_row_is_named_by_its_place(paytm: Any, production: Any) -> None:
    paytm.post(LIST, body=page([row(1), row(2, txnAmount=None, settleAmount="x"), row(3)]))
    assert [(line.number, isinstance(line, BrokenEntry)) for line in ask(production)] == [
        (1, False),
        (2, True),
        (3, False),
    ]


@pytest.mark.parametrize(
    ("answers_given", "error", "why"),
    [
        ([page([row(1)], total=3), page([], total=3)], Unreachable, "ended after 1 of 3 lines"),
        ([page([], status="FAILURE", resultCode="00000074")] * 3, Unreachable, "Ask again"),
        (
            [page([], status="FAILURE", resultCode="00000022", errorMessage="CHECKSUM_VALIDATION_FAILED")],
            Refused,
            "SETTLEMENT_SIGNATURE",
        ),
        ([page([], status="FAILURE", resultCode="00000030")], Refused, "six months"),
        (["{}"] * 3, Unreachable, "no rows"),
        (["<html>"] * 3, Unreachable, "no usable answer to settlements"),
        ([requests.ReadTimeout()] * 3, Unreachable, "time-out. Ask again"),
    ],
)
def test_half_a_list_or_none_is_an_error(
    paytm: Any, production: Any, answers_given: list[Any], error: type[Exception], why: str
) -> None:
    for body in answers_given:
        paytm.post(LIST, body=body)
    with pytest.raises(error, match=why):
        list(ask(production))


def test_staging_has_no_settlements_and_is_not_asked(paytm: Any, client: Any) -> None:
    with pytest.raises(Refused, match="production only"):
        list(ask(client))
    assert len(paytm.calls) == 0
