"""``paytm-simulator`` itself: read the switches, open the books, serve."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from paytm_kit.simulator import guard, options
from paytm_kit.simulator.options import Options
from paytm_kit.simulator.run import books

OTHERS = "Other commands, each with --help of its own: instruments, examine, trigger."
PURPOSE = "Stands in for Paytm's staging. This is not Paytm; no real money moves."
BANNER = """\
This is not Paytm. No real money moves, no real card works here.
  merchant id    {mid}
  merchant key   as given with --key or PAYTM_SIM_KEY (default: see --help)
  website name   {website}
  webhooks to    {webhook}
  test cards, UPI IDs and banks: {address}/_sim/  or  paytm-simulator instruments
Stop with Ctrl-C.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the simulator until it is told to stop. Returns the exit status: 0 ended, 2 could not start."""
    parser = argparse.ArgumentParser(prog="paytm-simulator", description=PURPOSE, epilog=OTHERS)
    options.add_arguments(parser)
    arguments = vars(parser.parse_args(argv))
    try:
        chosen = options.with_files_read(options.with_arguments(options.from_environ(os.environ), arguments))
        if why := books.missing(chosen.db):
            return _failed(why)
        books.database(chosen.db)
    except ValueError as error:
        return _failed(str(error))
    return run(chosen)


def run(chosen: Options) -> int:
    """Opens the port first, so that a taken one is told at once, then the books, then the doors."""
    from paytm_kit.simulator.run import server  # brings Django, which mistakes need not

    try:
        listening = server.bind(chosen.host, chosen.port)
    except server.PortTaken as error:
        return _failed(str(error))
    guard.stands_at(chosen.host, listening.server_port)
    ended = server.until_told_to_end()
    with server.Books(chosen.db) as kept:
        try:
            _set_up(replace(chosen, db=kept.path))
        except ValueError as error:
            return _failed(str(error))
        _announce(chosen, listening.server_port)
        server.serve(listening, ended)
    return 0


def _set_up(chosen: Options) -> None:
    """Django with the simulator's own settings, whatever project this shell belongs to, and its books open.

    Raises ValueError when the database cannot be used, a fault of the file is none or a webhook would come back here.
    """
    options.with_files_read(options.checked(chosen))  # once more: its own address is known by now
    os.environ.update(options.to_environ(chosen))
    os.environ["DJANGO_SETTINGS_MODULE"] = "paytm_kit.simulator.run.settings"
    import django
    from django.db import DatabaseError

    django.setup()
    books.make_tables(chosen.db)
    from paytm_kit.simulator import worker, world  # these need the settings above
    from paytm_kit.simulator.faults.rules import Wrong

    try:
        world.ensure_open()
    except Wrong as error:
        raise ValueError(f"--faults: {error.field}: {error}") from error
    except DatabaseError as error:
        raise books.unusable(error) from error
    worker.ensure_running()


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
