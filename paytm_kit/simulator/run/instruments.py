"""``paytm-simulator instruments``: the test cards, UPI IDs, banks and wallets, for reading."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from paytm_kit.simulator.bank import instruments


def main(argv: Sequence[str]) -> int:
    """Prints the table."""
    purpose = "Prints the invented cards, UPI IDs, banks and wallets that the simulator takes, and what each does."
    argparse.ArgumentParser(prog="paytm-simulator instruments", description=purpose).parse_args(argv)
    sys.stdout.write("\n".join(instruments.listing()) + "\n")
    return 0
