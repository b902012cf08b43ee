"""Scrubbing: what is secret, where it hides, and how it is masked and looked for."""
