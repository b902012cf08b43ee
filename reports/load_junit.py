"""A load test as JUnit XML, so that a CI server shows it beside its other tests.

One test case for the verdict, one a flow's capacity, one a threshold. What is not known to hold
is never a pass: no data, too few data and an invalid run are errors, what is not decided is
skipped, and the verdict's own case is an error with it. What the verdict does not ask for is
skipped too: a shop that is ready may break a `per step` threshold above what is needed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reports import load_detail, load_words, words
from reports.load_data import FlowCapacity, LoadReport, LoadView, ThresholdResult
from reports.load_view import took_s

PASSED, FAILURE, ERROR, SKIPPED = "", "failure", "error", "skipped"
_THRESHOLD = {
    "pass": PASSED,
    "fail": FAILURE,
    "no data": ERROR,
    "too few": ERROR,
    "not decided": SKIPPED,
}
_SEARCH = "breakpoint"
_SUBJECT = re.compile(r"\(\s*([^()]*?)\s*\)(.*)")
_VERDICT = {"ready": PASSED, "passed": PASSED, "not ready": FAILURE, "failed": FAILURE}


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: what became of it (a tag, or nothing for a pass) and why."""

    suite: str  # verdict, capacity, threshold
    name: str
    tag: str
    kind: str
    message: str


def junit(report: LoadReport) -> str:
    """Return the XML of one load test (the de-facto schema of Jenkins and GitLab)."""
    view = report.load
    found = cases(view)
    suite = Element(
        "testsuite",
        name=_safe(f"load.{view.run.campaign}"),
        tests=str(len(found)),
        failures=str(sum(case.tag == FAILURE for case in found)),
        errors=str(sum(case.tag == ERROR for case in found)),
        skipped=str(sum(case.tag == SKIPPED for case in found)),
        timestamp=view.run.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        time=f"{took_s(view.run) or 0:.3f}",
        hostname=_safe(view.run.target),
    )
    kept = SubElement(suite, "properties")
    for name, value in _properties(view):
        SubElement(kept, "property", name=name, value=_safe(value))
    for case in found:
        element = SubElement(
            suite,
            "testcase",
            classname=_safe(f"load.{view.run.campaign}.{case.suite}"),
            name=_safe(case.name),
            time="0",
        )
        if case.tag:
            told = SubElement(element, case.tag, message=_safe(case.message))
            if case.tag != SKIPPED:
                told.set("type", case.kind)
                told.text = _safe(case.message)
    root = Element("testsuites", name="forepost")
    root.append(suite)
    indent(root)
    said = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{said}\n'


def cases(view: LoadView) -> list[Case]:
    """Return every case of one load test, the verdict first."""
    found = [
        _verdict(view),
        *(_capacity(flow) for flow in view.facts.flows),
        *(_threshold(one, view) for one in view.facts.thresholds or ()),
    ]
    if view.run.verdict == "invalid":
        why = f"the run is not valid: {view.facts.invalid or 'no reason was recorded'}"
        found = [Case(one.suite, one.name, ERROR, "invalid", why) for one in found]
    return found


def _verdict(view: LoadView) -> Case:
    verdict = load_words.verdict(view)
    tag = SKIPPED if _only_measured(view) else _VERDICT.get(str(view.run.verdict), ERROR)
    return Case("verdict", "verdict", tag, view.run.verdict or "no verdict", verdict.said)


def _only_measured(view: LoadView) -> bool:
    """Whether it is a search that came to its end, and there was no forecast to judge it by.

    The command calls that a success too (exit code 0).
    """
    search = view.run.detail.get("search")
    ended = isinstance(search, dict) and search.get("confirmed") is True
    open_ = view.facts.kind == _SEARCH and view.run.verdict == "inconclusive"
    return ended and open_ and all(flow.peak_per_s is None for flow in view.facts.flows)


def _capacity(flow: FlowCapacity) -> Case:
    name = f"{flow.flow} takes its forecast"
    takes = f"{load_words.subject(flow)}: {load_words.holds(flow)} a minute"
    if not flow.judged:
        return Case("capacity", name, SKIPPED, "", "a smoke run is too small for the forecast")
    if flow.need_per_s is None:
        return Case("capacity", name, SKIPPED, "", f"{takes}; no forecast to compare with")
    wants = f"{takes}; wanted {load_words.per_min(flow.need_per_s)}"
    if flow.holds is None:
        if flow.low_per_s is None and flow.high_per_s is None:
            return Case("capacity", name, ERROR, "no data", wants)
        return Case("capacity", name, SKIPPED, "", f"not decided: {wants}")
    return Case("capacity", name, PASSED if flow.holds else FAILURE, "short", wants)


def _threshold(one: ThresholdResult, view: LoadView) -> Case:
    value = load_detail.measured(one.value, one.unit)
    tag, state = _THRESHOLD[one.state], one.state
    if tag and _beyond_need(one, view):
        tag, state = SKIPPED, f"{one.state}, but not where the forecast needs it"
    parts = [f"{state}: measured {value}", one.where]
    if one.n is not None:
        parts.append(f"{words.number(one.n)} behind it")
    said = "; ".join(part for part in parts if part)
    return Case("threshold", one.text, tag, one.state, said)


def _beyond_need(one: ThresholdResult, view: LoadView) -> bool:
    """Whether the verdict is not held up by a threshold that did not pass.

    As the verdict has it: what is read per step decides what a flow holds, and only that counts.
    In a search all of them are read so. One that ended the run stands for itself.
    """
    told = view.facts
    found = _SUBJECT.search(one.text)
    subject, clauses = found.groups() if found else ("", "")
    per_step = re.search(r"\bper\s+step\b", clauses) is not None
    if told.kind == load_words.SMOKE or (one.abort and told.cut_short):
        return False
    if not per_step and told.kind != _SEARCH:
        return False
    if _VERDICT.get(str(view.run.verdict)) == PASSED or _only_measured(view):
        return True
    return all(flow.holds is True for flow in _flows_of(subject, view))


def _flows_of(subject: str, view: LoadView) -> list[FlowCapacity]:
    """Return the flows that a threshold speaks of; all of them where that is not known."""
    names = {one.flow for one in view.endpoints if one.name == subject}
    names |= {subject, subject.partition("/")[0]}
    flows = view.facts.flows
    return [flow for flow in flows if flow.flow in names] or list(flows)


def _properties(view: LoadView) -> Iterable[tuple[str, str]]:
    yield "run", view.run.id
    yield "verdict", view.run.verdict or "none"
    yield "bottleneck", view.run.bottleneck or load_words.first(view).value
    for name, value in view.facts.setup.items():
        yield f"setup.{_safe(name)}", value


def _safe(text: str) -> str:
    """Return text that XML 1.0 may hold: no control character, one line."""
    return "".join(c for c in words.clip(text, 400) if c not in "\ufffe\uffff")
