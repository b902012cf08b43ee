"""Checking a shop's pages before it is watched: `forepost storefront check`."""
