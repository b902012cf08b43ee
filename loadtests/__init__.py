"""Load tests: open arrivals through Locust, capacity, and what gives way first."""
