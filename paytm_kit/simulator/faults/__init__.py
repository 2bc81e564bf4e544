"""What goes wrong on purpose: the table of faults, and whether one strikes now."""

from paytm_kit.simulator.faults.rules import strike

__all__ = ["strike"]
