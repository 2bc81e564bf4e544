"""Webhooks of ours: tells the merchant's other systems what happened. An app of its own; without it nothing is sent."""
