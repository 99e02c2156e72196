"""What the engine gives back for honest notebooks."""

import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from autograde.sandbox import Cell, Engine, Findings, Task, parent
from autograde.terms import Raised
from tests.sandbox.conftest import X, right, run, task, text


def test_what_cells_define_is_observed_on_the_inputs(engine: Engine) -> None:
    findings = run(engine, "print('hello')")
    assert findings.error is None
    assert right(findings, "double")
    assert right(findings, "halve")
    assert text(findings) == "hello\n"


def test_tasks_and_findings_travel_by_pickle(engine: Engine) -> None:
    findings = engine.run(pickle.loads(pickle.dumps(task())))
    assert right(pickle.loads(pickle.dumps(findings)), "double")


@pytest.fixture(scope="module")
def shown(engine: Engine) -> Findings:
    return run(
        engine,
        "x = 40\nx + 2",
        "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "!ls\nnames = !ls\nprint(names)",
        "%%bash\nls",
        "%pip install torch",
        "%%writefile helper.py\nanswer = 42",
        "from helper import answer\nprint(answer)",
        "1 / 0",
        "for i in range(3):\n    print(f'\\rstep {i}', end='')\nprint()",
        "from IPython.display import HTML, clear_output, display\nprint('gone')\nclear_output()\n"
        "display(HTML('<b>x</b>'))",
        "from tqdm.notebook import tqdm\nfor i in tqdm(range(2)): pass",
        "print(__name__)\nimport os, sys\nos.write(1, b'from C\\n');",
        "import shutil\nopen('a', 'w').close()\nshutil.copy2('a', 'b')\nprint(open('b').read() == '')",
        "from autograde import check, hint\nprint(callable(check))",
    )


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("c0", "42"),
        ("c1", "awaited\n"),
        ("c7", "42\n"),
        ("c8", "division by zero"),
        ("c9", "step 2\n"),
        ("c12", "__main__\nfrom C\n"),
        ("c13", "True\n"),
        ("c14", "True\n"),
    ],
)
def test_cells_show_what_they_show_in_a_notebook(shown: Findings, cell: str, wanted: str) -> None:
    assert text(shown, cell) == wanted


def test_outputs_are_those_of_nbformat(shown: Findings) -> None:
    assert shown.outputs["c0"] == [
        {"output_type": "execute_result", "data": {"text/plain": "42"}, "metadata": {}, "execution_count": 1}
    ]
    (figure,) = shown.outputs["c2"]
    assert figure["data"]["image/png"].startswith("iVBOR")
    (error,) = shown.outputs["c8"]
    assert (error["output_type"], error["ename"]) == ("error", "ZeroDivisionError")
    (html,) = shown.outputs["c10"]
    assert html["data"]["text/html"] == "<b>x</b>"
    assert shown.outputs["c11"][0]["output_type"] == "display_data"


def test_shell_commands_are_not_run_and_do_not_raise(shown: Findings) -> None:
    sentence = "Shell commands and installers are not run while grading.\n"
    assert text(shown, "c3") == 2 * sentence + "[]\n"
    assert text(shown, "c4") == sentence
    assert text(shown, "c5") == sentence


def test_the_sandbox_speaks_the_language_of_the_edition(engine: Engine) -> None:
    assert "评分时" in text(run(engine, "!ls", lang="zh"))


def test_a_cell_that_raises_does_not_stop_the_next(engine: Engine) -> None:
    findings = run(engine, "raise ValueError", "%nothing", "def f(:", "print('still here')")
    assert text(findings, "c3") == "still here\n"
    assert right(findings, "double")


def test_an_answer_that_raises_says_where(engine: Engine) -> None:
    double = run(engine, double="x = 1\ny = x / 0").exercises["double"]
    assert double.raised == Raised("ZeroDivisionError", "division by zero", 2, "y = x / 0")
    assert double.observation is not None
    assert double.observation.raised["one"].type == "NameError"


def test_an_answer_that_is_no_python_says_where(engine: Engine) -> None:
    double = run(engine, double="x = 1\ndef double(x:\n    return x").exercises["double"]
    assert double.raised is not None
    assert (double.raised.type, double.raised.line, double.raised.code) == ("SyntaxError", 2, "def double(x:")


def test_tensorflow_computes_in_the_child_and_finds_the_source_of_cells(engine: Engine) -> None:
    findings = run(
        engine,
        "import keras, tensorflow as tf",
        "@tf.function\ndef f(x):\n    if x > 0:\n        tf.print('positive')\n        return x\n    return -x\n"
        "print(f(tf.constant(2.0)))",
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\nmodel.save('m.keras')\n"
        "print(keras.saving.load_model('m.keras').count_params())",
        double="double = lambda x: tf.constant(x) * 2",
    )
    assert right(findings, "double")
    assert text(findings, "c1") == "tf.Tensor(2.0, shape=(), dtype=float32)\npositive\n"
    assert text(findings, "c2") == "3\n"


def test_random_numbers_are_the_same_in_every_run(engine: Engine) -> None:
    cell = (
        "import random, numpy as np, keras\n"
        "print(random.random(), np.random.rand(), keras.random.normal(()), hash('x'))"
    )
    answer = "import numpy as np\nnp.random.seed(7)\nnp.random.rand()\ndouble = lambda x: x + np.random.rand()"
    first, second = run(engine, cell, double=answer), run(engine, cell, double=answer.replace("7", "8"))
    assert text(first) == text(second)
    arrays = [one.exercises["double"].observation.arrays["one/out"] for one in (first, second)]  # type: ignore[union-attr]
    assert np.array_equal(*arrays)


def test_submissions_see_nothing_of_each_other(engine: Engine) -> None:
    run(engine, "import builtins, numpy, sys\nnumpy.mean = builtins.len = None\nsys.modules['json'] = None\nleft = 1")
    findings = run(engine, "import numpy, json, os\nprint(numpy.mean, len([]), 'left' in globals(), os.listdir())")
    assert re.fullmatch(r"<function mean at .*> 0 False \[\]\n", text(findings))


def test_the_environment_of_the_task_is_added(engine: Engine) -> None:
    findings = engine.run(Task((Cell("c0", "import os; print(os.environ['COURSE'])"),), {}, env={"COURSE": "tf"}))
    assert text(findings) == "tf\n"


def test_the_warm_parent_has_one_thread_and_stays_as_it_is(engine: Engine) -> None:
    """A process with threads must not fork, and one that grows with every submission ends badly."""

    def state() -> tuple[int, int, int]:
        assert engine._parent._process is not None
        process = Path(f"/proc/{engine._parent._process.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        return int(status["Threads"]), int(status["RssAnon"].split()[0]) >> 10, len(os.listdir(process / "fd"))

    run(engine)
    before = state()
    for _ in range(20):
        run(engine, "kept = bytes(10_000_000)")
    after = state()
    assert before[0] == after[0] == 1
    assert after[1] - before[1] <= 1  # MiB
    assert after[2] == before[2]


def test_cells_with_the_same_id_all_run(engine: Engine) -> None:
    cells = (Cell("same", "x = 1"), Cell("same", "x += 1"), Cell("last", "print(x)"))
    assert text(engine.run(Task(cells, {})), "last") == "2\n"


def test_a_parent_that_is_killed_is_replaced(engine: Engine) -> None:
    run(engine)
    process = engine._parent._process
    assert process is not None
    process.kill()
    process.wait()
    assert right(run(engine), "double")


def test_ctrl_c_ends_the_parent_with_its_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parent, "follow", interrupted)
    bare = parent.Parent(bare=True)
    bare.start()
    process = bare._process
    assert process is not None
    with pytest.raises(KeyboardInterrupt):
        bare.prove({"outside": "/", "abstract": "", "port": 0})
    assert process.returncode is not None
    assert not bare.running


def test_a_parent_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent, "_BOOT", "raise SystemExit('no TensorFlow here')")
    findings = Engine().run(task())
    assert findings.error == ("internal", "the warm parent ended: no TensorFlow here")
    assert {finding.observation for finding in findings.exercises.values()} == {None}


def test_inputs_are_what_was_given(engine: Engine) -> None:
    cases = {"double": {"a": {"x": X}, "b": {"x": np.zeros((0, 2), "float16")}}}
    observation = engine.run(Task((Cell("a", "double = lambda x: x * 2"),), cases)).exercises["double"].observation
    assert observation is not None
    assert observation.arrays["b/out"].dtype == np.float16
    assert observation.arrays["b/out"].shape == (0, 2)
