"""From a problem to posts: who writes, when it appears, who reposts it."""

import time
from datetime import UTC, datetime

from demoshop.town.accounts import account
from demoshop.town.agenda import Agenda
from demoshop.town.books import Books
from demoshop.town.decisions import Customer, Kind
from demoshop.town.statuses import Status, Statuses
from demoshop.town.wording import text_of


class Writers:
    """Puts posts and reposts on the agenda, and on the timeline when they are due."""

    def __init__(self, seed: int, agenda: Agenda, statuses: Statuses, books: Books) -> None:
        self._seed = seed
        self._agenda = agenda
        self._statuses = statuses
        self._books = books

    def complain(self, customer: Customer, situation: Kind) -> None:
        """Let a customer who met a problem write about it, if he is one who does."""
        if customer.posts:
            self._later(customer.delay_s, customer, situation)

    def chat(self, customer: Customer) -> None:
        """Post what is not a complaint, at once."""
        self._publish(customer, Kind.CHATTER)

    def _later(self, delay_s: float, customer: Customer, situation: Kind) -> None:
        due_s = time.monotonic() + delay_s
        if not self._agenda.add(due_s, lambda: self._publish(customer, situation)):
            self._books.count("late")

    def _publish(self, customer: Customer, situation: Kind) -> None:
        # Kind and index of the customer, not of the situation: nobody's words come twice.
        author = account(self._seed, customer.kind, customer.index)
        text = text_of(self._seed, situation, customer.index)
        post = self._statuses.publish(author, text, datetime.now(UTC))
        self._books.posted(situation, post.created_at)
        for number, after_s in enumerate(customer.repost_after_s):
            self._repost(customer, situation, post, number, after_s)

    def _repost(
        self, customer: Customer, situation: Kind, post: Status, number: int, after_s: float
    ) -> None:
        def publish() -> None:
            fan = account(self._seed, customer.kind, customer.index, f"fan {number}")
            self._statuses.publish(fan, "", datetime.now(UTC), reblog=post)
            self._books.reposted(situation)

        if not self._agenda.add(time.monotonic() + after_s, publish):
            self._books.count("late")
