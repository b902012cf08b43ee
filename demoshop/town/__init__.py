"""The town: simulated customers who shop over HTTP, and the timeline where some of them post."""
