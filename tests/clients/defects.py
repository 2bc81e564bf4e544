"""What Paytm's published clients cannot do because of their own code. Each row is pinned by the test of its name."""

from __future__ import annotations

from typing import NamedTuple


class Defect(NamedTuple):
    client: str
    name: str  # test_defects.py has test_<name>
    what: str  # what goes wrong, and the line of theirs that does it


PG = "paytm-pg 1.1.2 (Python)"
NODE = "paytm-pg-node-sdk 1.0.6"
CHECKSUM = "paytmchecksum 1.7.0 (Python)"
NODE_CHECKSUM = "paytmchecksum 1.5.1 (Node)"

ALL = (
    Defect(
        PG, "a_genuine_answer_is_refused_for_its_characters",
        "refuses a rightly signed answer that holds an apostrophe or anything but ASCII: it verifies the repr of the "
        "bytes (Request.process: str(res.content)), in which these are escaped",
    ),
    Defect(
        PG, "a_refused_status_raises",
        "raises a TypeError where it means to answer that a status is not signed by Paytm: getPaymentStatus has no "
        "text for an empty feeRateFactors",
    ),
    Defect(
        PG, "spaces_vanish_from_a_request",
        "loses every space of a value, such as the comments of a refund: format_string() removes them all",
    ),
    Defect(
        PG, "an_apostrophe_breaks_a_request",
        "sends broken JSON for a value with an apostrophe: format_string() turns it into a quotation mark",
    ),
    Defect(
        PG, "the_timestamp_is_no_epoch",
        "sends a date of 25 characters as requestTimestamp, where an epoch is due: current_time_millis() is "
        "datetime.now(). Nothing hangs on it: the head is not signed",
    ),
    Defect(
        PG, "setting_the_base_url_changes_nothing",
        "cannot be pointed to another host: set_base_url() changes none of the four addresses, which were put together "
        "before. These tests set the four themselves",
    ),
    Defect(
        PG, "an_unsigned_answer_is_believed",
        "believes TXN_SUCCESS without a signature: Request.process verifies one only if there is one",
    ),
    Defect(
        PG, "the_refunded_amount_is_lost",
        "never tells a refund's amount with its status: the field is spelled refundAmout",
    ),
    Defect(
        NODE, "a_refused_connection_ends_the_process",
        "ends the whole process when no connection can be made: executeCurl reads statusCode of an undefined res",
    ),
    Defect(
        NODE, "a_null_breaks_the_signature",
        "signs null members and then leaves them out of what it sends (Request.process), so that Paytm answers 2005",
    ),
    Defect(
        NODE, "an_escaped_answer_is_refused",
        "refuses a rightly signed answer that JSON.stringify would write otherwise, such as one with \\u escapes: "
        "it verifies its own re-serialisation",
    ),
    Defect(
        NODE, "the_log_keeps_tokens",
        "writes every request and answer, transaction tokens included, to logs/app.log in the working directory",
    ),
    Defect(
        NODE, "the_total_refunded_is_lost",
        "never tells the total refunded: it looks for totalRefundedAmount, the API says totalRefundAmount",
    ),
    Defect(
        NODE, "production_asks_a_test_host_about_refunds",
        "asks an internal test host about refunds when set to PROD: MerchantProperties.setEnvironment",
    ),
    Defect(
        CHECKSUM, "a_garbled_signature_raises",
        "raises for a signature that is not what it expects, where the answer is that it does not match",
    ),
    Defect(
        CHECKSUM, "a_text_with_the_field_name_raises",
        'raises for a JSON text that holds the word CHECKSUMHASH: it looks for it before it asks what it got',
    ),
    Defect(
        NODE_CHECKSUM, "a_parsed_form_raises",
        "throws for an object without prototype, which is what Node's own querystring makes of a form: "
        "verifySignature calls params.hasOwnProperty",
    ),
    Defect(
        NODE_CHECKSUM, "longer_keys_throw",
        "throws for keys of 24 and 32 bytes, which Paytm's other libraries take: the cipher is fixed to AES-128",
    ),
    Defect(
        NODE_CHECKSUM, "the_text_null_does_not_verify",
        'refuses a callback with a field that says "null", which Paytm\'s other libraries sign as empty: '
        "getStringByParams compares the lower-cased text with null itself",
    ),
    Defect(
        NODE_CHECKSUM, "numeric_names_are_sorted_as_numbers",
        "orders numeric field names as numbers, where every other library orders them as texts",
    ),
)  # fmt: skip
