"""What a project's own tests import: the simulator in the test process, with pytest or without.

With pytest, one line in the ``conftest.py`` at the top of the project gives the fixture ``paytm_simulator``::

    pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

Without pytest::

    from paytm_kit.testing.simulator import running

    with running() as simulator:
        ...
"""
