"""The simulator's own books: merchants, orders, transactions, deliveries, messages. Nothing of the kit's."""

from paytm_kit.simulator.models.afterwards import Dispute, Refund, Settlement, Subscription
from paytm_kit.simulator.models.orders import NOTHING, Hop, Merchant, Order, Posting, Transaction
from paytm_kit.simulator.models.webhooks import Delivery
from paytm_kit.simulator.models.world import FaultRule, Message, World, new_secret

__all__ = [
    "NOTHING",
    "Delivery",
    "Dispute",
    "FaultRule",
    "Hop",
    "Merchant",
    "Message",
    "Order",
    "Posting",
    "Refund",
    "Settlement",
    "Subscription",
    "Transaction",
    "World",
    "new_secret",
]
