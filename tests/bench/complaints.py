"""How fast posts are judged: `python -m tests.bench.complaints`.

Prints posts per CPU-second for the classifier, the topic rules and both, and the time to
load the model in a fresh interpreter. The posts are the practice posts of the repository.
"""

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from complaints.classify import Classifier
from complaints.practice import practice
from complaints.topics import Topics

ROUNDS = 5
LOAD = (
    "import time; import complaints.classify as c; began = time.process_time(); "
    "c.Classifier.load(); print((time.process_time() - began) * 1000)"
)


def per_cpu_s(judge: Callable[[str], Any], texts: list[str]) -> int:
    """Return the best of some rounds, in texts per CPU-second."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for text in texts:
            judge(text)
        best = min(best, time.process_time() - began)
    return round(len(texts) / best)


def main() -> None:
    """Measure and print JSON."""
    classifier, topics = Classifier.load(), Topics.load()
    texts = [post.text for post in practice(15, seed=1)]

    def both(text: str) -> None:
        classifier.score(text)
        topics.of(text)

    loads = [
        float(subprocess.check_output([sys.executable, "-c", LOAD], text=True)) for _ in range(3)
    ]
    found = {
        "python": platform.python_version(),
        "posts": len(texts),
        "mean_chars": round(sum(map(len, texts)) / len(texts)),
        "classify_per_cpu_s": per_cpu_s(classifier.score, texts),
        "topics_per_cpu_s": per_cpu_s(topics.of, texts),
        "both_per_cpu_s": per_cpu_s(both, texts),
        "model_load_ms": round(min(loads), 1),
    }
    print(json.dumps(found, indent=2))  # noqa: T201 - the command's result


if __name__ == "__main__":
    main()
