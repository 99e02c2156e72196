"""A right loop into which mistakes are written: what each of them costs, and that they add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from autograde.build import fingerprints, source
from autograde.judge import judge
from autograde.terms import Expected, Observation, Verdict

SEED = 11


@dataclass(frozen=True)
class MistakenLoop:
    """A loop of exercise `slug`. `mistakes`: by name, what is replaced by what, and the claims that this costs."""

    slug: str
    text: str
    mistakes: Mapping[str, tuple[str, str, set[str]]]

    def verdict(self, *names: str) -> Verdict:
        """The verdict on the loop with these mistakes in it."""
        text = self.text
        for name in names:
            old, new, _ = self.mistakes[name]
            assert old in text
            text = text.replace(old, new)
        return self.judged(text)

    def changed(self, old: str, new: str) -> Verdict:
        """The verdict on the loop with another text in the place of one that it has."""
        assert old in self.text
        return self.judged(self.text.replace(old, new))

    def judged(self, *texts: str) -> Verdict:
        return judge(fingerprints.code_exercise(self.slug), look(self.slug, *texts), expected(self.slug))

    def costs(self, *names: str) -> set[str]:
        return set().union(*(self.mistakes[name][2] for name in names))


@cache
def look(slug: str, *texts: str) -> Observation:
    return fingerprints.observe_source(slug, texts, SEED)


@cache
def expected(slug: str) -> Expected:
    seen = [look(slug, path.read_text("utf-8")) for path in source.samples(slug, "accept")]
    return Expected(tuple(fingerprints.defined(fingerprints.code_exercise(slug), one) for one in seen))


def lost(found: Verdict) -> set[str]:
    return {claim.id for claim in found.claims if not claim.holds}
