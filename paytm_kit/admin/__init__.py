"""The merchant's desk: read-only views of payments, their events, wire messages and announcements."""

from paytm_kit.admin import disputes, payments, refunds, settlements, wire  # noqa: F401 - registers
