"""The report's pictures: light vector graphics with words for those who do not see them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograde import catalog, speak
from autograde.report.records import Record
from autograde.report.statistics import Claim, Summary, times

CJK = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC", "Microsoft YaHei", "SimHei")
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#999999"  # told apart without colour vision (Okabe and Ito)


@dataclass(frozen=True)
class Picture:
    """An image as a data URI, and the words that stand for it."""

    source: str
    words: str


class Pictures:
    """Draws in a language; labels are English where no font of this machine has the characters."""

    def __init__(self, lang: str) -> None:
        self.words = partial(speak.say, lang)
        self.labels, self.font = self.words, "DejaVu Sans"
        if lang != catalog.LANGUAGES[0]:
            found = _font()
            self.font = found or self.font
            self.labels = self.words if found else partial(speak.say, catalog.LANGUAGES[0])

    def scores(self, about: Summary) -> Picture:
        """How the scores of an assignment are spread."""
        figure, axes = self._axes(5.0, 2.4)
        edges = [about.max_points * step / 10 for step in range(11)]
        counts, *_ = axes.hist(about.scores, bins=edges, color=BLUE, edgecolor="white")
        axes.axvline(about.median, color=ORANGE, linewidth=2, linestyle="--", label=self.labels("report_median"))
        axes.set(xlabel=self.labels("report_points"), ylabel=self.labels("report_students"), xlim=(0, about.max_points))
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False)
        spread = ", ".join(
            f"{low:g}–{high:g}: {count:.0f}" for low, high, count in zip(edges, edges[1:], counts, strict=False)
        )
        return self._picture(figure, self.words("report_scores_words", assignment=about.assignment, spread=spread))

    def claims(self, about: Sequence[Claim]) -> Picture | None:
        """For each claim, in how many answers it holds."""
        if not about:
            return None
        figure, axes = self._axes(10.0, 0.9 + 0.28 * len(about))
        names = [f"{claim.exercise} · {_short(claim.statement, plain=self.labels is self.words)}" for claim in about]
        places = range(len(about))
        left = [0] * len(about)
        for id, colour, pattern in (("holds", BLUE, ""), ("fails", ORANGE, "///"), ("unseen", GREY, "...")):
            counts = [getattr(claim, id) for claim in about]
            label = self.labels(id).rstrip(":：")
            axes.barh(places, counts, left=left, color=colour, hatch=pattern, edgecolor="white", label=label)
            left = [sum(pair) for pair in zip(left, counts, strict=True)]
        axes.set(yticks=places, yticklabels=names, xlabel=self.labels("report_answers"))
        axes.margins(y=0.01)
        axes.invert_yaxis()
        axes.xaxis.get_major_locator().set_params(integer=True)
        figure.legend(frameon=False, loc="outside upper right", ncols=3)
        spread = "; ".join(
            f"{claim.exercise}, {claim.statement}: {claim.holds}/{claim.holds + claim.fails + claim.unseen}"
            for claim in about
        )
        return self._picture(figure, self.words("report_claims_words", spread=spread))

    def times(self, records: Sequence[Record]) -> Picture:
        """How long the submissions ran."""
        figure, axes = self._axes(5.0, 2.0)
        axes.hist([record.seconds for record in records], bins=20, color=BLUE, edgecolor="white")
        axes.set(xlabel=self.labels("report_seconds"), ylabel=self.labels("report_submissions"))
        axes.yaxis.get_major_locator().set_params(integer=True)
        median, longest = times(records)
        words = self.words("report_times_words", median=f"{median:.2g}", longest=f"{longest:.2g}")
        return self._picture(figure, words)

    def _axes(self, width: float, height: float) -> tuple[Any, Any]:
        from matplotlib.figure import Figure  # no pyplot: nothing of it is shown in a window

        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        return figure, axes

    def _picture(self, figure: Any, words: str) -> Picture:
        import matplotlib

        out = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": "report", "svg.fonttype": "path", "font.family": self.font}):
            for text in figure.findobj(matplotlib.text.Text):
                text.set_fontfamily(self.font)
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return Picture("data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode(), words)


def _font() -> str | None:
    from matplotlib import font_manager

    known = set(font_manager.get_font_names())
    return next((name for name in CJK if name in known), None)


def _short(statement: str, *, plain: bool) -> str:
    text = statement.replace("`", "").replace("$", "")
    text = text if plain else text.encode("ascii", "ignore").decode().strip()
    return text if len(text) <= 60 else text[:59] + "…"
