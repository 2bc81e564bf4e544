"""``python -m paytm_kit.simulator`` is the console script ``paytm-simulator``."""

import sys

from paytm_kit.simulator.run.cli import main

if __name__ == "__main__":
    sys.exit(main())
