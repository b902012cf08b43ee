"""Measures of a walk: page timings, requests, budget bands, the machine's own pressure."""
