"""`forepost complaints`: listen, count, classify."""

import json
import sys
from datetime import UTC, datetime, timedelta

import click

from forepost.cli import config_of
from forepost.cli._live import shop_of
from forepost.config import parse_duration
from forepost.errors import SourceError


@click.group()
def command() -> None:
    """Listen to what customers say."""


@command.command()
@click.argument("source", required=False)
@click.pass_context
def poll(ctx: click.Context, source: str | None) -> int:
    """Look once at SOURCE (at all of the config by default); print what was covered."""
    from complaints.classify import Classifier  # noqa: PLC0415 - rooms load late
    from complaints.client import session  # noqa: PLC0415
    from complaints.observe import observe  # noqa: PLC0415
    from complaints.topics import Topics  # noqa: PLC0415
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415

    config = config_of(ctx)
    known = config.complaints.sources
    if source is not None and source not in known:
        there = ", ".join(known) or "none"
        raise SourceError(f"{config.origin}: no table [complaints.{source}]; there is: {there}")
    failed = 0
    topics = Topics.load(config.complaints.topics)
    with shop_of(config, town=True) as (live, _):
        store = SqliteStore(live.store.path)
        for name in [source] if source else known:
            settings = live.complaints.sources[name]
            now = datetime.now(UTC)
            http = session(config.complaints.contact)
            seen = observe(name, http, store, settings, Classifier.load(), topics, now)
            failed += seen.covered_to is None
            span = f"covered {seen.covered_from} to {seen.covered_to}"
            # An error names its source, and is no result.
            click.echo(seen.error or f"{name}: {span}", err=bool(seen.error))
        store.close()
    return 1 if failed else 0


@command.command()
@click.option("--topic", help="One topic; all together by default.")
@click.option("--since", default="24h", show_default=True, help="How far back: 90m, 24h, 7d.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a bucket.")
@click.pass_context
def counts(ctx: click.Context, topic: str | None, since: str, as_json: bool) -> None:
    """Print complaints per bucket; coverage below 1 means unknown, not quiet."""
    from complaints.topics import Topics  # noqa: PLC0415 - rooms load late
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415

    config = config_of(ctx)
    topics = Topics.load(config.complaints.topics).names()
    if topic is not None and topic not in topics:
        raise click.BadParameter(
            f"{topic}: no such topic; there is: {', '.join(topics)}",
            param_hint="--topic",
        )
    try:
        span = timedelta(seconds=parse_duration(since))
    except ValueError as error:
        raise click.BadParameter(f"{since}: {error}", param_hint="--since") from None
    now = datetime.now(UTC)
    bucket_s = max(1, int(config.complaints.bucket))
    store = SqliteStore(config.store.path, read_only=True)
    try:
        for count in store.complaint_counts(topic, now - span, now, bucket_s):
            row = {
                "bucket_at": count.bucket_at.isoformat(),
                "bucket_s": count.bucket_s,
                "topic": count.topic,
                "complaints": count.complaints,
                "posts": count.posts,
                "reposts": count.reposts,
                "coverage": round(count.coverage, 4),
            }
            known = count.coverage >= 1.0
            plain = f"{row['bucket_at']}  {count.complaints if known else 'unknown':>8}"
            click.echo(json.dumps(row) if as_json else f"{plain}  coverage {count.coverage:.0%}")
    finally:
        store.close()


@command.command()
def classify() -> int:
    """Read {"text": …} lines from stdin, write them with complaint, score and topics added."""
    from complaints.classify import classify_lines  # noqa: PLC0415 - rooms load late

    bad = 0
    for row in classify_lines(sys.stdin):
        if "error" in row:
            bad += 1
            click.echo(row["error"], err=True)
        else:
            click.echo(json.dumps(row, ensure_ascii=False))
    return 1 if bad else 0
