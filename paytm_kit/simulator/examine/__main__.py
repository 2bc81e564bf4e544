"""``python -m paytm_kit.simulator.examine`` is ``paytm-simulator examine``."""

import sys

from paytm_kit.simulator.examine.cli import main

if __name__ == "__main__":
    sys.exit(main())
