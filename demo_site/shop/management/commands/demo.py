"""``manage.py demo``: the shop and, beside it, the simulator that stands in for Paytm; Ctrl-C stops both."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from demo_site.accounts import webhook_addresses
from demo_site.shop.children import Child, ChildFailed
from demo_site.shop.seed import PEOPLE, seed
from paytm_kit.simulator.bank import instruments

HOST = "127.0.0.1"
RUN_DIR = settings.BASE_DIR / "demo_site" / ".run"


class Command(BaseCommand):
    help = "Starts the demo shop and the Paytm simulator, prints where they are, and stops both on Ctrl-C."
    requires_system_checks = ()  # the shop's own process runs them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=settings.PORT,
            help="port of the shop (default: PORT or 8000); the simulator takes the next one",
        )

    def handle(self, *, port: int, **options: Any) -> None:
        self.simulated = settings.PAYTM_ENVIRONMENT == "simulator"
        if settings.PAYTM_ENVIRONMENT == "production":
            raise CommandError(
                "PAYTM_ENVIRONMENT is production, and the demo shop has nothing to sell for real money. "
                "Set it to staging, or remove it to use the simulator."
            )
        if not 1024 <= port < 65535:
            raise CommandError(f"{port} cannot be used. Choose a port from 1024 to 65534, such as: PORT=9000 make demo")
        self._check_ports(port)
        call_command("migrate", interactive=False, verbosity=0)
        seed()
        self._run(port)

    def _check_ports(self, port: int) -> None:
        wanted = {port: "the shop"} | ({port + 1: "the simulator"} if self.simulated else {})
        for number, whose in wanted.items():
            if not is_free(number):
                raise CommandError(
                    f"Port {number}, which {whose} needs, is in use by another program. "
                    f"Stop that program, or choose another pair of ports: PORT={other_port(port)} make demo"
                )

    def _run(self, port: int) -> None:
        stop, relay = threading.Event(), threading.Event()
        previous = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
        children: list[Child] = []
        try:
            if self.simulated:
                children.append(start_simulator(port, relay))
            children.append(start_shop(port, relay, simulated=self.simulated))
            for child in children:
                child.wait_until_it_answers(stop)
            if not stop.is_set():
                self.stdout.write(self._banner(port))
                relay.set()
            while not stop.wait(0.3):
                for child in children:
                    child.check()
        except ChildFailed as error:
            raise CommandError(str(error)) from error
        finally:
            relay.clear()
            for child in reversed(children):
                child.stop()
            for number, handler in previous.items():
                signal.signal(number, handler)
        self.stdout.write("Stopped: " + " and ".join(child.name for child in children) + ".")

    def _banner(self, port: int) -> str:
        shop = f"http://{HOST}:{port}"
        lines = ["", "  Kadamb, the demo shop of paytm-kit, is open.", ""]
        lines.append(f"  Shop        {shop}/")
        if settings.HTTPS and not self.simulated:
            lines.append(f"  Public      {settings.BASE_URL}/   shop here: cookies are sent over https only")
        if self.simulated:
            lines.append(f"  Simulator   http://{HOST}:{port + 1}/_sim/   stands in for Paytm; no real money")
            lines.append("  Stand-ins   of Zaakpay, Stripe and PayPal, there as well: choose one on an order's page")
            lines.append("  On the wire each order's page leads to what just happened, and to buttons that break it")
        else:
            lines.append("  Payments    Paytm staging; use Paytm's own test cards and numbers")
        lines.append(f"  Admin       {shop}{reverse('admin:index')}")
        lines.append(f"  E-mail      {settings.EMAIL_FILE_PATH}/   nothing is sent: each letter is a file here")
        lines += ["", "  Sign in as"]
        for person in PEOPLE:
            role = "staff, shop and admin" if person.is_staff else "a shopper"
            lines.append(f"    {person.username:<9} {settings.DEMO_PASSWORD}   {role}")
        if self.simulated:
            lines += ["", "  Pay with", *(f"    {line}".rstrip() for line in instruments.listing(common=True))]
        lines += ["", "  Ctrl-C stops everything.", ""]
        return "\n".join(lines)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def other_port(taken: int) -> int:
    """A pair of ports to suggest."""
    pairs = (port for port in range(9000, 10000, 10) if port not in (taken, taken + 1))
    return next(port for port in pairs if is_free(port) and is_free(port + 1))


def start_shop(port: int, relay: threading.Event, *, simulated: bool) -> Child:
    """The shop's own server. Beside the simulator its addresses are known; else BASE_URL is what .env says."""
    local = {"PAYTM_BASE_URL": f"http://{HOST}:{port}", "PAYTM_HOST": f"http://{HOST}:{port + 1}"}
    environ = os.environ | {"PORT": str(port), "PYTHONUNBUFFERED": "1"} | (local if simulated else {})
    manage = str(settings.BASE_DIR / "manage.py")
    command = [sys.executable, manage, "runserver", "--noreload", "--insecure", f"{HOST}:{port}"]
    return Child("shop", command, environ, f"http://{HOST}:{port}/", relay)


def start_simulator(port: int, relay: threading.Event) -> Child:
    """The simulator with the shop's credentials, told through the environment so that no key shows in ``ps``."""
    books = Path(os.environ.get("PAYTM_SIM_DB") or RUN_DIR / "simulator.sqlite3")
    books.parent.mkdir(exist_ok=True)
    account = settings.PAYTM_ACCOUNT
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | {
        "PYTHONUNBUFFERED": "1",
        "PAYTM_SIM_HOST": HOST,
        "PAYTM_SIM_PORT": str(port + 1),
        "PAYTM_SIM_DB": str(books),
        "PAYTM_SIM_MID": account["MERCHANT_ID"],
        "PAYTM_SIM_KEY": account["MERCHANT_KEY"],
        "PAYTM_SIM_WEBSITE": account["WEBSITE"],
        "PAYTM_SIM_WEBHOOK_URL": f"http://{HOST}:{port}{reverse('paytm_kit:webhook')}",
    }
    for gateway, address in webhook_addresses(f"http://{HOST}:{port}").items():
        environ[f"PAYTM_SIM_{gateway.upper()}_WEBHOOK_URL"] = address
    command = [sys.executable, "-m", "paytm_kit.simulator"]
    return Child("simulator", command, environ, f"http://{HOST}:{port + 1}/_sim/health", relay)
