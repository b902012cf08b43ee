"""Thresholds: how they are written, and what the cells of a run say of them."""
