"""How long a suggestion takes: the labelled answers, each looked at a few times.

python -m tests.benchmarks.rubric
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from autograde import rubric

ANSWERS = Path(__file__).parent.parent / "answers" / "tuning"


def main() -> None:
    labelled = [
        (path.stem, one) for path in sorted(ANSWERS.glob("*.json")) for one in json.loads(path.read_text("utf-8"))
    ]
    seconds: dict[int, list[float]] = {}
    for turn in range(4):
        for question, one in labelled:
            start = time.process_time()
            rubric.suggest(question, one["text"], one["lang"])
            seconds.setdefault(turn, []).append(time.process_time() - start)
    first, rest = seconds[0], [one for turn in range(1, 4) for one in seconds[turn]]
    print(f"{len(labelled)} answers; patterns read in {1e3 * (sum(first) - statistics.mean(rest) * len(first)):.0f} ms")
    quantiles = statistics.quantiles(rest, n=20)
    print(f"an answer: median {1e3 * quantiles[9]:.1f} ms, 95 % {1e3 * quantiles[18]:.1f} ms of processor time")


if __name__ == "__main__":
    main()
