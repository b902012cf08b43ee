"""Reports: what happened, for those who answer for it."""
