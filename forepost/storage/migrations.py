"""The schema, step by step. A step that has been released is never edited: add another.

Every table is STRICT: a text in a number's column is refused, not kept. Times are texts of
one fixed width in UTC, so that they sort as they read.
"""

from secrets import token_bytes

from sqlite_utils import Database, Migrations

SET = "forepost"
SALT_BYTES = 32
schema = Migrations(SET)


@schema(name="001_runs")
def runs(db: Database) -> None:
    """Runs, their steps and the pages inside the steps."""
    db.table("runs").create(
        {
            "id": str,
            "flow": str,
            "location": str,
            "slot_at": str,
            "started_at": str,
            "finished_at": str,
            "outcome": str,
            "failed_step": str,
            "message": str,
            "fault": str,
            "attempts": int,
            "first_message": str,
            "queued_ms": float,
            "cpu_ratio": float,
            "browser_name": str,
            "browser_version": str,
            "browser_kind": str,
            "artefacts": str,
            "facts": str,
            "load_run": str,
            "step_count": int,
            "steps_kept": int,
        },
        pk="id",
        not_null={"flow", "location", "slot_at", "started_at", "finished_at", "outcome"},
        strict=True,
    )
    db.table("runs").create_index(["flow", "location", "slot_at"], unique=True)
    db.table("runs").create_index(["flow", "started_at"])
    db.table("runs").create_index(["started_at"])
    # Retention asks only for runs that still have steps.
    db.execute("CREATE INDEX runs_with_steps ON runs (started_at) WHERE steps_kept = 1")
    db.table("steps").create(
        {
            "run_id": str,
            "position": int,
            "name": str,
            "outcome": str,
            "duration_ms": float,
            "url": str,
            "message": str,
            "budget_ms": float,
            "picture": str,
        },
        pk=("run_id", "position"),
        not_null={"name", "outcome", "duration_ms"},
        foreign_keys=[("run_id", "runs", "id")],
        strict=True,
    )
    db.table("pages").create(
        {
            "run_id": str,
            "step": int,
            "position": int,
            "url": str,
            "ttfb_ms": float,
            "fcp_ms": float,
            "lcp_ms": float,
            "lcp_element": str,
            "cls": float,
            "tbt_ms": float,
            "dcl_ms": float,
            "load_ms": float,
            "requests": int,
            "bytes": int,
            "third_party_requests": int,
            "third_party_bytes": int,
        },
        pk=("run_id", "step", "position"),
        foreign_keys=[("run_id", "runs", "id")],
        strict=True,
    )


@schema(name="002_incidents")
def incidents(db: Database) -> None:
    """Incidents, their changes of state, and what channels are to be told."""
    db.table("incidents").create(
        {
            "id": str,
            "kind": str,
            "subject": str,
            "onset_at": str,
            "first_failed_at": str,
            "opened_at": str,
            "closed_at": str,
            "run_id": str,
            "step": str,
            "message": str,
        },
        pk="id",
        not_null={"kind", "subject", "onset_at", "first_failed_at", "opened_at"},
        strict=True,
    )
    db.table("incidents").create_index(["opened_at"])
    # One thing is wrong with a flow at a time, whoever races to say so.
    db.execute(
        "CREATE UNIQUE INDEX one_open_incident ON incidents (kind, subject) WHERE closed_at IS NULL"
    )
    db.table("transitions").create(
        {"incident_id": str, "kind": str, "at": str, "reason": str, "run_id": str},
        pk=("incident_id", "kind"),
        not_null={"at", "reason"},
        foreign_keys=[("incident_id", "incidents", "id")],
        strict=True,
    )
    db.table("outbox").create(
        {
            "id": int,
            "key": str,
            "channel": str,
            "at": str,
            "severity": str,
            "title": str,
            "lines": str,
            "incident_id": str,
            "state": str,
            "tries": int,
            "next_at": str,
            "sent_at": str,
            "error": str,
        },
        pk="id",
        not_null={"key", "channel", "at", "severity", "title", "lines", "state", "tries"},
        strict=True,
    )
    db.table("outbox").create_index(["key", "channel"], unique=True)
    db.execute("CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting'")


@schema(name="003_complaints")
def complaints(db: Database) -> None:
    """What is kept of posts, the looks at sources, and where reading stopped."""
    db.table("posts").create(
        {
            "source": str,
            "key": str,
            "author_key": str,
            "author_no": int,
            "posted_at": str,
            "arrived_at": str,
            "score": float,
            "complaint": int,
            "topics": str,
            "repost": int,
        },
        pk=("source", "key"),
        not_null={"author_key", "posted_at", "arrived_at", "score", "complaint", "repost"},
        strict=True,
    )
    db.table("posts").create_index(["posted_at"])
    db.table("polls").create(
        {
            "id": int,
            "source": str,
            "at": str,
            "covered_from": str,
            "covered_to": str,
            "error": str,
        },
        pk="id",
        not_null={"source", "at"},
        strict=True,
    )
    db.table("polls").create_index(["at"])
    db.table("polls").create_index(["source", "covered_from", "covered_to", "at"])
    db.table("cursors").create(
        {"source": str, "cursor": str, "at": str}, pk="source", not_null={"cursor"}, strict=True
    )


@schema(name="004_load")
def load(db: Database) -> None:
    """Load tests and their cells: one second of one endpoint each."""
    db.table("load_runs").create(
        {
            "id": str,
            "campaign": str,
            "target": str,
            "started_at": str,
            "finished_at": str,
            "verdict": str,
            "bottleneck": str,
            "detail": str,
        },
        pk="id",
        not_null={"campaign", "target", "started_at", "detail"},
        strict=True,
    )
    db.table("load_cells").create(
        {
            "load_run": str,
            "second": int,
            "flow": str,
            "endpoint": str,
            "started": int,
            "done": int,
            "failed": int,
            "censored": int,
            "dropped": int,
            "in_flight": int,
            "response_us": str,
            "service_us": str,
        },
        pk=("load_run", "second", "flow", "endpoint"),
        strict=True,
    )


@schema(name="005_rollups")
def rollups(db: Database) -> None:
    """Figures per hour and per day; a step named '' is the whole journey."""
    figures = {"flow": str, "step": str, "n": int, "ok": int, "sum_ms": float, "max_ms": float}
    db.table("rollup_hour").create(
        {"hour_at": str, **figures, "p50_ms": float, "p75_ms": float, "p95_ms": float},
        pk=("flow", "hour_at", "step"),
        strict=True,
    )
    db.table("rollup_day").create(
        {"day_at": str, **figures, "histogram": bytes}, pk=("flow", "day_at", "step"), strict=True
    )


@schema(name="006_salt")
def salt(db: Database) -> None:
    """This store's own salt: the same author has another key in another store."""
    db.table("salt").insert(
        {"id": 1, "salt": token_bytes(SALT_BYTES)}, pk="id", not_null={"salt"}, strict=True
    )


# What a page and a run have got since; None there says: not measured then.
PAGE_COLUMNS = {
    "lcp_url": "TEXT",
    "lcp_delay_ms": "REAL",
    "lcp_load_ms": "REAL",
    "lcp_render_ms": "REAL",
    "inp_ms": "REAL",
    "hosts": "TEXT NOT NULL DEFAULT '[]'",
}
RUN_COLUMNS = {
    "device": "TEXT NOT NULL DEFAULT 'desktop'",
    "maintenance": "TEXT",
    "cleanup": "TEXT",
}


@schema(name="007_vitals")
def vitals(db: Database) -> None:
    """All vitals of a page and its hosts; device, maintenance and clean-up of a run."""
    for table, columns in (("pages", PAGE_COLUMNS), ("runs", RUN_COLUMNS)):
        for name, kind in columns.items():
            db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")


@schema(name="008_ledger")
def ledger(db: Database) -> None:
    """What probes may have left in the shop, and the switches that all programs share."""
    db.table("ledger").create(
        {
            "id": str,
            "run_id": str,
            "flow": str,
            "attempt": int,
            "step": str,
            "kind": str,
            "customer": str,
            "asked_at": str,
            "reference": str,
            "amount_cents": int,
            "created_at": str,
            "paid_at": str,
            "voided_at": str,
            "restocked_at": str,
            "mail_seen_at": str,
            "nothing_at": str,
            "refused": str,
            "note": str,
        },
        pk="id",
        not_null={"run_id", "flow", "attempt", "kind", "customer", "asked_at", "refused"},
        strict=True,
    )
    db.table("ledger").create_index(["asked_at"])
    db.table("ledger").create_index(["run_id"])
    db.table("switches").create(
        {"name": str, "reason": str, "at": str}, pk="name", not_null={"reason", "at"}, strict=True
    )


@schema(name="009_maintenance")
def maintenance(db: Database) -> None:
    """Maintenance windows that have begun, and those that were planned by hand."""
    db.table("maintenance").create(
        {"name": str, "starts_at": str, "ends_at": str, "flows": str, "switches": str},
        pk=("name", "starts_at"),
        not_null={"ends_at", "flows", "switches"},
        strict=True,
    )
    db.table("maintenance").create_index(["ends_at"])


@schema(name="010_load_steps")
def load_steps(db: Database) -> None:
    """Cells of load tests know their flow's step; what was kept before belongs to none."""
    columns = "load_run, second, flow, endpoint, started, done, failed, censored, dropped, "
    columns += "in_flight, response_us, service_us"
    db.execute("ALTER TABLE load_cells RENAME TO load_cells_before")
    db.table("load_cells").create(
        {
            "load_run": str,
            "second": int,
            "flow": str,
            "step": str,
            "endpoint": str,
            "started": int,
            "done": int,
            "failed": int,
            "censored": int,
            "dropped": int,
            "in_flight": int,
            "response_us": str,
            "service_us": str,
        },
        pk=("load_run", "second", "flow", "step", "endpoint"),
        strict=True,
    )
    db.execute(
        f"INSERT INTO load_cells ({columns}, step) SELECT {columns}, '' FROM load_cells_before"  # noqa: S608 - our own names
    )
    db.execute("DROP TABLE load_cells_before")


@schema(name="011_rollup_capped")
def rollup_capped(db: Database) -> None:
    """Roll-ups tell journeys that had no leave to pay; NULL: counted as worked, not told apart."""
    for table in ("rollup_hour", "rollup_day"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN capped INTEGER")


GONE_COLUMNS = {
    "gone_at": "TEXT",
    "gone_by": "TEXT NOT NULL DEFAULT ''",
    "gone_note": "TEXT NOT NULL DEFAULT ''",
}


@schema(name="012_ledger_gone")
def ledger_gone(db: Database) -> None:
    """Somebody's word that a thing left in the shop is gone: when, who, what was said."""
    for name, kind in GONE_COLUMNS.items():
        db.execute(f"ALTER TABLE ledger ADD COLUMN {name} {kind}")
