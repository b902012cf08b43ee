"""The search for the limit: which rate to try next, and what was found."""
