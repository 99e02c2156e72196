"""One line that says how far the grading is: done of total, time left, failures. Only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from tqdm import tqdm

from autograde.results import Result

Sentence = Callable[..., str]


class Progress:
    """Follows a grading, and says sentences beside its line without disturbing it."""

    def __init__(self, sentence: Sentence) -> None:
        self._sentence = sentence

    def tell(self, id: str, **facts: object) -> None:
        tqdm.write(self._sentence(id, **facts), file=sys.stderr)

    def follow(self, grading: Generator[int | Result]) -> Iterator[Result]:
        """The results of a grading, which says first how many there will be. It is closed with this."""
        with closing(grading):
            failures, total = 0, next(grading, 0)
            with tqdm(total=total, unit="", dynamic_ncols=True, disable=None, miniters=1, file=sys.stderr) as line:
                for one in grading:
                    if isinstance(one, Result):
                        failures += one.faulty
                        if failures:
                            line.set_postfix_str(self._sentence("failures", count=failures), refresh=False)
                        line.update()
                        yield one
