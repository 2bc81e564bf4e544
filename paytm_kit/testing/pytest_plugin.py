"""The pytest fixtures ``paytm_simulator`` and ``paytm_gateway``, both empty for every test.

``paytm_simulator`` plays Paytm over HTTP, pages and clock included. ``paytm_gateway`` is quicker and knows less: it
answers inside the process what a test tells it to answer (``paytm_kit.testing.fake``).

``pytest_plugins = ["paytm_kit.testing.pytest_plugin"]`` in the top ``conftest.py`` switches it on, or
``-p paytm_kit.testing.pytest_plugin``. It is no entry point: those are imported in every pytest run of everybody who
has the package installed, before coverage measures, whether or not a test wants the fixture.

With pytest-socket: ``--disable-socket --allow-hosts=127.0.0.1``. With pytest-xdist each process has its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from paytm_kit.testing.fake import FakePaytm
    from paytm_kit.testing.simulator import Simulator


@pytest.fixture(scope="session")
def paytm_simulator_options() -> dict[str, Any]:
    """The keyword arguments of ``paytm_kit.testing.simulator.running``; override it to change them."""
    return {}


@pytest.fixture(scope="session")
def paytm_simulator_process(paytm_simulator_options: dict[str, Any]) -> Iterator[Simulator]:
    """The one simulator of this process, started when the first test asks for it. Tests take ``paytm_simulator``."""
    from paytm_kit.testing.simulator import running  # brings Django, which other tests need not

    with running(**paytm_simulator_options) as simulator:
        yield simulator


@pytest.fixture
def paytm_simulator(paytm_simulator_process: Simulator) -> Iterator[Simulator]:
    """The simulator, empty: no orders, no faults, one merchant, the real time. See ``Simulator`` for what it can."""
    paytm_simulator_process.reset()
    yield paytm_simulator_process
    paytm_simulator_process.reset()


@pytest.fixture
def paytm_gateway() -> Iterator[FakePaytm]:
    """A gateway without a network instead of Paytm. Give your shop its settings, then tell it what to ``say``."""
    from paytm_kit.testing.fake import faked

    with faked() as paytm:
        yield paytm
