"""Examines a merchant's site in any language over HTTP: plays shopper, bank and attacker."""
