"""Complaints per bucket, each with the share of its span that was really looked at.

An author counts once per topic and clock hour, in the bucket of the first post: the counts
of small buckets add up to those of larger ones, and one angry person is one complaint.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from forepost.model import ComplaintCount
from forepost.storage.rows import stamp, time

HOUR_S = 3600
# A source that has not been asked for a day has been taken out of the configuration.
GIVEN_UP_AFTER_S = 86_400

POSTS = """
SELECT posted_at, author_key, author_no, complaint, repost FROM posts
WHERE posted_at >= :since AND posted_at < :until
  AND (:topic IS NULL OR EXISTS (SELECT 1 FROM json_each(topics) WHERE value = :topic))
ORDER BY posted_at, source, key
"""

# Overlapping looks grow together, so that a month of one a minute is one island, not 40,000.
ISLANDS = """
WITH looks AS (
  SELECT source, covered_from, covered_to,
    max(covered_to) OVER (
      PARTITION BY source ORDER BY covered_from
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
  FROM polls WHERE covered_to > :since AND covered_from < :until),
numbered AS (
  SELECT *, sum(reached IS NULL OR covered_from > reached) OVER (
    PARTITION BY source ORDER BY covered_from) AS island
  FROM looks)
SELECT source, min(covered_from), max(covered_to) FROM numbered
GROUP BY source, island ORDER BY source, 2
"""

KNOWN = (
    "SELECT source, min(coalesce(min(covered_from, at), at)), max(at) FROM polls GROUP BY source"
)


# The coverage of the span asked for last: every topic of a poll is asked for the same one.
Remembered = dict[tuple[int, int, int, int], NDArray[np.float64]]


def counts(
    db: Database,
    topic: str | None,
    since: datetime,
    until: datetime,
    bucket_s: int,
    remembered: Remembered,
) -> list[ComplaintCount]:
    """Return one count for every bucket of the span.

    Shape:   buckets lie on multiples of `bucket_s` since 1970; the first holds `since`, the
             last ends at or after `until`.
    Returns: coverage as the least of all sources known at the time; 0.0 where none was.
             A bucket that still lasts is not covered to its end, so it is below 1.
    """
    starts = grid(since, until, bucket_s)
    if len(starts) == 0:
        return []
    seen = np.zeros((3, len(starts)), dtype=int)
    for at_s, kind in tally(db, topic, int(starts[0]), int(starts[-1]) + bucket_s):
        seen[kind, int(at_s - starts[0]) // bucket_s] += 1
    return [
        ComplaintCount(
            topic=topic,
            bucket_at=datetime.fromtimestamp(int(start), UTC),
            bucket_s=bucket_s,
            posts=int(posts),
            complaints=int(complaints),
            reposts=int(reposts),
            coverage=float(share),
        )
        for start, posts, complaints, reposts, share in zip(
            starts, *seen, coverage_once(db, starts, bucket_s, remembered), strict=True
        )
    ]


def grid(since: datetime, until: datetime, bucket_s: int) -> NDArray[np.int64]:
    """Return the starts of the buckets in seconds since 1970.

    Raises: ValueError if bucket_s is not positive.
    """
    if bucket_s <= 0:
        raise ValueError(f"bucket_s: {bucket_s} is not a length of time; give seconds above 0")
    first = int(since.timestamp() // bucket_s) * bucket_s
    return np.arange(first, until.timestamp(), bucket_s, dtype=np.int64)


def tally(
    db: Database, topic: str | None, since_s: int, until_s: int
) -> Iterator[tuple[float, int]]:
    """Yield (second, 0) for every post seen, (second, 1) for a complaint, (…, 2) for a repost."""
    met: set[tuple[object, int]] = set()
    # From the start of the hour: the author's first post may lie before the span.
    span = {"since": text(since_s // HOUR_S * HOUR_S), "until": text(until_s), "topic": topic}
    for posted_at, author, number, complaint, repost in db.execute(POSTS, span):
        at_s = time(posted_at).timestamp()
        inside = at_s >= since_s
        if inside:
            yield at_s, 0
        if not complaint:
            continue
        if repost:
            if inside:
                yield at_s, 2
            continue
        who = (author or number, int(at_s) // HOUR_S)
        if who[0] is not None and who in met:
            continue
        met.add(who)
        if inside:
            yield at_s, 1


def coverage_once(
    db: Database, starts: NDArray[np.int64], bucket_s: int, remembered: Remembered
) -> NDArray[np.float64]:
    """Return `coverage`, worked out once for each new poll and span."""
    polls = db.execute("SELECT coalesce(max(id), 0) FROM polls").fetchone()[0]
    key = (polls, int(starts[0]), len(starts), bucket_s)
    share = remembered.get(key)
    if share is None:
        share = coverage(db, starts, bucket_s)
        remembered.clear()
        remembered[key] = share
    return share


def coverage(db: Database, starts: NDArray[np.int64], bucket_s: int) -> NDArray[np.float64]:
    """Return the covered share of each bucket, by the source that covered least of it."""
    edges = np.append(starts, starts[-1] + bucket_s).astype(float)
    span = {"since": text(int(edges[0])), "until": text(int(edges[-1]))}
    islands: dict[str, list[float]] = {}
    for source, begins, ends in db.execute(ISLANDS, span):
        islands.setdefault(source, []).extend((seconds(begins), seconds(ends)))
    least = np.full(len(starts), np.nan)
    for source, first, last in db.execute(KNOWN):
        share = covered(np.array(islands.get(source, [])), edges) / bucket_s
        known = (edges[1:] > seconds(first)) & (edges[:-1] <= seconds(last) + GIVEN_UP_AFTER_S)
        least = np.where(known, np.fmin(least, share), least)
    return np.asarray(np.clip(np.round(np.nan_to_num(least, nan=0.0), 9), 0.0, 1.0))


def covered(shores: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the seconds of each bucket that lie on islands (begin, end, begin, end, …)."""
    if len(shores) == 0:
        return np.zeros(len(edges) - 1)
    lengths = np.diff(shores)
    lengths[1::2] = 0.0  # the water between
    height = np.concatenate(([0.0], np.cumsum(lengths)))
    return np.diff(np.interp(edges - edges[0], shores - edges[0], height))


def seconds(stamped: str) -> float:
    """Return a stamp as seconds since 1970."""
    return time(stamped).timestamp()


def text(second: int) -> str:
    """Return a second since 1970 as a stamp."""
    return stamp(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
