"""Paytm's words: which code goes with which status and text. Tables only.

Sources: Paytm docs, Initiate Transaction API; Transaction Status API; Payment Status; the published RESPCODE list.
"""

from __future__ import annotations

from typing import NamedTuple

SUCCESS = "TXN_SUCCESS"
FAILURE = "TXN_FAILURE"
PENDING = "PENDING"
NO_RECORD = "NO_RECORD_FOUND"


class Word(NamedTuple):
    status: str
    text: str


# initiateTransaction: S done, F refused, U unknown (repeat with the same order id).
INITIATE = {
    "0000": Word("S", "Success"),
    "0002": Word("S", "Success Idempotent"),
    "196": Word("F", "Payment failed as amount entered exceeds the allowed limit. Please enter a lower amount."),
    "501": Word("F", "System Error"),
    "900": Word("U", "System error"),
    "1001": Word("F", "Request parameters are not valid"),
    "1006": Word("F", "Your Session has expired"),
    "1007": Word("F", "Missing mandatory element"),
    "1008": Word("F", "Pipe character is not allowed"),
    "2005": Word("F", "Checksum provided is invalid"),
    "2007": Word("F", "Txn amount is invalid"),
    "2013": Word("F", "Mid in the query param doesn’t match with the Mid sent in the request"),  # noqa: RUF001 - Paytm's apostrophe
    "2014": Word("F", "OrderId in the query param doesn’t match with the OrderId sent in the request"),  # noqa: RUF001
    "2023": Word("F", "Repeat Request Inconsistent"),
}

# What a transaction can end as: callbacks, webhooks and every status API.
PAYMENT = {
    "01": Word(SUCCESS, "Txn Success"),
    "118": Word(FAILURE, "Amount is over the limit for one transaction"),
    "141": Word(FAILURE, "User has not completed transaction."),
    "202": Word(FAILURE, "Not enough credit limit. The bank has declined the transaction."),
    "205": Word(FAILURE, "Transaction has been declined by the bank."),
    "207": Word(FAILURE, "Card used by customer has expired."),
    "208": Word(FAILURE, "Transaction has been declined by the acquirer bank."),
    "209": Word(FAILURE, "Card details entered are invalid."),
    "210": Word(FAILURE, "Lost card received."),
    "220": Word(FAILURE, "Bank communication error."),
    "227": Word(FAILURE, "Your payment has been declined by your bank."),
    "235": Word(FAILURE, "Wallet balance Insufficient"),
    "295": Word(FAILURE, "Your payment failed as the UPI ID entered is incorrect."),
    "400": Word(PENDING, "Transaction status not confirmed yet."),
    "401": Word(FAILURE, "Your payment has been declined by your bank."),
    "402": Word(PENDING, "Looks like the payment is not complete. Waiting for the bank's confirmation."),
    "810": Word(FAILURE, "Txn Failed"),
    "820": Word(FAILURE, "The mobile number linked to the bank account has changed."),
    "843": Word(FAILURE, "Your bank account is blocked or frozen."),
}

# Refusals of the status APIs.
STATUS = {
    "330": Word(FAILURE, "Checksum provided is invalid"),
    "331": Word(NO_RECORD, "No Record Found"),
    "334": Word(FAILURE, "Invalid Order ID"),
    "335": Word(FAILURE, "Mid is invalid"),
    "501": Word(FAILURE, "Server Down"),
}

# Early failures of the legacy form: refused before there is a transaction.
LEGACY = {
    "240": Word(FAILURE, "Invalid total amount"),
    "305": Word(FAILURE, "Merchant Id is not registered"),
    "309": Word(FAILURE, "Invalid order id"),
    "325": Word(FAILURE, "Duplicate order id"),
    "330": Word(FAILURE, "Invalid checksum"),
    "804": Word(FAILURE, "WEBSITE contains invalid characters"),
    "00": Word(FAILURE, "System error, invalid parameter"),
}
