"""Train the classifier: `python -m complaints.train --pool FILE --out complaints/model.json`.

Needs the extra `train` (scikit-learn). The posts stay where they are; the model holds
weights of words that two posts of two brands share, and of word groups. See
docs/classifier.md for the figures, the search behind them and the origin of the data.
"""

import argparse
import csv
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from complaints.features import features
from complaints.practice import practice

SEED = 7
QUESTIONS = "questions"
FRAME_FOLDS = 5
# Harmless practice posts that sound like complaints: rare in life, so they set no threshold.
NEAR_MISSES = frozenset(
    f"practice {section}" for section in ("spender", "own_fault", "elsewhere", "outside")
)
BRANDLESS = "random"  # domains of posts about no brand begin so


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the search found best; every figure of the docs belongs to these values."""

    min_posts: int = 2  # no feature is unique to one post
    min_domains: int = 2  # nor to one brand: product names do not carry over
    smoothing: float = 0.3
    gram_scale: float = 0.2
    mark_scale: float = 0.3
    inverse_penalty: float = 1.5
    question_weight: float = 0.02  # of one banking question, against 1 for a post
    ordinary_ratio: float = 0.001  # false alarms tolerated on held-out ordinary practice posts
    brandless_ratio: float = 0.015  # and on the brandless posts of the pool


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled post, cut into features; its text is not kept."""

    grams: frozenset[str]
    marks: frozenset[str]
    complaint: bool
    domain: str
    weight: float = 1.0
    frame: int = -1  # of a practice post


@dataclass(frozen=True, slots=True)
class Weights:
    """A trained model before rounding."""

    grams: dict[str, float]
    marks: dict[str, float]
    bias: float

    def value(self, row: Row) -> float:
        """Return the sum that the classifier would form."""
        total = self.bias + sum(self.grams.get(gram, 0.0) for gram in row.grams)
        return total + sum(self.marks.get(mark, 0.0) for mark in row.marks)


def read_pool(path: Path) -> list[Row]:
    """Read `text,complaint,domain` rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            _row(kept["text"], kept["complaint"] == "1", kept["domain"])
            for kept in csv.DictReader(file)
        ]


def read_questions(path: Path, weight: float) -> list[Row]:
    """Read `text` rows of questions that are no complaints."""
    with path.open(encoding="utf-8", newline="") as file:
        texts = [kept["text"] for kept in csv.DictReader(file)]
    return [_row(text, False, QUESTIONS, weight) for text in texts]


def practice_rows(per_frame: int) -> list[Row]:
    """Return the practice posts that this project wrote."""
    made = practice(per_frame, SEED)
    return [
        _row(post.text, post.complaint, f"practice {post.section}", frame=post.frame)
        for post in made
    ]


def _row(text: str, complaint: bool, domain: str, weight: float = 1.0, frame: int = -1) -> Row:
    grams, marks = features(text)
    return Row(frozenset(grams), frozenset(marks), complaint, domain, weight, frame)


def vocabulary(rows: Sequence[Row], recipe: Recipe) -> list[str]:
    """Return the grams that enough posts of enough domains share."""
    posts: Counter[str] = Counter()
    domains: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        posts.update(row.grams)
        for gram in row.grams:
            domains[gram].add(row.domain)
    return sorted(
        gram
        for gram, count in posts.items()
        if count >= recipe.min_posts and len(domains[gram]) >= recipe.min_domains
    )


def fit(rows: Sequence[Row], recipe: Recipe) -> Weights:
    """Fit logistic regression over grams weighted by their log-count ratio, and marks.

    Source: Wang and Manning 2012, "Baselines and Bigrams" (NB features in a linear model).
    """
    grams = vocabulary([row for row in rows if row.domain != QUESTIONS], recipe)
    ratio = log_ratio(rows, grams, recipe)
    # A gram and a mark may be the same text, so the columns are pairs of kind and text.
    posts = [
        {("gram", gram): ratio[gram] for gram in row.grams & ratio.keys()}
        | {("mark", mark): recipe.mark_scale for mark in row.marks}
        for row in rows
    ]
    columns = DictVectorizer()
    design = columns.fit_transform(posts)
    # liblinear takes 32-bit places only, the vectorizer makes 64-bit ones.
    design.indices, design.indptr = design.indices.astype("i4"), design.indptr.astype("i4")
    model = LogisticRegression(
        C=recipe.inverse_penalty, class_weight="balanced", solver="liblinear", random_state=SEED
    ).fit(design, [row.complaint for row in rows], sample_weight=[row.weight for row in rows])
    found = dict(zip(columns.feature_names_, model.coef_.ravel().tolist(), strict=True))
    return Weights(
        grams={name: found[kind, name] * ratio[name] for kind, name in found if kind == "gram"},
        marks={
            name: found[kind, name] * recipe.mark_scale for kind, name in found if kind == "mark"
        },
        bias=float(model.intercept_[0]),
    )


def log_ratio(rows: Sequence[Row], grams: Sequence[str], recipe: Recipe) -> dict[str, float]:
    """Return for each gram the scaled log of how much likelier complaints use it."""
    counts = {True: dict.fromkeys(grams, 0.0), False: dict.fromkeys(grams, 0.0)}
    for row in rows:
        part = counts[row.complaint]
        for gram in row.grams & part.keys():
            part[gram] += row.weight
    extra = recipe.smoothing * len(grams)
    yes, no = (sum(counts[kind].values()) + extra for kind in (True, False))
    return {
        gram: recipe.gram_scale
        * math.log(
            (counts[True][gram] + recipe.smoothing)
            / yes
            / ((counts[False][gram] + recipe.smoothing) / no)
        )
        for gram in grams
    }


def ten_fold(rows: Sequence[Row], extra: Sequence[Row], recipe: Recipe) -> list[float]:
    """Return the value of each row by a model that has not seen it: ten random folds."""
    values = [0.0] * len(rows)
    labels = [row.complaint for row in rows]
    folds = StratifiedKFold(10, shuffle=True, random_state=SEED)
    for train, test in folds.split(labels, labels):
        weights = fit([rows[i] for i in train] + list(extra), recipe)
        for i in test:
            values[i] = weights.value(rows[i])
    return values


def unseen_domain(rows: Sequence[Row], extra: Sequence[Row], recipe: Recipe) -> list[float]:
    """Return the value of each row by a model that has not seen its domain."""
    values = [0.0] * len(rows)
    for domain in sorted({row.domain for row in rows}):
        weights = fit([row for row in rows if row.domain != domain] + list(extra), recipe)
        for i, row in enumerate(rows):
            if row.domain == domain:
                values[i] = weights.value(row)
    return values


def macro_f1(rows: Sequence[Row], values: Sequence[float], at: float = 0.0) -> float:
    """Return the mean of the F1 of complaints and of the rest."""
    labels = [row.complaint for row in rows]
    return float(f1_score(labels, [value > at for value in values], average="macro"))


def unseen_frame(rows: Sequence[Row], extra: Sequence[Row], recipe: Recipe) -> list[float]:
    """Return the value of each practice post by a model that has not seen its frame."""
    made = [row for row in extra if row.frame >= 0]
    rest = [*rows, *(row for row in extra if row.frame < 0)]
    values = [0.0] * len(made)
    for fold in range(FRAME_FOLDS):
        weights = fit(rest + [row for row in made if row.frame % FRAME_FOLDS != fold], recipe)
        for i, row in enumerate(made):
            if row.frame % FRAME_FOLDS == fold:
                values[i] = weights.value(row)
    return values


def quantile(values: Sequence[float], ratio: float) -> float:
    """Return the value above which a share of `ratio` lies."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * (1 - ratio)) - 1)]


def figures(rows: Sequence[Row], extra: Sequence[Row], recipe: Recipe) -> dict[str, Any]:
    """Return what the docs state about a recipe; all of it on posts held out."""
    ten = ten_fold(rows, extra, recipe)
    unseen = unseen_domain(rows, extra, recipe)
    made = [row for row in extra if row.frame >= 0]
    framed = unseen_frame(rows, extra, recipe)
    brandless = [
        value
        for row, value in zip(rows, unseen, strict=True)
        if row.domain.startswith(BRANDLESS) and not row.complaint
    ]
    harmless = [(row, value) for row, value in zip(made, framed, strict=True) if not row.complaint]
    near = [value for row, value in harmless if row.domain in NEAR_MISSES]
    ordinary = [value for row, value in harmless if row.domain not in NEAR_MISSES]
    at = max(quantile(ordinary, recipe.ordinary_ratio), quantile(brandless, recipe.brandless_ratio))
    return {
        "posts": len(rows),
        "ten_fold_macro_f1": round(macro_f1(rows, ten), 3),
        "unseen_domain_macro_f1": round(macro_f1(rows, unseen), 3),
        "per_domain_macro_f1_auc": per_domain(rows, unseen),
        "practice_posts": len(made),
        "unseen_frame_auc": round(float(_auc(made, framed)), 3),
        "threshold": round(1 / (1 + math.exp(-at)), 4),
        "false_alarms_at_threshold": {
            "ordinary": _share(ordinary, at),
            "near misses": _share(near, at),
            "brandless": _share(brandless, at),
        },
        "recall_at_threshold": {
            "pool": round(_recall(rows, unseen, at), 3),
            "practice": round(_recall(made, framed, at), 3),
        },
    }


def per_domain(rows: Sequence[Row], values: Sequence[float]) -> dict[str, tuple[float, float]]:
    """Return macro-F1 and the area under the curve of each brand domain."""
    found = {}
    for domain in sorted({row.domain for row in rows if not row.domain.startswith(BRANDLESS)}):
        here = [i for i, row in enumerate(rows) if row.domain == domain]
        part, here_values = [rows[i] for i in here], [values[i] for i in here]
        f1, auc = macro_f1(part, here_values), _auc(part, here_values)
        found[domain] = (round(f1, 3), round(float(auc), 3))
    return found


def _auc(rows: Sequence[Row], values: Sequence[float]) -> float:
    return float(roc_auc_score([row.complaint for row in rows], values))


def _recall(rows: Sequence[Row], values: Sequence[float], at: float) -> float:
    complaints = [value for row, value in zip(rows, values, strict=True) if row.complaint]
    return sum(value > at for value in complaints) / len(complaints)


def _share(values: Sequence[float], at: float) -> float:
    return round(sum(value > at for value in values) / len(values), 4)


def save(weights: Weights, at: float, out: Path) -> int:
    """Write the model; return the number of weights in it."""
    grams = {gram: round(weight, 3) for gram, weight in weights.grams.items()}
    kept = {
        "about": "Forepost complaint classifier; origin and figures: docs/classifier.md",
        "threshold": at,
        "bias": round(weights.bias, 4),
        "marks": {mark: round(weight, 4) for mark, weight in weights.marks.items()},
        "grams": {gram: weight for gram, weight in grams.items() if weight},
    }
    out.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    return len(kept["grams"]) + len(kept["marks"])  # type: ignore[arg-type]


def main() -> None:
    """Train on the whole pool, print the figures of held-out posts, write the model."""
    arguments = argparse.ArgumentParser(prog="python -m complaints.train", description=__doc__)
    arguments.add_argument("--pool", type=Path, required=True)
    arguments.add_argument("--questions", type=Path)
    arguments.add_argument("--practice", type=int, default=15, help="practice posts a frame")
    arguments.add_argument("--out", type=Path, required=True)
    said = arguments.parse_args()
    recipe = Recipe()
    rows = read_pool(said.pool)
    extra = practice_rows(max(1, said.practice))
    if said.questions:
        extra += read_questions(said.questions, recipe.question_weight)
    found = figures(rows, extra, recipe)
    found["weights"] = save(fit(rows + extra, recipe), found["threshold"], said.out)
    found["bytes"] = said.out.stat().st_size
    print(json.dumps(found, indent=2))  # noqa: T201 - the command's result


if __name__ == "__main__":
    main()
