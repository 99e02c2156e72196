"""Student code on threads of this machine and on a real cluster of processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograde import workers
from autograde.classroom import Classroom
from autograde.sandbox import Cell, Findings, Limits, Task
from autograde.workers import SchedulerError, Terms
from tests import made_up_class as made
from tests.made_up_class import RIGHT, WRONG

TERMS = Terms(Limits())


def test_each_thread_has_one_engine_and_all_are_closed(made_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines: list[CountedEngine] = []

    class CountedEngine(made.FakeEngine):
        def __init__(self, *args: object, **kwargs: object) -> None:
            self.closed = False
            engines.append(self)

        def close(self) -> None:
            self.closed = True

    monkeypatch.setattr(workers, "Engine", CountedEngine)
    with workers.pool(2, None, TERMS) as submit:
        found = [submit(Task((Cell("a", "x = 1"),), {})) for _ in range(20)]
        assert all(isinstance(future.result(), Findings) for future in found)
    assert 1 <= len(engines) <= 2
    assert all(engine.closed for engine in engines)


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_cluster_gives_the_same_results_also_when_a_worker_dies(
    class_room: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    monkeypatch.setenv("AUTOGRADE_TEST_DIED", str(tmp_path / "died"))
    monkeypatch.setenv("PYTHONPATH", str(made.FIXTURES.parent.parent))
    for student, code in (("ada", RIGHT), ("bob", WRONG), ("mortal", "# by mortal\n" + RIGHT)):
        made.hand_in(class_room, student, made.book({"standardize": code}))
    preload = [str(made.FIXTURES / "dask_preload.py")]
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, preload=preload
    ) as cluster:
        found = made.grade(class_room, scheduler=cluster.scheduler_address, seed=1)
    assert {name: one.score for name, one in found.items()} == {"ada": 20.0, "bob": 5.0, "mortal": 20.0}
    assert (tmp_path / "died").exists()


@pytest.mark.filterwarnings("ignore")  # Dask's own
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x"])
def test_a_scheduler_that_does_not_answer_is_said(
    address: str, class_room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.2)
    with pytest.raises(SchedulerError):
        made.grade(class_room, scheduler=address)
