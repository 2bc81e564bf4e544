"""Whoever decides about money: the tables of the bank side and the verbs that move it. It alone writes the books."""
