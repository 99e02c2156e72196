"""What a loop hands to a display is recorded, in order, and nothing of it is seen."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde import display
from autograde.display import Display, numbers_in
from autograde.quiet import quiet


def shown(do: Any) -> list[float]:
    with Display() as seen:
        do()
    return numbers(seen.rows())


def numbers(rows: Any) -> list[float]:
    return [round(float(one), 6) for one in rows[np.isfinite(rows)]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Epoch 1/2 - 3/4 - loss: 0.53 - accuracy: 0.81", [0.53, 0.81]),
        ("loss=1.25e-01, accuracy=8.1E-1", [0.125, 0.81]),
        ("5e-1", [0.5]),
        ("accuracy 81.25%", [81.25, 0.8125]),
        ("accuracy: 81 %", [81, 0.81]),
        ("\x1b[32mloss 0.53\x1b[0m", [0.53]),
        ("np.float32(0.53) tf.Tensor(1.5, shape=(), dtype=float32)", [0.53, 1.5]),
        ("temperature -0.25, range 3-0.25", [-0.25, 0.25]),
        ("[0.5, 0.25]", [0.5, 0.25]),
        ("version 2.21.0, step 7 of 10, layer_1.2", []),
        ("nan inf", []),
    ],
)
def test_numbers_with_decimals_are_found_in_what_people_print(text: str, wanted: list[float]) -> None:
    assert list(numbers_in(text)) == wanted


@given(st.floats(0.01, 1000), st.integers(2, 6))
def test_any_number_printed_to_two_decimals_or_more_comes_back(value: float, decimals: int) -> None:
    assert list(numbers_in(f"loss: {value:.{decimals}f}, step 3")) == [float(f"{value:.{decimals}f}")]


@given(st.text(alphabet="0123456789.eE-+% \r\n\b[]x"))
def test_no_text_upsets_it(text: str) -> None:
    assert all(isinstance(one, float) for one in numbers_in(text))


def test_standard_output_and_error_are_recorded_in_order() -> None:
    def talk() -> None:
        print("loss", 0.5, "accuracy", 0.25)
        print("loss 0.75", file=sys.stderr)
        sys.stdout.write("\rloss 0.125")
        sys.stdout.write("\rloss 0.0625\n")

    assert shown(talk) == [0.5, 0.25, 0.75, 0.125, 0.0625]


def test_a_number_that_comes_in_pieces_is_one_number() -> None:
    def talk() -> None:
        for piece in ("0.", "5", "3"):
            print(piece, end="")

    assert shown(talk) == [0.53]


def test_what_is_written_past_python_is_recorded_too() -> None:
    def talk() -> None:
        print("loss 0.5")
        os.write(2, b"loss 0.25\n")
        os.write(1, b"loss 0.75\n")
        print("loss 0.125")

    assert shown(talk) == [0.5, 0.25, 0.75, 0.125]


def test_nothing_is_seen_and_everything_is_put_back(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with suppress(ZeroDivisionError), Display():
        print("seen?")
        os.write(1, b"seen?\n")
        os.write(2, b"seen?\n")
        raise ZeroDivisionError
    assert (sys.stdout, sys.stderr) == before
    print("heard")
    os.write(1, b"too\n")
    assert capfd.readouterr() == ("heard\ntoo\n", "")


def test_it_works_where_output_is_redirected_already() -> None:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert shown(lambda: print("loss 0.5")) == [0.5]
    assert out.getvalue() == err.getvalue() == ""


def test_what_is_written_to_a_stream_that_was_taken_before_counts_too(capsys: pytest.CaptureFixture[str]) -> None:
    out, logger = sys.stdout, logging.getLogger("taken_before")
    logger.addHandler(handler := logging.StreamHandler())

    def talk(file: Any = sys.stderr) -> None:
        print("loss 0.5", file=file)
        logger.error("loss %.2f", 0.25)
        out.write("loss 0.75\n")

    try:
        assert shown(talk) == [0.5, 0.25, 0.75]
        with quiet():
            assert shown(talk) == [0.5, 0.25, 0.75]
        assert capsys.readouterr() == ("", "")
        logger.error("heard")
        assert capsys.readouterr().err == "heard\n"
        assert not {"write"} & (vars(out).keys() | vars(sys.stderr).keys())
    finally:
        logger.removeHandler(handler)


def test_a_write_taken_from_the_stream_of_the_sandbox_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograde.sandbox.shell import Recorder, Stream

    def flooded() -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(sys, "stdout", Stream("stdout", Recorder(1_000, flooded)))
    write = sys.stdout.write
    assert shown(lambda: write("loss 0.5\n")) == [0.5]


def test_a_stream_without_attributes_of_its_own_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert shown(lambda: print("loss 0.5")) == [0.5]


def test_what_comes_after_the_end_is_not_recorded() -> None:
    with Display() as seen:
        stream = sys.stdout
    stream.write("loss 0.5\n")
    assert seen.rows().shape == (0, display.WIDTH)


def test_a_flood_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "MAX_ROWS", 10)

    def talk() -> None:
        for _ in range(1_000):
            print("0.5 0.5 0.5")

    assert len(shown(talk)) == 30


def test_each_line_is_a_row_and_a_long_one_several() -> None:
    with Display() as seen:
        print("loss 0.5 accuracy 0.25")
        print("a line without numbers")
        print(*[0.5] * 20)
    assert np.isfinite(seen.rows()).sum(axis=1).tolist() == [2, 16, 4]


def test_a_line_that_goes_on_in_the_next_step_is_another_row() -> None:
    steps: list[int] = []
    with Display(lambda: len(steps)) as seen:
        for loss in (0.5, 0.25):
            steps.append(1)
            print(f"loss {loss}", "accuracy 0.75", end=" and ")
        print("val_loss 0.125")
    assert np.isfinite(seen.rows()).sum(axis=1).tolist() == [2, 3]


def test_rows_can_be_had_by_the_moment_at_which_they_were_handed_over() -> None:
    from tqdm import tqdm

    steps: list[int] = []
    with Display(lambda: len(steps)) as seen:
        print("loss 0.5")
        print("a line that began before the step: 0.25", end="")
        steps.append(1)
        print("loss 0.75, ", end="")
        with tqdm(total=1) as bar:
            bar.set_postfix(loss=0.125)
        os.write(1, b"nobody knows when: 0.625\n")
    assert set(numbers(seen.rows(lambda step: step == 0))) == {0.5, 0.25, 0.625}
    assert set(numbers(seen.rows(lambda step: step == 1))) == {0.75, 0.125, 0.625}


def test_a_line_without_an_end_takes_no_more_room_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "MAX_LINE", 50)

    def talk() -> None:
        for _ in range(100):
            print("0.5", end=" ")

    assert set(shown(talk)) == {0.5}


def test_only_text_can_be_written() -> None:
    with Display(), pytest.raises(TypeError, match="must be str, not bytes"):
        sys.stdout.write(b"0.5")  # type: ignore[arg-type]


# ---- tqdm


def test_the_values_given_to_a_postfix_count_whether_or_not_the_bar_repaints() -> None:
    from tqdm import tqdm

    def talk() -> None:
        with tqdm(total=3, mininterval=1000) as bar:
            bar.set_postfix(loss=0.123456, accuracy="0.8125", refresh=False)
            bar.set_postfix({"loss": 0.5, "step": 3})
            bar.set_postfix_str("loss=0.25")
            bar.set_description("loss 0.75")
            bar.set_description_str("loss 0.125")

    assert shown(talk) == [0.8125, 0.123456, 0.5, 0.25, 0.75, 0.125]


def test_a_bar_that_has_come_to_its_end_shows_nothing() -> None:
    from tqdm import tqdm

    def talk() -> None:
        bar = tqdm(range(2))
        for _ in bar:
            bar.set_postfix(loss=0.5)
        bar.set_postfix(val_loss=0.25)

    assert shown(talk) == [0.5, 0.5]


def test_a_postfix_set_by_hand_counts_once_when_the_bar_repaints() -> None:
    from tqdm import tqdm

    def talk() -> None:
        bar = tqdm(total=2)
        bar.postfix = "loss=0.5"
        bar.refresh()
        bar.refresh()
        tqdm.write("val_loss 0.25")
        bar.close()

    assert shown(talk) == [0.5, 0.25]


def test_a_postfix_set_by_hand_counts_once_when_the_bar_moves_on() -> None:
    from tqdm import tqdm

    def talk() -> None:
        with tqdm(total=3, mininterval=1000) as bar:
            for loss in (0.5, 0.25, 0.25):
                bar.postfix = f"loss={loss}"
                bar.update(1)
            bar.set_postfix(loss=0.75)
            bar.update(1)

    assert shown(talk) == [0.5, 0.25, 0.75]


def test_bars_of_notebooks_are_bars_too() -> None:
    from tqdm.notebook import tqdm

    def talk() -> None:
        with tqdm(total=2) as bar:
            bar.set_postfix(loss=0.5)

    assert 0.5 in shown(talk)


def test_tqdm_is_as_it_was_afterwards() -> None:
    from tqdm import tqdm

    before = dict(vars(tqdm))
    shown(lambda: tqdm(total=1).close())
    assert {name: vars(tqdm)[name] for name in ("set_postfix", "display", "close", "update")} == {
        name: before[name] for name in ("set_postfix", "display", "close", "update")
    }


# ---- IPython, Keras and TensorFlow


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Any:
    def publish(*_: Any, **__: Any) -> None:
        raise AssertionError("this would be seen")

    shell = SimpleNamespace(display_pub=SimpleNamespace(publish=publish, clear_output=publish))
    import IPython

    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    return shell


def test_what_ipython_displays_counts_as_text_and_is_not_seen(shell: Any) -> None:
    def talk() -> None:
        shell.display_pub.clear_output(wait=True)
        shell.display_pub.publish({"text/plain": "loss 0.5", "text/html": "<b>0.25</b>"})

    assert shown(talk) == [0.5]


def test_a_progbar_shows_the_mean_of_what_it_is_given() -> None:
    import keras

    def talk() -> None:
        bar = keras.utils.Progbar(3, stateful_metrics=["accuracy"])
        bar.update(1, values=[("loss", 1.0), ("accuracy", 0.5)])
        bar.add(2, values=[("loss", 0.25), ("accuracy", 0.75)])

    assert shown(talk) == [1.0, 0.5, 1.0, 0.5, 0.25, 0.75, 0.5, 0.666667]


def test_tensorflow_prints_past_python_in_graphs_as_well() -> None:
    import tensorflow as tf

    @tf.function
    def step(loss: Any) -> None:
        tf.print("loss", loss, output_stream=sys.stdout)
        tf.print("loss:", loss / 2)

    assert shown(lambda: step(tf.constant(0.5)))[-2:] == [0.5, 0.25]  # TensorFlow may greet first


def test_a_tensor_in_a_postfix_is_a_number() -> None:
    import tensorflow as tf
    from tqdm import tqdm

    def talk() -> None:
        with tqdm(total=1) as bar:
            bar.set_postfix(loss=tf.constant(0.53125), accuracy=tf.constant(0.5).numpy())

    assert shown(talk) == [0.5, 0.53125]
