"""What is wrong with a store: in the file itself, and between its tables."""

from pathlib import Path

from sqlite_utils import Database

LINES_MAX = 20

# What no kill may ever leave behind; each query returns the keys of what breaks the rule.
RULES = {
    "run without all of its steps": (
        "SELECT id FROM runs WHERE steps_kept = 1 AND step_count !="
        " (SELECT count(*) FROM steps WHERE run_id = runs.id)"
    ),
    "incident without its opening": (
        "SELECT id FROM incidents WHERE NOT EXISTS"
        " (SELECT 1 FROM transitions WHERE incident_id = incidents.id AND kind = 'opened')"
    ),
    "closed incident without its closing": (
        "SELECT id FROM incidents WHERE closed_at IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM transitions WHERE incident_id = incidents.id AND kind = 'closed')"
    ),
    "alert of an incident that is not there": (
        "SELECT key FROM outbox WHERE incident_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM incidents WHERE id = outbox.incident_id)"
    ),
}


def check(db: Database, path: Path) -> list[str]:
    """Return what is wrong, one line each; empty when sound. Reads the whole file."""
    told = [row[0] for row in db.execute(f"PRAGMA integrity_check({LINES_MAX})")]
    found = [f"{path}: {line}; restore a backup" for line in told if line != "ok"]
    for table, rowid, parent, _ in db.execute("PRAGMA foreign_key_check").fetchmany(LINES_MAX):
        found.append(f"{path}: {table} row {rowid} belongs to a row of {parent} that is not there")
    for rule, sql in RULES.items():
        found += [f"{path}: {rule}: {key}" for (key,) in db.execute(sql).fetchmany(LINES_MAX)]
    return found
