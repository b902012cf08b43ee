"""What Locust is pointed at; the user class lives in the executor."""

from loadtests.executor import Dispatcher

__all__ = ["Dispatcher"]
