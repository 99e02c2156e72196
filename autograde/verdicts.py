"""Findings -> verdicts: the judge for what was seen, and an outcome without claims where nothing was."""

from __future__ import annotations

from dataclasses import replace

from autograde import catalog
from autograde.judge import judge
from autograde.sandbox import Finding
from autograde.terms import Exercise, Expected, Observation, Outcome, Verdict


def judge_finding(about: Exercise, finding: Finding, expected: Expected) -> Verdict:
    """The verdict on what was seen of one exercise."""
    if finding.reason is not None:
        return without_claims(about.id, finding.reason, finding.detail)
    seen = finding.observation or Observation()
    if finding.raised is not None and not seen.arrays:  # nothing was defined: the error that counts is the cell's own
        seen = replace(seen, raised=dict.fromkeys(seen.raised or [""], finding.raised))
    return judge(about, seen, expected)


def without_claims(slug: str, outcome: Outcome, limit: str = "") -> Verdict:
    """A verdict without looking; `limit` names what was met, as `Finding.detail` does."""
    return Verdict(slug, outcome, 0.0, catalog.load(slug).about.max_points, facts={"limit": limit} if limit else {})
