"""Is it a complaint? A linear model in plain Python: one look-up a feature, one sum."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from complaints.features import features
from complaints.topics import Topics
from forepost.errors import SourceError

MODEL = Path(__file__).with_name("model.json")
MAX_LINE_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class Classifier:
    """Weights of word 1-2-grams and of marks (word groups, punctuation, shape).

    Units: `threshold` and scores from 0 to 1; a score is not a calibrated probability.
    """

    grams: dict[str, float]
    marks: dict[str, float]
    bias: float
    threshold: float

    @classmethod
    def load(cls, path: Path = MODEL) -> "Classifier":
        """Read a model that `python -m complaints.train` wrote.

        Raises: SourceError if it is not there or not a model.
        """
        try:
            kept = json.loads(path.read_text("utf-8"))
            return cls(kept["grams"], kept["marks"], kept["bias"], kept["threshold"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"classifier: {path}: not a model ({type(error).__name__}); "
                "write one with: python -m complaints.train"
            ) from error

    def score(self, text: str) -> float:
        """Return how sure it is that `text` is a complaint."""
        grams, marks = features(text)
        total = self.bias
        weights = self.grams
        for gram in grams & weights.keys():
            total += weights[gram]
        for mark in marks & self.marks.keys():
            total += self.marks[mark]
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def is_complaint(self, text: str) -> bool:
        """Return whether `text` scores at least the threshold."""
        return self.score(text) >= self.threshold


def classify_lines(
    lines: Iterable[str], classifier: Classifier | None = None, topics: Topics | None = None
) -> Iterator[dict[str, Any]]:
    """Yield each JSON line with `complaint`, `score` and `topics` added.

    Shape: one `{"text": …}` a line. A bad line yields `{"line": its number, "error": why}`
           and does not stop the rest; an empty line is passed over.
    """
    judge = classifier or Classifier.load()
    rules = topics or Topics.load()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            post = _post(line)
        except ValueError as error:
            yield {"line": number, "error": f"line {number}: {error}; skipped"}
            continue
        value = judge.score(post["text"])
        yield {
            **post,
            "complaint": value >= judge.threshold,
            "score": round(value, 4),
            "topics": list(rules.of(post["text"])),
        }


def _post(line: str) -> dict[str, Any]:
    """Return one line as an object with a text; ValueError without a word of it."""
    if len(line) > MAX_LINE_CHARS:
        raise ValueError(f"longer than {MAX_LINE_CHARS} characters")
    try:
        post = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError('not JSON; write one {"text": "..."} a line') from error
    text = post.get("text") if isinstance(post, dict) else None
    if isinstance(text, str):
        return dict(post)
    raise ValueError('no "text"; write one {"text": "..."} a line')
