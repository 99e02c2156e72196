"""What the course says about TensorFlow is true here: the experiments of the short answers run and cover every fact."""

from __future__ import annotations

import contextlib
import io
import warnings

import pytest

from autograde import catalog
from autograde.build import source
from tests.solutions import facts

EXPERIMENTS = facts.experiments()


@pytest.fixture(scope="module")
def _tensorflow() -> None:
    """Import TensorFlow once, before warnings count: its import has some of its own."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import tensorflow  # noqa: F401


@pytest.mark.usefixtures("_tensorflow")
@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: "+".join(one.shows))
def test_the_experiment_shows_its_fact_on_this_installation(experiment: facts.Experiment) -> None:
    assert facts.run(experiment).strip(), f"{experiment.name} should print what was seen"


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: "+".join(one.shows))
def test_an_experiment_can_fail_for_each_fact_it_shows(experiment: facts.Experiment) -> None:
    assert experiment.asserts >= len(experiment.shows)


def test_every_fact_is_shown_by_an_experiment_and_no_experiment_shows_anything_else() -> None:
    shown = {key for experiment in EXPERIMENTS for key in experiment.shows}
    assert sorted(facts.facts()) == sorted(shown)


def test_advice_names_key_points_that_exist() -> None:
    assert set(facts.ADVICE) <= set(facts.rubric())


def test_an_experiment_that_does_not_hold_raises() -> None:
    broken = facts.Experiment("broken", ("q00.none",), "number = 1\nassert number == 2", setup="")
    with pytest.raises(AssertionError):
        facts.run(broken)


def test_a_warning_that_a_reader_would_see_fails_an_experiment() -> None:
    loud = facts.Experiment("loud", (), "import warnings\nwarnings.warn('look')", setup="")
    with pytest.raises(UserWarning, match="look"):
        facts.run(loud)


def test_every_fact_held_on_the_oldest_and_on_the_newest_versions_with_the_experiment_as_it_stands() -> None:
    record = facts.recorded()
    for experiment in EXPERIMENTS:
        tensorflows = {environment["tensorflow"] for environment in facts.held(record, experiment)}
        assert len(tensorflows) >= 2, f"run `make facts` with constraints/oldest.txt and newest.txt: {experiment.name}"
        assert facts.failed(record, experiment) == []


def test_the_page_of_facts_says_what_was_recorded() -> None:
    assert facts.PAGE.read_text("utf-8") == facts.page(facts.recorded())


def test_outcomes_of_one_environment_replace_its_earlier_ones_and_no_others() -> None:
    old = {"environment": {"tensorflow": "2.18.1", "keras": "3.5.0"}, "held": {"a": "1"}, "failed": {}}
    new = {"environment": {"tensorflow": "2.21.0", "keras": "3.15.1"}, "held": {}, "failed": {}}
    again = {"environment": old["environment"], "held": {"a": "2"}, "failed": {}}
    assert facts.merged([new, old], again) == [again, new]


@pytest.mark.parametrize("lang", catalog.LANGUAGES)
@pytest.mark.parametrize("entry", catalog.of_assignment(facts.ASSIGNMENT), ids=lambda entry: entry.id)
def test_the_notebook_asks_each_question_in_the_words_of_its_text(entry: catalog.Entry, lang: str) -> None:
    prose = [" ".join(part.text.split()) for part in source.parts(facts.ASSIGNMENT) if part.lang == lang]
    assert any(entry.text[lang].get("question")[0] in text for text in prose)


@pytest.mark.parametrize("entry", catalog.of_assignment(facts.ASSIGNMENT), ids=lambda entry: entry.id)
def test_a_check_follows_each_answer_and_the_experiments_follow_the_check(entry: catalog.Entry) -> None:
    parts = source.parts(facts.ASSIGNMENT)
    answer = next(at for at, part in enumerate(parts) if part.exercise == entry.id)
    assert f'check("{entry.id}")' in parts[answer + 1].text
    first = next(at for at, part in enumerate(parts) if any(key.startswith(entry.id) for key in part.shows))
    assert first > answer + 1
