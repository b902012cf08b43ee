"""Flows: what a customer does and what must be true afterwards. One file each."""
