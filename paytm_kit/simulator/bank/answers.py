"""What each party may answer and which of Paytm's RESPCODEs the gateway makes of it: one table, read both ways.

Cards speak ISO 8583 (field 39), UPI speaks NPCI's response codes, banks and wallets a word of their own. Which answer
Paytm turns into which RESPCODE is not published: those are our reading of its texts (unconfirmed).
"""

from __future__ import annotations

from typing import NamedTuple

from paytm_kit.simulator.wire import codes


class Answer(NamedTuple):
    method: str
    speaker: str  # the party that decides, as bank/talk names it
    code: str
    respcode: str
    words: str

    def __str__(self) -> str:
        return f"{self.code} {self.words}"


ANSWERS = (
    Answer("card", "issuer", "00", "01", "approved"),
    Answer("card", "issuer", "05", "227", "do not honour"),
    Answer("card", "issuer", "14", "209", "invalid card number"),
    Answer("card", "issuer", "19", "237", "enter the transaction again"),
    Answer("card", "issuer", "41", "210", "lost card"),
    Answer("card", "issuer", "51", "202", "not sufficient funds"),
    Answer("card", "issuer", "54", "207", "expired card"),
    Answer("card", "issuer", "57", "401", "not permitted to this cardholder"),
    Answer("card", "issuer", "61", "118", "exceeds the amount limit"),
    Answer("card", "issuer", "62", "205", "restricted card"),
    Answer("card", "issuer", "63", "232", "security violation"),
    Answer("card", "issuer", "75", "372", "too many wrong one-time passwords"),
    Answer("card", "issuer", "80", "315", "invalid date"),
    Answer("card", "network", "15", "312", "no such issuer: card not supported"),
    Answer("card", "network", "68", "402", "the issuer has not answered yet"),
    Answer("card", "network", "09", "400", "request in progress"),
    Answer("card", "network", "91", "220", "issuer unavailable"),
    Answer("card", "network", "96", "153", "system malfunction"),
    Answer("card", "acquirer", "03", "510", "invalid merchant"),
    Answer("card", "acquirer", "13", "222", "invalid amount"),
    Answer("card", "acquirer", "58", "208", "not permitted to this terminal"),
    Answer("card", "acquirer", "65", "RC-00018", "the merchant's limit is reached"),
    Answer("upi", "remitter", "00", "01", "approved"),
    Answer("upi", "remitter", "U30", "401", "debit has failed"),
    Answer("upi", "remitter", "Z9", "202", "insufficient funds in the customer's account"),
    Answer("upi", "remitter", "Z8", "118", "per transaction limit exceeded"),
    Answer("upi", "remitter", "ZM", "931", "invalid UPI PIN"),
    Answer("upi", "remitter", "Z6", "372", "number of PIN tries exceeded"),
    Answer("upi", "remitter", "B1", "820", "registered mobile number has been changed or removed"),
    Answer("upi", "remitter", "YE", "843", "remitting account blocked or frozen"),
    Answer("upi", "remitter", "XY", "220", "remitter bank offline"),
    Answer("upi", "remitter", "RB", "402", "response awaited, deemed"),
    Answer("upi", "remitter", "01", "400", "transaction is pending"),
    Answer("upi", "npci", "U02", "196", "amount cap is exceeded"),
    Answer("upi", "npci", "ZH", "295", "invalid virtual address"),
    Answer("upi", "shopper", "U69", "810", "collect request expired"),
    Answer("upi", "shopper", "ZA", "227", "transaction declined by the customer"),
    Answer("netbanking", "bank", "SUCCESS", "01", "paid"),
    Answer("netbanking", "bank", "FAILURE", "227", "declined"),
    Answer("netbanking", "bank", "NO_FUNDS", "205", "balance is not enough"),
    Answer("netbanking", "bank", "PENDING", "402", "will be decided later"),
    Answer("netbanking", "bank", "DOWN", "220", "no answer"),
    Answer("wallet", "wallet", "SUCCESS", "01", "paid"),
    Answer("wallet", "wallet", "NO_BALANCE", "235", "balance is not enough"),
    Answer("wallet", "wallet", "NO_WALLET", "243", "there is no such wallet"),
    Answer("wallet", "wallet", "BLOCKED", "130", "the user is blocked"),
    Answer("wallet", "wallet", "CONSULT", "163", "the balance could not be consulted"),
    Answer("wallet", "wallet", "LIMIT", "260", "amount exceeds the wallet's limit"),
    Answer("wallet", "wallet", "NOT_VERIFIED", "274", "the user is not verified"),
    Answer("wallet", "wallet", "PASSCODE", "931", "incorrect passcode"),
    Answer("wallet", "wallet", "TRIES", "372", "too many wrong one-time passwords"),
)

_BY_CODE = {(row.method, row.code): row for row in ANSWERS}
_BY_RESPCODE = {(row.method, row.respcode): row for row in ANSWERS}


def given(method: str, code: str) -> Answer:
    """The answer that a party gives with this code of its own."""
    return _BY_CODE[method, code]


def behind(method: str, respcode: str) -> Answer:
    """The answer behind Paytm's code; where no party says it in this method, the gateway itself does."""
    found = _BY_RESPCODE.get((method, respcode))
    return found or Answer(method, "gateway", respcode, respcode, codes.PAYMENT[respcode].text)
