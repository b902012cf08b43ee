"""Evidence goes by age: a run's folder as a whole, that of an incident later, nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from forepost.config import Config, Paths
from forepost.model import (
    FlowRun,
    Incident,
    IncidentKind,
    Outcome,
    Transition,
    TransitionKind,
    new_id,
)
from forepost.storage import open_store
from probes.artefacts.keep import forget
from scheduler import forget_evidence

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEEP = timedelta(days=14)
KEEP_INCIDENTS = timedelta(days=90)


def run_folder(out: Path, age_days: float) -> str:
    """Make the evidence of a run of that age; return its id."""
    run_id = new_id(NOW - timedelta(days=age_days))
    (out / "runs" / run_id).mkdir(parents=True)
    (out / "runs" / run_id / "pay.png").write_bytes(b"x")
    return run_id


def left(out: Path) -> set[str]:
    """Return what is still there."""
    return {path.name for path in (out / "runs").iterdir()}


def test_only_what_is_older_than_its_time_goes(tmp_path: Path) -> None:
    """An hour on either side of the limit."""
    old = run_folder(tmp_path, 14 + 1 / 24)
    young = run_folder(tmp_path, 14 - 1 / 24)

    gone = forget(tmp_path, NOW, keep=KEEP, keep_incidents=KEEP_INCIDENTS, incident_runs=())

    assert gone == 1
    assert left(tmp_path) == {young}
    assert old not in left(tmp_path)


def test_the_evidence_of_an_incident_lives_longer(tmp_path: Path) -> None:
    """What a post-mortem needs is not deleted after two weeks, but after ninety days."""
    kept, spent = run_folder(tmp_path, 60), run_folder(tmp_path, 91)

    forget(tmp_path, NOW, keep=KEEP, keep_incidents=KEEP_INCIDENTS, incident_runs={kept, spent})

    assert left(tmp_path) == {kept}


def test_a_folder_that_is_not_ours_stays(tmp_path: Path) -> None:
    """We delete only what our own ids name."""
    (tmp_path / "runs" / "holiday pictures").mkdir(parents=True)
    (tmp_path / "runs" / "zzzzzzzzzzzz").mkdir()
    (tmp_path / "runs" / "notes.txt").write_text("x", "utf-8")

    forget(tmp_path, NOW, keep=KEEP, keep_incidents=KEEP_INCIDENTS, incident_runs=())

    assert left(tmp_path) == {"holiday pictures", "zzzzzzzzzzzz", "notes.txt"}


def test_without_any_evidence_nothing_happens(tmp_path: Path) -> None:
    """A new installation has no folder of runs yet."""
    kept = forget(tmp_path, NOW, keep=KEEP, keep_incidents=KEEP_INCIDENTS, incident_runs=())

    assert kept == 0


def test_evidence_of_a_run_that_worked_goes_first(tmp_path: Path) -> None:
    """After a day; one that failed, or of which nobody knows, stays for its fortnight."""
    worked, failed, fresh, incident = (run_folder(tmp_path, days) for days in (2, 3, 0.5, 4))
    asked: list[str] = []

    def passed(run_id: str) -> bool:
        asked.append(run_id)
        return run_id in (worked, fresh, incident)

    gone = forget(
        tmp_path,
        NOW,
        keep=KEEP,
        keep_incidents=KEEP_INCIDENTS,
        incident_runs={incident},
        keep_passed=timedelta(hours=24),
        passed=passed,
    )

    assert gone == 1
    assert left(tmp_path) == {failed, fresh, incident}
    assert sorted(asked) == sorted([worked, failed])


def test_an_incident_keeps_what_its_report_shows(tmp_path: Path) -> None:
    """One failed run a step, also of a later one; the other failures of the same step go."""
    out, began = tmp_path / "out", NOW - timedelta(days=30)
    steps = {minute: "cart" if minute == 3 else "pay" for minute in range(4)}
    ids = [run_folder(out, (NOW - began).days - minute / 1440) for minute in steps]
    store = open_store(tmp_path / "forepost.sqlite")
    for (minute, step), run_id in zip(steps.items(), ids, strict=True):
        at = began + timedelta(minutes=minute)
        fail = FlowRun(run_id, "checkout", "here", at, at, at, Outcome.FAILED, failed_step=step)
        store.add_run(fail)
    lasted = (began, began, began, began + timedelta(hours=1))
    one = Incident("i", IncidentKind.PROBE, "checkout", *lasted, run_id=ids[1], step="pay")
    store.add_transition(Transition(TransitionKind.CLOSED, one.opened_at, one, ""), {})

    gone = forget_evidence(Config(paths=Paths(out=out)), store, NOW)
    store.close()

    assert (gone, left(out)) == (2, {ids[1], ids[3]})
