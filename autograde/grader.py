"""The grader: submissions -> tasks -> workers -> findings -> verdicts -> gradebook, graded notebook, feedback.

Student code runs in the workers' confined children. Seed, expected arrays and gradebook stay in this process, which
runs nothing that a student wrote; one thread of it writes gradebook, notebooks and results. Whatever was found out is
kept before it is judged, and a result is kept last: a run that is killed loses the work under way, and the next one
goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograde import feedback, groups, marked, results, speak, store, submission, workers
from autograde.classroom import Classroom, ClassroomError, Found
from autograde.interrupts import insistent
from autograde.ledger import Ledger, Standing
from autograde.results import Judged, Result
from autograde.rights import FaultError, Rights, judging, looking, sentences
from autograde.sandbox import Cell, Findings, Limits, Task
from autograde.submission import Course, DamagedError, Remark, Submission
from autograde.terms import Expected, Observation

Tell = Callable[..., None]
Compared = Mapping[str, Expected]  # by exercise
NOTES = ("timestamp.txt", "submission_secret.txt")  # nbgrader's; releasing feedback asks for both
MAX_NOTE = 200  # characters; a secret has 128


@dataclass(frozen=True)
class Options:
    """What `autograde grade` was asked for."""

    assignment: str | None = None
    student: str | None = None
    jobs: int = 1
    scheduler: str | None = None
    regrade: bool = False
    seed: int | None = None
    limits: Limits = field(default_factory=Limits)
    trust: bool = False


@dataclass(frozen=True)
class Job:
    """One submission on its way: what was read, what is to be run, and the keys under which its work is kept.

    A file that cannot be graded (`damage`) is graded as one in which every answer is missing.
    """

    found: Found
    course: Course
    given: Submission
    damage: DamagedError | None
    remarks: tuple[Remark, ...]
    task: Task
    data_key: str
    run_key: str
    key: str

    @property
    def place(self) -> tuple[str, str]:
        return self.found.student_id, self.course.assignment


def grade(room: Classroom, options: Options, tell: Tell) -> Generator[int | Result]:
    """Grade what was handed in. Yields the number of submissions first, then the result of each, as it is ready."""
    with room.store.lock(), Ledger(room) as ledger:
        room.store.sweep()
        courses = room.courses()
        wanted = _wanted(room, courses, options, tell)
        yield len(wanted)
        terms = workers.Terms(options.limits, options.trust)
        with workers.pool(options.jobs, options.scheduler, terms) as submit, insistent():
            seed = room.store.seed() if options.seed is None else options.seed
            rights = Rights(room, seed, submit, tell)
            yield from Grader(room, ledger, rights, options).run(wanted, courses, submit)
        for assignment in {found.assignment for found in wanted}:
            groups.remark(room, ledger, assignment)


def _wanted(room: Classroom, courses: Mapping[str, Course], options: Options, tell: Tell) -> list[Found]:
    """The submissions to grade, by student and assignment. Folders of no assignment are named and left alone."""
    found = list(room.handed_in())
    if options.assignment is not None and options.assignment not in courses:
        raise ClassroomError("unknown_assignment", name=options.assignment, names=", ".join(courses))
    if options.student is not None and options.student not in {one.student for one in found}:
        raise ClassroomError("unknown_student", name=options.student, folder=room.submitted)
    for path in room.strays():
        tell("stray_file", file=path)
    for one in found:
        if one.assignment not in courses:
            tell("stray_folder", folder=one.folder, names=", ".join(courses))
    return [
        one
        for one in found
        if one.assignment in courses
        and options.assignment in (None, one.assignment)
        and options.student in (None, one.student)
    ]


class Grader:
    """Grades submissions of one class folder, side by side, and writes what comes of it."""

    def __init__(self, room: Classroom, ledger: Ledger, rights: Rights, options: Options) -> None:
        self.room, self.ledger, self.rights, self.options = room, ledger, rights, options

    def run(self, wanted: list[Found], courses: Mapping[str, Course], submit: workers.Submit) -> Iterator[Result]:
        """The result of every submission, in the order in which they are done.

        Threads find out what to compare with: right answers and suspected mistakes have to run first, on the same
        workers, which are given other submissions meanwhile.
        """
        room_for = 4 * self.options.jobs if self.options.scheduler is None else 256
        threads = ThreadPoolExecutor(room_for, thread_name_prefix="compare")
        running: dict[Future[Findings], Job] = {}
        comparing: dict[Future[Compared], tuple[Job, Findings]] = {}
        begun: set[str] = set()

        def finished() -> Iterator[Result]:
            for future in workers.finished([*running, *comparing]):
                if future in running:
                    job = running.pop(future)
                    findings = self._received(job, _outcome(future))
                    comparing[threads.submit(self._compare, job, findings)] = job, findings
                else:
                    yield self.finish(*comparing.pop(future), future.result)

        try:
            for found in wanted:
                job = self.prepare(found, courses[found.assignment])
                done = self.without_running(job)
                if done is not None:
                    yield done
                    continue
                for slug in job.task.cases.keys() - begun:  # right answers run before most of the submissions
                    threads.submit(self.rights.__getitem__, slug)
                    begun.add(slug)
                before = self._found_before(job)
                if before is None:
                    running[submit(job.task)] = job
                else:
                    comparing[threads.submit(self._compare, job, before)] = job, before
                if len(running) + len(comparing) >= room_for:
                    yield from finished()
            while running or comparing:
                yield from finished()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)  # whoever interrupts does not wait for the samples

    def one(self, found: Found, course: Course, submit: workers.Submit) -> Result:
        """The result of one submission."""
        job = self.prepare(found, course)
        done = self.without_running(job)
        if done is not None:
            return done
        return self.finish(job, self._found_before(job) or self._received(job, _outcome(submit(job.task))))

    def _received(self, job: Job, findings: Findings) -> Findings:
        """What was found, kept at once: whatever happens from now on, it need not run again."""
        if job.task.cells and findings.error is None:
            self.room.store.keep_findings(job.run_key, findings, self.options.limits)
        return findings

    def _compare(self, job: Job, findings: Findings) -> Compared:
        """What to compare findings with. Nothing, where nothing was run."""
        if findings.error is not None:
            return {}
        return {slug: self.rights.against(slug, _seen(findings, slug)) for slug in job.task.cases}

    def prepare(self, found: Found, course: Course) -> Job:
        """Read a submission. Its keys name the work that it needs: what is run, and what is made of that."""
        data, damage, remarks = b"", None, tuple[Remark, ...]()
        try:
            path, remarks = submission.choose(found.folder, course.assignment)
            data = submission.read_bytes(path)
            given = submission.read(data, course)
        except DamagedError as error:
            given, damage = Submission(self.room.lang, course.parts, course.exercises), error
        task = self._task(given) if damage is None else Task((), {})
        cells = [(cell.id, cell.source, cell.exercise) for cell in task.cells]
        looks = [(slug, looking(slug), self.rights.seed) for slug in task.cases]
        run_key = store.digest(repr((cells, looks)))
        judges = [(sentences(slug), self.rights.key(slug)) for slug in task.cases]
        data_key = store.digest(data, repr((damage, damage and damage.facts, remarks)), _timestamp(found) or "")
        key = store.digest(data_key, run_key, repr(judges), judging())
        return Job(found, course, given, damage, remarks, task, data_key, run_key, key)

    def _task(self, given: Submission) -> Task:
        """The code to run, and the inputs with which to look at each code exercise of it."""
        cells = tuple(Cell(part.name, part.source, part.exercise) for part in given.parts if part.runs)
        slugs = {part.exercise for part in given.parts if part.role == "check" and part.exercise} - set(given.missing)
        cases = {slug: self.rights.cases(slug) for slug in sorted(slugs)}
        if not cases and all(part.ours for part in given.parts if part.runs):
            cells = ()  # nothing of the student's would run
        return Task(cells, cases, lang=given.lang)

    def without_running(self, job: Job) -> Result | None:
        """The result of a submission that is done already, or for which nothing has to be run."""
        kept = self.room.store.result(*job.place)
        if kept is not None and kept["key"] == job.key and not self.options.regrade and self._stands(job, kept):
            return Result(**kept["result"])
        return None if job.task.cells else self.finish(job, Findings({}))

    def _found_before(self, job: Job) -> Findings | None:
        """What an earlier run found out about the same code, unless it is to be made anew."""
        made = self.room.store.findings(job.run_key)
        return None if made is None or self._again(*made) else made[0]

    def _stands(self, job: Job, kept: dict[str, Any]) -> bool:
        """Whether gradebook and files still say what this result says, and no limit that it met has been moved."""
        standing = self.ledger.standing(*job.place)
        files = (self._file(job, "autograded", "ipynb"), self._file(job, "feedback", "html"))
        if kept["limits"] not in (None, asdict(self.options.limits)):
            return False
        return standing is not None and standing.to_json() == kept["standing"] and all(path.exists() for path in files)

    def _again(self, findings: Findings, limits: Limits) -> bool:
        """Whether kept findings are to be made anew: a limit was met, and it is another one now or one asks again."""
        met = any(finding.reason for finding in findings.exercises.values())
        return met and (self.options.regrade or limits != self.options.limits)

    def finish(self, job: Job, findings: Findings, compared: Callable[[], Compared] | None = None) -> Result:
        """Judge what was found, by what was `compared`, and write: gradebook, notebook, feedback, the result last."""
        if findings.error is not None and job.task.cases:
            return results.fault(job.place, job.given.lang, job.course, *findings.error)
        try:
            expected = self._compare(job, findings) if compared is None else compared()
            judged = results.judge_submission(job.given, job.course, findings, expected)
        except FaultError as error:
            return results.fault(job.place, job.given.lang, job.course, error.kind, error.detail)
        except Exception as error:  # a fault of the judge's own must not keep the others from their results
            if isinstance(error, OSError) and error.filename:
                raise  # a full disk: the others would fare no better
            return results.fault(job.place, job.given.lang, job.course, "internal", f"{type(error).__name__}: {error}")
        standing = self._enter(job, judged)
        if job.damage is not None:
            result = results.damaged(job.place, job.given.lang, job.course, job.damage, standing)
        else:
            result = results.result(job.place, job.given.lang, judged, standing, findings.seconds)
        self._publish(job, findings, judged, standing)
        self._keep(job, judged, standing, result)
        return result

    def _enter(self, job: Job, judged: Mapping[str, Judged]) -> Standing:
        marks = {slug: one.mark(job.given.lang) for slug, one in judged.items()}
        marks |= {results.grade_id(slug): mark for slug, mark in marks.items()}
        kept = self.room.store.result(*job.place)
        same = kept is not None and kept["data_key"] == job.data_key
        return self.ledger.write(*job.place, marks, handed_in=_timestamp(job.found), same=same)

    def _publish(self, job: Job, findings: Findings, judged: Mapping[str, Judged], standing: Standing) -> None:
        """The graded notebook for formgrader, and the page for the student."""
        lang = job.given.lang
        shown = {slug: one.shown(lang) for slug, one in judged.items()}
        book = marked.notebook(job.given, findings.outputs, shown)
        for name in NOTES:
            if (note := _note(job.found, name)) is not None:
                store.write(self._folder(job, "autograded") / name, note.encode(), 0o444)
                store.write(self._folder(job, "feedback") / name, note.encode(), 0o644)
        store.write(self._file(job, "autograded", "ipynb"), marked.to_bytes(book), 0o444)
        remarks = [speak.say(lang, f"file_{one.id}", **one.facts) for one in job.remarks]
        if job.damage is not None:
            remarks.append(results.sentence(job.damage, lang))
        page = feedback.page(lang, _title(job.given) or job.course.assignment, job.place[0], judged, standing, remarks)
        store.write(self._file(job, "feedback", "html"), page.encode(), 0o644)

    def _keep(self, job: Job, judged: Mapping[str, Judged], standing: Standing, result: Result) -> None:
        met = any(one["outcome"] in ("timeout", "memory", "crash") for one in result.exercises)
        kept = {
            "key": job.key,
            "data_key": job.data_key,
            "limits": asdict(self.options.limits) if met else None,
            "standing": standing.to_json(),
            "claims": {slug: {claim.id: claim.holds for claim in one.verdict.claims} for slug, one in judged.items()},
            "result": result.to_json(),
            "written": {slug: _written(one, job.given.lang) for slug, one in judged.items() if one.suggestion},
        }
        self.room.store.keep_result(*job.place, kept)

    def _folder(self, job: Job, step: str) -> Path:
        return self.room.folder(step, job.found.student, job.course.assignment)

    def _file(self, job: Job, step: str, suffix: str) -> Path:
        return self._folder(job, step) / f"{job.course.assignment}.{suffix}"


def _seen(findings: Findings, slug: str) -> Observation | None:
    return findings.exercises[slug].observation if slug in findings.exercises else None


def _title(given: Submission) -> str:
    """The heading of a notebook, in its language."""
    lines = (line for part in given.parts if part.role == "prose" for line in part.source.splitlines())
    return next((line.lstrip("# ")[:100] for line in lines if line.startswith("# ")), "")


def _written(judged: Judged, lang: str) -> dict[str, Any]:
    """What `groups` needs of a written answer."""
    assert judged.suggestion is not None
    return {
        "lang": lang,
        "text": judged.answer,
        "comment": judged.comment(lang),
        "suggestion": asdict(judged.suggestion),
    }


def _outcome(future: Future[Findings]) -> Findings:
    """What a worker found. Where it could not do its work, this submission's findings say so."""
    try:
        return future.result()
    except Exception as error:
        return Findings({}, error=("internal", f"{type(error).__name__}: {error}"))


def _timestamp(found: Found) -> str | None:
    """When a submission was handed in, as nbgrader notes it."""
    return _note(found, NOTES[0])


def _note(found: Found, name: str) -> str | None:
    """A note that nbgrader put beside a submission."""
    try:
        return submission.read_bytes(found.folder / name).decode("utf-8", "replace").strip()[:MAX_NOTE] or None
    except DamagedError:
        return None
