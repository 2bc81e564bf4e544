"""localstripe, a fake of Stripe's API, on the loopback and a free port, which it prints; nothing is written to disk."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda self: None


async def serve() -> None:
    runner = web.AppRunner(server.app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(serve())
