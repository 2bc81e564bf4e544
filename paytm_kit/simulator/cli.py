"""The console script ``paytm-simulator``: read the switches, open the books, serve."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from paytm_kit.simulator import guard, instruments, options
from paytm_kit.simulator.options import Options

PURPOSE = "Stands in for Paytm's staging. This is not Paytm; no real money moves."
BANNER = """\
This is not Paytm. No real money moves, no real card works here.
  merchant id    {mid}
  merchant key   as given with --key or PAYTM_SIM_KEY (default: see --help)
  website name   {website}
  webhooks to    {webhook}
  test cards, UPI IDs and banks: {address}/_sim/  or  paytm-simulator --instruments
Stop with Ctrl-C.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the simulator until it is told to stop. Returns the exit status: 0 ended, 2 could not start."""
    parser = argparse.ArgumentParser(prog="paytm-simulator", description=PURPOSE)
    options.add_arguments(parser)
    parser.add_argument("--instruments", action="store_true", help="print the test instruments and end")
    arguments = vars(parser.parse_args(argv))
    if arguments["instruments"]:
        sys.stdout.write("\n".join(instruments.listing()) + "\n")
        return 0
    try:
        chosen = options.with_arguments(options.from_environ(os.environ), arguments)
    except ValueError as error:
        return _failed(str(error))
    return _failed(reason) if (reason := guard.production()) else run(chosen)


def run(chosen: Options) -> int:
    """Opens the port first, so that a taken one is told at once, then the books, then the doors."""
    from paytm_kit.simulator import server  # brings Django, which mistakes need not

    try:
        listening = server.bind(chosen.host, chosen.port)
    except server.PortTaken as error:
        return _failed(str(error))
    ended = server.until_told_to_end()
    with server.Books(chosen.db) as books:
        _set_up(replace(chosen, db=books.path))
        from paytm_kit.simulator import worker, world  # these need the settings above

        world.ensure_open()
        worker.ensure_running()
        _announce(chosen, listening.server_port)
        server.serve(listening, ended)
        worker.stop()
    return 0


def _set_up(chosen: Options) -> None:
    """Django with the simulator's own settings, whatever project this shell belongs to."""
    os.environ.update(options.to_environ(chosen))
    os.environ["DJANGO_SETTINGS_MODULE"] = "paytm_kit.simulator.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def _announce(chosen: Options, port: int) -> None:
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    address = f"http://{host}:{port}"
    webhook = chosen.webhook_url or "nobody (set --webhook-url)"
    banner = BANNER.format(mid=chosen.mid, website=chosen.website, webhook=webhook, address=address)
    sys.stdout.write(f"paytm-simulator ready on {address}\n{banner}")
    sys.stdout.flush()


def _failed(message: str) -> int:
    sys.stderr.write(f"paytm-simulator: {message}\n")
    return 2
