"""Probes: flows walked in a real browser, step by step."""
