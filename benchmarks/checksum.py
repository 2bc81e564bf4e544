"""How fast sign and verify are, as ratios measured in one run: python -m benchmarks.checksum [rounds]

The floor is what no implementation on the same two libraries can be without: one SHA-256 and one AES-CBC with a fresh
cipher object (pycryptodome), Base64 both ways and a random salt. The official library is the published paytmchecksum.
Contestants take turns within each round, so that a busy machine slows all of them alike; medians are shown.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import statistics
import sys
from collections.abc import Callable
from time import perf_counter

import paytmchecksum
from Crypto.Cipher import AES

from paytm_kit.checksum import sign, verify

KEY = "Inv3nted#Key&@1!"
CALLS = 200  # per contestant and round
FORM = {
    "BANKNAME": "HDFC Bank",
    "BANKTXNID": "777001234567",
    "CURRENCY": "INR",
    "GATEWAYNAME": "HDFC",
    "MID": "FAKEMID0000000000001",
    "ORDERID": "ORD-1001",
    "PAYMENTMODE": "NB",
    "RESPCODE": "01",
    "RESPMSG": "Txn Success",
    "STATUS": "TXN_SUCCESS",
    "TXNAMOUNT": "499.00",
    "TXNDATE": "2031-01-15 10:20:30.0",
}
BODY = '{"requestType":"Payment","note":"%s"}' % ("x" * 565)  # 600 bytes

IV = b"@@@@&&&&####$$$$"
PADDING = b"\x0c" * 12


def floor_sign(text: bytes) -> str:
    salt = secrets.token_urlsafe(3).encode()
    plain = hashlib.sha256(text + b"|" + salt).hexdigest().encode() + salt + PADDING
    return base64.b64encode(AES.new(KEY.encode(), AES.MODE_CBC, IV).encrypt(plain)).decode()


def floor_verify(text: bytes, signature: str) -> bool:
    plain = AES.new(KEY.encode(), AES.MODE_CBC, IV).decrypt(base64.b64decode(signature))
    return plain[:64] == hashlib.sha256(text + b"|" + plain[64:68]).hexdigest().encode()


def contests() -> dict[str, dict[str, Callable[[], object]]]:
    form_text, body_text = "|".join(FORM[name] for name in sorted(FORM)).encode(), BODY.encode()
    form_signature, body_signature = sign(FORM, KEY), sign(BODY, KEY)
    return {
        "sign form (12 fields)": {
            "floor": lambda: floor_sign(form_text),
            "paytm_kit": lambda: sign(FORM, KEY),
            "paytmchecksum": lambda: paytmchecksum.generateSignature(FORM, KEY),
        },
        "sign JSON (600 bytes)": {
            "floor": lambda: floor_sign(body_text),
            "paytm_kit": lambda: sign(BODY, KEY),
            "paytmchecksum": lambda: paytmchecksum.generateSignature(BODY, KEY),
        },
        "verify form (12 fields)": {
            "floor": lambda: floor_verify(form_text, form_signature),
            "paytm_kit": lambda: verify(FORM, form_signature, KEY),
            "paytmchecksum": lambda: paytmchecksum.verifySignature(FORM, KEY, form_signature),
        },
        "verify JSON (600 bytes)": {
            "floor": lambda: floor_verify(body_text, body_signature),
            "paytm_kit": lambda: verify(BODY, body_signature, KEY),
            "paytmchecksum": lambda: paytmchecksum.verifySignature(BODY, KEY, body_signature),
        },
    }


def microseconds(call: Callable[[], object]) -> float:
    start = perf_counter()
    for _ in range(CALLS):
        call()
    return (perf_counter() - start) / CALLS * 1e6


def main(rounds: int) -> None:
    print(f"medians of {rounds} rounds, microseconds a call (ratio to the floor)\n")
    print(f"{'':26}{'floor':>16}{'paytm_kit':>16}{'paytmchecksum':>16}{'kit / official':>16}")
    for title, contestants in contests().items():
        if not all(call() for call in contestants.values()):
            raise SystemExit(f"{title}: a contestant gives a wrong answer")
        taken: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(rounds):
            for name, call in contestants.items():
                taken[name].append(microseconds(call))
        median = {name: statistics.median(values) for name, values in taken.items()}
        cells = [f"{value:.2f} ({value / median['floor']:.2f}x)" for value in median.values()]
        cells.append(f"{median['paytm_kit'] / median['paytmchecksum']:.2f}x")
        print(f"{title:26}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 41)
