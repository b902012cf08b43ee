"""Forepost: know before they post."""

__version__ = "0.1.0"
