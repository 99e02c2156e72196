"""The command line: arguments in, one sentence for every way to go wrong, the exit status out. No work is done here."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from autograde import catalog

if TYPE_CHECKING:
    from autograde.groups import Group
    from autograde.results import Result
    from autograde.sandbox import Limits

DONE, FAULTY, WRONG, INTERRUPTED = 0, 1, 2, 130
EXAMPLE = 300  # characters of an answer that stand for its group
Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = parser().parse_args(arguments)
    # jsonschema would check IRIs with it, of which notebooks have none; to import it takes two seconds
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    command: Command = given.command
    try:
        return command(given)
    except KeyboardInterrupt:
        say("interrupted", again=again(arguments))
        return INTERRUPTED
    except Exception as error:
        sentence = explained(error, again(arguments))
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        return WRONG


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    whole = argparse.ArgumentParser(prog="autograde", description=__import__("autograde").__doc__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, help: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help, description=help)
        one.set_defaults(command=command)
        return one

    one = add("init", init, "make a class folder")
    one.add_argument("folder", type=_named, metavar="DIR")
    one.add_argument("--lang", choices=catalog.LANGUAGES, help="the edition to release (default: en)")
    one.add_argument("--solutions", action="store_true", help="let students of this class ask for model answers")
    one = add("grade", grade, "grade what is in DIR/submitted")
    _folder(one)
    one.add_argument("--assignment", metavar="A", help="only this assignment")
    one.add_argument("--student", metavar="S", help="only this student")
    one.add_argument("--jobs", type=_positive, metavar="N", help="submissions side by side (default: one a core)")
    one.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler whose workers run the code")
    one.add_argument("--regrade", action="store_true", help="judge everything anew; run again only what has to be")
    one.add_argument("--seed", type=int, metavar="N", help="this seed in place of the class folder's hidden one")
    _limits(one)
    one.add_argument("--json", type=_new_file, metavar="FILE", help="write the results there")
    one = add("groups", groups, "list like written answers; one score by hand for a whole group")
    _folder(one)
    one.add_argument("--apply", action="store_true", help="score the others of a group as the one scored by hand")
    one = add("report", report, "make DIR/report")
    _folder(one)
    one = add("check", check, "run one notebook and say what holds")
    one.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    one.add_argument("--json", type=_new_file, metavar="FILE", help="write the result there")
    one.add_argument("--watch", action="store_true", help="check again whenever the notebook is saved")
    _limits(one)
    one = add("new", new, "make the folder of a new exercise")
    one.add_argument("slug", metavar="SLUG")
    one.add_argument("--assignment", metavar="A", help="add it to this assignment's notebook (default: its own)")
    one = add("build", rebuild, "rebuild notebooks/ and the expected arrays from solutions/")
    one.add_argument("slugs", nargs="*", metavar="SLUG", help="only these exercises and their notebooks")
    one.add_argument("--check", action="store_true", help="change nothing; fail with a diff where they are stale")
    one = add("validate", validate, "say how far the verdicts can be trusted")
    one.add_argument("slugs", nargs="*", metavar="SLUG", help="only these exercises")
    one.add_argument("--seeds", type=_positive, default=20, metavar="N", help="look at every sample on N seeds")
    one.add_argument("--jobs", type=_positive, metavar="N", help="processes side by side (default: one a core)")
    add("doctor", doctor, "what this machine can wall off, which data it will use, versions")
    return whole


def _folder(one: argparse.ArgumentParser) -> None:
    one.add_argument("folder", type=Path, nargs="?", default=Path(), metavar="DIR", help="class folder (default: here)")


def _limits(one: argparse.ArgumentParser) -> None:
    one.add_argument("--timeout", type=_positive, metavar="S", help="seconds for each cell and for each exercise")
    one.add_argument("--memory", type=_positive, metavar="MIB", help="memory for one submission")
    one.add_argument(
        "--trust-submissions", action="store_true", help="run the code also where this machine cannot wall it off"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above zero")
    return int(text)


def _new_file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder: name a file in it" if path.is_dir() else f"cannot be written: there is no {path.parent}"
        raise argparse.ArgumentTypeError(f"{text} {what}")
    return path


def _named(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("give the folder a name; . is the current one")
    return Path(text)


# ---- commands


def init(given: argparse.Namespace) -> int:
    from autograde import classroom

    room = classroom.init(given.folder, given.lang, solutions=given.solutions)
    say("class_made", folder=room.root)
    return DONE


def grade(given: argparse.Namespace) -> int:
    from autograde import classroom, grader
    from autograde.progress_line import Progress

    room = classroom.find(given.folder)
    options = grader.Options(
        assignment=given.assignment,
        student=given.student,
        jobs=given.jobs or len(os.sched_getaffinity(0)),
        scheduler=given.scheduler,
        regrade=given.regrade,
        seed=given.seed,
        limits=limits(given),
        trust=given.trust_submissions,
    )
    progress = Progress(sentence)
    found = list(progress.follow(grader.grade(room, options, progress.tell)))
    if given.json:
        write_json(given.json, found)
    faulty = [result for result in found if result.faulty]
    for result in sorted(faulty, key=_place):
        message = result.error["message"] if result.error else ""
        say("submission_failed", student=result.student, assignment=result.assignment, message=message)
    say("graded", count=len(found), failed=len(faulty), folder=room.root)
    return FAULTY if faulty else DONE


def write_json(path: Path, found: Iterable[Result]) -> None:
    """The results as the contract has them, in an order that does not depend on who was done first."""
    from autograde import store

    records = [result.to_json() for result in sorted(found, key=_place)]
    text = json.dumps({"version": 1, "submissions": records}, ensure_ascii=False, indent=1)
    store.write(path.absolute(), (text + "\n").encode("utf-8", "backslashreplace"), 0o644)


def _place(result: Result) -> tuple[str, str]:
    return result.student, result.assignment


def groups(given: argparse.Namespace) -> int:
    from autograde import classroom, ledger
    from autograde import groups as alike

    room = classroom.find(given.folder)
    with room.store.lock(), ledger.Ledger(room) as book:
        found = alike.find(room, book)
        if given.apply:
            count = sum(alike.apply(book, group) for group in found)
            for group in found:
                if group.waiting and len(group.decisions) > 0 and group.decision is None:
                    say("group_differs", assignment=group.assignment, exercise=group.exercise, name=group.name)
            say("groups_applied", count=count, folder=room.root)
            return DONE
    for group in found:
        print(_listed(group), end="\n\n")
    say("groups_waiting" if found else "groups_none", folder=room.root)
    return DONE


def _listed(group: Group) -> str:
    return sentence(
        "group",
        assignment=group.assignment,
        exercise=group.exercise,
        name=group.name,
        count=len(group.members),
        scored=len(group.decisions),
        students=", ".join(one.student for one in group.members),
        example=" ".join(group.members[0].text.split())[:EXAMPLE],
    )


def report(given: argparse.Namespace) -> int:
    from autograde import classroom
    from autograde import report as reports

    room = classroom.find(given.folder)
    print(reports.write(room.root))
    return DONE


def check(given: argparse.Namespace) -> int:
    from autograde import study, watch, where
    from autograde.sandbox import Engine

    given.notebook.stat()  # raises what a mistyped name deserves; --watch would wait for such a file for ever
    with Engine(limits(given), trust=given.trust_submissions) as engine:
        if given.watch:
            book = where.read(given.notebook)
            edition = (book.lang if book else None) or lang()
            look = partial(study.lines, engine=engine, lang=edition)
            return watch.watch(given.notebook, look, lang=edition, out=sys.stdout)
        try:
            seen = study.look(given.notebook, engine)
        except study.StudyError as error:
            print(study.sentence(error, lang()), file=sys.stderr)
            return FAULTY
    if given.json:
        write_json(given.json, [seen.result])
    return DONE if watch.show(seen.lines, lang=seen.given.lang, out=sys.stdout) else FAULTY


def new(given: argparse.Namespace) -> int:
    from autograde.build import new as skeleton

    return skeleton.command(given.slug, given.assignment)


def rebuild(given: argparse.Namespace) -> int:
    from autograde.build import stale

    return stale.command(check=given.check, slugs=given.slugs)


def validate(given: argparse.Namespace) -> int:
    from autograde.build import validate as validation

    return validation.command(seeds=given.seeds, jobs=given.jobs or len(os.sched_getaffinity(0)), slugs=given.slugs)


def doctor(given: argparse.Namespace) -> int:
    from autograde import doctor as examination

    return DONE if examination.examine(lang(), sentence, sys.stdout) else FAULTY


def limits(given: argparse.Namespace) -> Limits:
    from autograde.sandbox import Limits

    standard = Limits()
    return replace(standard, seconds=given.timeout or standard.seconds, memory_mib=given.memory or standard.memory_mib)


# ---- sentences


def lang() -> str:
    """The language for the person at the terminal: `AUTOGRADE_LANG`, else as the terminal has it."""
    names = ("AUTOGRADE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return next((one for one in catalog.LANGUAGES if locale.startswith(one)), catalog.LANGUAGES[0])


def sentence(id: str, **facts: object) -> str:
    from autograde import speak

    return speak.say(lang(), f"command_{id}", **{name: _whole(fact) for name, fact in facts.items()})


def _whole(fact: object) -> object:
    """A path in its full length, but with nothing in it that a terminal would obey."""
    from autograde.speak import Sentence

    return Sentence("".join(one if one.isprintable() else "?" for one in str(fact)))


def say(id: str, **facts: object) -> None:
    print(sentence(id, **facts), file=sys.stderr)


def again(arguments: Sequence[str] | None) -> str:
    """The command as it was given, to be given again."""
    import shlex

    return shlex.join(["autograde", *(sys.argv[1:] if arguments is None else arguments)])


def explained(error: Exception, again: str) -> str | None:
    """The sentence for an error that a person can do something about; None for a mistake of this program."""
    from autograde.catalog import AuthorError
    from autograde.classroom import ClassroomError
    from autograde.store import BusyError

    if isinstance(error, AuthorError):
        return str(error)
    if isinstance(error, ClassroomError):
        return sentence(error.id, **error.facts)
    if isinstance(error, BusyError):
        return sentence("busy")
    if isinstance(error, OSError):
        return sentence("system", error=error.strerror or error, file=error.filename or "", again=again)
    return _from_afar(error, again)


def _from_afar(error: Exception, again: str) -> str | None:
    """The sentence for an error of the gradebook or the cluster, whose modules are loaded only where they are used."""
    kind = type(error).__name__
    if kind == "GradebookError":
        return sentence("gradebook", error=error, again=again)
    return sentence("no_scheduler", error=error) if kind == "SchedulerError" else None
