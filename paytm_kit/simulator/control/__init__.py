"""The control plane, JSON under ``/_sim/``."""
