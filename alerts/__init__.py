"""Alerts: what people hear of a change of state, once per channel."""
