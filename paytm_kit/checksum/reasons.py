"""Every finding of ``explain``: its stable code and the plain text with the remedy."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a signature matches or not. The values are stable: logs and scripts may rely on them."""

    MATCHES = "matches"
    OLDER_KEY = "older_key"

    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_PLUS_LOST = "signature_plus_lost"
    SIGNATURE_URL_ENCODED = "signature_url_encoded"
    SIGNATURE_HTML_ESCAPED = "signature_html_escaped"
    SIGNATURE_WRAPPED = "signature_wrapped"
    SIGNATURE_URL_SAFE = "signature_url_safe"
    SIGNATURE_NOT_CANONICAL = "signature_not_canonical"
    SIGNATURE_TRUNCATED = "signature_truncated"
    SIGNATURE_TOO_LONG = "signature_too_long"
    SIGNATURE_MALFORMED = "signature_malformed"
    SIGNATURE_DAMAGED = "signature_damaged"

    WRONG_KEY = "wrong_key"
    KEY_WRAPPED = "key_wrapped"
    KEY_HTML_ESCAPED = "key_html_escaped"
    KEY_URL_ENCODED = "key_url_encoded"
    KEY_CUT_OR_PADDED = "key_cut_or_padded"

    PAYLOAD_UNUSABLE = "payload_unusable"
    NULL_VALUES = "null_values"
    FIELD_ADDED = "field_added"
    FIELD_MISSING = "field_missing"
    CHECKSUM_FIELD_SIGNED = "checksum_field_signed"
    KEY_ORDER = "key_order"
    WHITESPACE = "whitespace"
    ENCODING = "encoding"
    HTML_ESCAPED = "html_escaped"
    URL_ENCODED = "url_encoded"
    NUMBER_SPELLING = "number_spelling"
    OTHER_SCHEME = "other_scheme"
    JSON_RESERIALISED = "json_reserialised"
    JSON_ENVELOPE = "json_envelope"
    JSON_QUOTED = "json_quoted"
    PAYLOAD_TRUNCATED = "payload_truncated"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    PAYLOAD_DIFFERS = "payload_differs"


# {fields} is a list of field names, {detail} a phrase of ours, {number} which key of the rotation.
TEXTS = {
    Reason.MATCHES: "The signature matches the payload.",
    Reason.OLDER_KEY: (
        "The signature matches, but with key {number} of the rotation, not with the first: the other side still signs "
        "with an older key. Keep that key until nothing arrives that needs it."
    ),
    Reason.SIGNATURE_MISSING: (
        "There is no signature. Paytm leaves it out of some failures; treat the message as unproven and ask the "
        "Transaction Status API."
    ),
    Reason.SIGNATURE_PLUS_LOST: (
        "The signature holds spaces where '+' stood: it was URL-decoded twice, or was not URL-encoded before it was "
        "sent. Let the form parser decode once, and encode '+' as %2B when sending."
    ),
    Reason.SIGNATURE_URL_ENCODED: (
        "The signature is still URL-encoded (%2B, %2F, %3D): decode the form exactly once before verifying."
    ),
    Reason.SIGNATURE_HTML_ESCAPED: (
        "The signature is HTML-escaped (such as &#43; or &#x3D;): take the value from the request, not from a "
        "rendered page."
    ),
    Reason.SIGNATURE_WRAPPED: (
        "The signature is surrounded or broken by white space or quotes: pass its 108 characters alone, on one line."
    ),
    Reason.SIGNATURE_URL_SAFE: (
        "The signature uses the URL-safe Base64 alphabet ('-' and '_'); Paytm's is the standard one ('+' and '/'). "
        "Do not convert it on the way."
    ),
    Reason.SIGNATURE_NOT_CANONICAL: (
        "The signature decodes, but it is not the spelling that a Base64 encoder writes: its last characters were "
        "changed on the way."
    ),
    Reason.SIGNATURE_TRUNCATED: (
        "The signature is cut off: it has {detail} characters instead of 108. Look for a database column, log or "
        "header that is too short, or for '=' taken as a separator."
    ),
    Reason.SIGNATURE_TOO_LONG: (
        "The signature has {detail} characters instead of 108: something was appended, or it is another value."
    ),
    Reason.SIGNATURE_MALFORMED: (
        "This is not a Paytm signature: one has 108 characters of A-Z, a-z, 0-9, '+', '/' and ends with '='. "
        "Look which field was passed."
    ),
    Reason.SIGNATURE_DAMAGED: (
        "The key is right and the signature has the right length, but some of its characters were changed on the "
        "way, or it was made by software that deviates from the scheme. Compare it with the raw request."
    ),
    Reason.WRONG_KEY: (
        "No key given decrypts the signature: it was made with another merchant key. Look whether the key belongs to "
        "the same environment (staging or production) and the same MID, and whether it was changed in the dashboard."
    ),
    Reason.KEY_WRAPPED: (
        "Key {number} is right except for white space or quotes around it. Mend it where it is set, in the environment "
        "or env file."
    ),
    Reason.KEY_HTML_ESCAPED: (
        "Key {number} holds an HTML entity (such as &amp;) where the other side has the character. Put in the key as "
        "the dashboard shows it; mind that Paytm's PHP library decodes entities in a key by itself."
    ),
    Reason.KEY_URL_ENCODED: (
        "Key {number} is URL-encoded (such as %23 for '#'): put in the key as the dashboard shows it."
    ),
    Reason.KEY_CUT_OR_PADDED: (
        "The other side used key {number} brought to 16 bytes, cut or filled with zero bytes, as OpenSSL does silently "
        "beneath Paytm's PHP library. Paytm issues keys of 16 characters: look at the key on the signing side."
    ),
    Reason.PAYLOAD_UNUSABLE: "The payload cannot be what was signed. {detail}",
    Reason.NULL_VALUES: (
        'The other side signed {detail} in {fields}. Paytm\'s Python, PHP and Java libraries sign None and "null" as '
        "empty text; Node, Ruby and .NET keep the word. Send empty text, or leave the field out on both sides."
    ),
    Reason.FIELD_ADDED: (
        "The payload has more fields than were signed: without {fields} it matches. Sign and verify exactly the "
        "fields that are sent; leave out what your framework or your callback URL's query adds."
    ),
    Reason.FIELD_MISSING: (
        "The payload has fewer fields than were signed: {detail}. Pass every field as received, the empty ones too "
        "(parse with keep_blank_values)."
    ),
    Reason.CHECKSUM_FIELD_SIGNED: (
        "The other side signed the CHECKSUMHASH field itself along with the rest, as the Java and .NET libraries do "
        "when it is left in. Remove it there before signing."
    ),
    Reason.KEY_ORDER: (
        "The values are right but were joined in another order: {detail}. Sort by code point (upper case before lower "
        "case), and avoid names that are numbers: Node and PHP sort those differently."
    ),
    Reason.WHITESPACE: (
        "White space differs: the signed text had {detail}{in_fields}. Sign and send the same text; strip nothing "
        "after signing."
    ),
    Reason.ENCODING: (
        "Character encoding differs: the signed text was {detail}{in_fields}. Use UTF-8 on both sides, once; Paytm's "
        ".NET library and Java under another platform charset spoil whatever is outside ASCII."
    ),
    Reason.HTML_ESCAPED: (
        "HTML escaping differs: the signed text was {detail}{in_fields}. Sign raw values; escape only when rendering."
    ),
    Reason.URL_ENCODED: (
        "URL encoding differs: the signed text was {detail}{in_fields}. Values are signed decoded, as a form parser "
        "yields them after decoding once."
    ),
    Reason.NUMBER_SPELLING: (
        "A number is spelt differently: the signed text was {detail}{in_fields}. Format the amount once and sign and "
        "send that text."
    ),
    Reason.OTHER_SCHEME: (
        "The other side signed the same data in another form: {detail}. Form posts sign the sorted values joined by "
        "'|'; JSON APIs sign the exact text of the body."
    ),
    Reason.JSON_RESERIALISED: (
        "The same JSON was written anew between signing and sending: the signed text was {detail}. Serialise once, "
        "sign that text and send that text; verify an answer on its raw text, never on a parsed copy."
    ),
    Reason.JSON_ENVELOPE: (
        "Only one of signing and verifying used the whole message: the signed text was {detail}. Paytm signs the text "
        'of "body", from its first brace to its last; "head" is not signed.'
    ),
    Reason.JSON_QUOTED: (
        "The JSON was encoded once too often: the signed text was {detail}. Pass the text itself, not a string in JSON."
    ),
    Reason.PAYLOAD_TRUNCATED: (
        "The key is right, but the JSON text ends too early: it was cut off. Read the whole body; look for limits of "
        "proxies, columns and logs."
    ),
    Reason.PAYLOAD_TOO_LARGE: (
        "The key is right and the payload is not what was signed. At {detail} bytes it is too large to search for the "
        "difference; try again with the smallest message that shows it."
    ),
    Reason.PAYLOAD_DIFFERS: (
        "The key is right, but another text was signed, and no usual mistake accounts for it: a value was changed, "
        "added or removed. Compare the fields or the raw text with what the other side signed, character by character."
    ),
}
