"""What a project's own tests import, with pytest or without.

``simulator``  Paytm's stand-in in the test process: HTTP, pages, faults, a clock
``fake``       a gateway without a network: answers what a test tells it, in no time
``callbacks``  signed callbacks and webhooks about a payment, whole or tampered with
``factories``  payments in every state, made by the ledger's own verbs

With pytest, one line in the ``conftest.py`` at the top of the project gives the fixtures ``paytm_simulator`` and
``paytm_gateway``::

    pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

Without pytest::

    from paytm_kit.testing.simulator import running

    with running() as simulator:
        ...
"""
