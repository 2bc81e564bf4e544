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

# What a transaction can end as: callbacks, webhooks and every status API. 330, 331, 334, 335 and 501 of the same lists
# refuse the question instead. 267 ends the debit of a mandate.
PAYMENT = {
    "01": Word(SUCCESS, "Txn Success"),
    "118": Word(FAILURE, "Amount is over the limit for one transaction"),
    "130": Word(FAILURE, "User is blocked at Paytm"),
    "141": Word(FAILURE, "User has not completed transaction."),
    "153": Word(FAILURE, "System error"),
    "163": Word(FAILURE, "Wallet consult failed"),
    "196": Word(FAILURE, "Payment failed as amount entered exceeds the allowed limit. Please enter a lower amount."),
    "202": Word(FAILURE, "Not enough credit limit. The bank has declined the transaction."),
    "205": Word(FAILURE, "Transaction has been declined by the bank."),
    "207": Word(FAILURE, "Card used by customer has expired."),
    "208": Word(FAILURE, "Transaction has been declined by the acquirer bank."),
    "209": Word(FAILURE, "Card details entered are invalid."),
    "210": Word(FAILURE, "Lost card received."),
    "220": Word(FAILURE, "Bank communication error."),
    "222": Word(FAILURE, "Amount mismatch"),  # text unconfirmed
    "227": Word(FAILURE, "Your payment has been declined by your bank."),
    "232": Word(FAILURE, "Transaction has been declined."),  # text unconfirmed
    "235": Word(FAILURE, "Wallet balance Insufficient"),
    "237": Word(FAILURE, "Please retry the transaction."),
    "243": Word(FAILURE, "Wallet does not exist"),
    "260": Word(FAILURE, "Amount exceeds the wallet's limit"),
    "267": Word(FAILURE, "The gap between two debits of this mandate is too short"),
    "274": Word(FAILURE, "User is not verified"),
    "295": Word(FAILURE, "Your payment failed as the UPI ID entered is incorrect."),
    "312": Word(FAILURE, "This card is not supported."),
    "315": Word(FAILURE, "Invalid year"),
    "372": Word(FAILURE, "Retry count breached"),
    "400": Word(PENDING, "Transaction status not confirmed yet."),
    "401": Word(FAILURE, "Your payment has been declined by your bank."),
    "402": Word(
        PENDING, "Looks like the payment is not complete. Please wait while we confirm the status with your bank."
    ),
    "510": Word(FAILURE, "Merchant transaction failure"),
    "810": Word(FAILURE, "Txn Failed"),
    "820": Word(FAILURE, "The mobile number linked to the bank account has changed."),
    "843": Word(FAILURE, "Your bank account is blocked or frozen."),
    "931": Word(FAILURE, "Incorrect Passcode"),
    "8102": Word(FAILURE, "Transaction cancelled by customer"),  # these three: text unconfirmed
    "8103": Word(FAILURE, "Transaction cancelled by customer"),
    "14112": Word(FAILURE, "Transaction cancelled by customer"),
    "RC-00018": Word(FAILURE, "The merchant's payment limit is crossed"),
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

# Refunds: apply, sync, status and the legacy pair (Paytm docs, Refund API; Refund Status API). Where the pages leave a
# case open, bank/refunds says how it is read here.
REFUND = {
    "10": Word(SUCCESS, "Refund Successfull"),  # Paytm's double l
    "330": Word(FAILURE, "Checksum provided is invalid"),
    "335": Word(FAILURE, "Mid is invalid"),
    "501": Word(PENDING, "System Error"),
    "600": Word(FAILURE, "Invalid refund request or restricted by bank"),
    "601": Word(PENDING, "Refund request was raised for this transaction. But it is pending state"),
    "607": Word(FAILURE, "Refund can not be initiated for a cancelled transaction"),
    "617": Word(FAILURE, "Refund Already Raised"),
    "619": Word(FAILURE, "Invalid refund amount"),
    "620": Word(FAILURE, "BALANCE_NOT_ENOUGH"),
    "626": Word(FAILURE, "Another Refund on same order is already in Progress"),
    "627": Word(FAILURE, "Order Details Mismatch"),
    # Listed as a failure, worded as pending: the money is on its way.
    "628": Word(FAILURE, "Refund request was raised to respective bank. But it is in pending state from bank side"),
    "629": Word(FAILURE, "Refund is already Successful"),
    "631": Word(FAILURE, "Record not found"),  # a newer reading says NO_RECORD_FOUND
    "635": Word(FAILURE, "Partial Refund under Rupee 1 is not allowed"),
}

# Order and refund list (Paytm docs, Order List API; Refund List API).
LIST = {
    "1001": Word("SUCCESS", "SUCCESS"),
    "4001": Word("FAILURE", "Invalid signature"),
    "4002": Word("FAILURE", "Mandatory parameter missing"),
    "4003": Word("FAILURE", "Invalid parameters"),
    "4009": Word("FAILURE", "Checksum validation failed"),
    "4099": Word("FAILURE", "System error"),
}

# Settlement list (Paytm docs, Settlement API, checksum-flat).
SETTLEMENT = {
    "00000000": Word("SUCCESS", "SUCCESS"),
    "00000010": Word("FAILURE", "QUERY_EXCEPTION"),
    "00000022": Word("FAILURE", "CHECKSUM_VALIDATION_FAILED"),
    "00000030": Word("FAILURE", "ILLEGAL_PARAM"),
    "00000031": Word("FAILURE", "FACADE_EXCEPTION"),
}
NO_SETTLEMENT = "RECORD_NOT_FOUND"

# Subscriptions (Paytm docs, Initiate Subscription, Renew Subscription, Fetch Subscription Status).
SUBSCRIPTION = {
    "0000": Word("S", "Success"),
    "900": Word("S", "Subscription Txn accepted."),  # of renew; unconfirmed, some stacks know it as an unknown outcome
    "1001": Word("F", "Request parameters are not valid"),
    "1007": Word("F", "Missing mandatory element"),
    "1008": Word("F", "Pipe character is not allowed"),
    "2005": Word("F", "Checksum provided is invalid"),
    "2007": Word("F", "Txn amount is invalid"),
    "2009": Word("F", "Order id is duplicate"),
    "2013": INITIATE["2013"],
    "2014": INITIATE["2014"],
    "267": Word("F", "The gap between two debits of this mandate is too short"),
    "3006": Word("SUCCESS", "Success"),
    "3054": Word("F", "No successful pre-notification for this debit"),
    "4001": Word("F", "Invalid frequency, amount type or grace days"),
    "4002": Word("F", "Invalid customer id"),
    "5028": Word("F", "The start date lies in the past"),
}
