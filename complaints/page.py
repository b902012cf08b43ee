"""What a source hands back: posts, where to go on, and the span it really covered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from forepost.model import Post


@dataclass(frozen=True, slots=True)
class Page:
    """The yield of one poll of one source, oldest post first.

    Shape:  `posts` may repeat posts of earlier polls; the store counts each id once.
            `cursor` is the source's own text; None keeps the one before.
            `covered_from` to `covered_to` is the span of posting time of which no post is
            missing; both None if nothing can be said. An empty list with a span is quiet.
    Faults: one line for each record that could not be read; never a word of a post.
    """

    posts: Sequence[Post]
    cursor: str | None
    covered_from: datetime | None
    covered_to: datetime | None
    faults: tuple[str, ...] = ()
