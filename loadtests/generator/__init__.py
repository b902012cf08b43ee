"""The generator: Locust's master and workers, from the plan they are told to their books."""
