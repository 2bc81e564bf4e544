"""The checksum: known answers, properties, Paytm's own library, explanations, the command."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

KEY = "Inv3nted#Key&@1!"  # 16 bytes, with the characters that env files spoil
OTHER_KEY = "An0ther_Key$%^*2"

FORM = {
    "MID": "FAKEMID0000000000001",
    "ORDERID": "ORD-QX7T2",
    "TXNAMOUNT": "249.50",
    "CURRENCY": "INR",
    "STATUS": "TXN_SUCCESS",
    "RESPCODE": "01",
    "RESPMSG": "Txn Success",
    "TXNID": "20310102111212800110168000000000001",
    "BANKTXNID": "",
    "CUST_NAME": "Asha D'Souza & Söhne",
}

VECTORS = Path(__file__).parent.parent / "vectors"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def peer_sign(text: str | bytes, key: str = KEY, salt: str | bytes = "sA1t") -> str:
    """What any signer of the scheme makes of a text: written independently of the code under test."""
    text, salt = (value.encode() if isinstance(value, str) else value for value in (text, salt))
    plain = hashlib.sha256(text + b"|" + salt).hexdigest().encode() + salt
    cipher = AES.new(key.encode(), AES.MODE_CBC, b"@@@@&&&&####$$$$")
    return base64.b64encode(cipher.encrypt(pad(plain, 16))).decode()


def joined(form: dict[str, str]) -> str:
    """The text that every library signs for a form without odd names or values."""
    return "|".join(form[name] for name in sorted(form))
