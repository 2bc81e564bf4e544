"""Paytm's checksum: sign what we send, verify what comes, explain why a signature does not match."""

from paytm_kit.checksum.diagnosis import Explanation, explain
from paytm_kit.checksum.reasons import Reason
from paytm_kit.checksum.scheme import MerchantKeyError, sign, verify
from paytm_kit.checksum.stages import Stages, stages

__all__ = ["Explanation", "MerchantKeyError", "Reason", "Stages", "explain", "sign", "stages", "verify"]
