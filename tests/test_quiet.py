"""A probe leaves no trace in a student's session."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings

import numpy as np
import pytest

from autograde.quiet import quiet


def test_nothing_that_is_printed_inside_is_seen(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    with quiet():
        print("out")
        print("err", file=sys.stderr)
        os.write(1, b"C++ out")
        os.write(2, b"C++ err")
        logging.getLogger("anything").critical("logged")
        warnings.warn("warned", stacklevel=1)
    print("after")
    assert capfd.readouterr() == ("before\nafter\n", "")


def test_a_handler_that_holds_the_old_stderr_is_silent_too(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("made_up")
    handler = logging.StreamHandler(sys.stderr)
    logger.addHandler(handler)
    with quiet():
        logger.error("inside")
    logger.error("outside")
    logger.removeHandler(handler)
    assert capsys.readouterr().err == "outside\n"


def test_what_tensorflow_logs_is_not_heard_and_what_others_log_can_be() -> None:
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.name)

    listener = Listener()
    loggers = [logging.getLogger(name) for name in ("absl", "keras", "tensorflow", "mine")]
    for logger in loggers:
        logger.addHandler(listener)
    with quiet():
        for logger in loggers:
            logger.error("inside")
    assert heard == ["mine"]
    assert not any(logger.disabled for logger in loggers)
    for logger in loggers:
        logger.removeHandler(listener)


def test_a_stream_put_back_inside_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    old = sys.stdout
    with quiet():
        sys.stdout = old
        print("inside")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_everything_is_heard_again_after_an_exception(
    capfd: pytest.CaptureFixture[str], error: type[BaseException]
) -> None:
    streams = sys.stdout, sys.stderr
    with pytest.raises(error), quiet():
        raise error
    assert (sys.stdout, sys.stderr) == streams
    os.write(1, b"heard")
    assert capfd.readouterr().out == "heard"


def test_random_numbers_go_on_as_if_nothing_had_happened() -> None:
    random.seed(1)
    np.random.seed(1)
    wanted = random.random(), np.random.rand()
    random.seed(1)
    np.random.seed(1)
    with quiet():
        random.seed(5)
        np.random.seed(5)
        random.random()
    assert (random.random(), np.random.rand()) == wanted


def test_a_closed_descriptor_does_not_matter() -> None:
    saved = os.dup(2)
    os.close(2)
    try:
        with quiet():
            pass
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def test_figures_and_bars_that_were_left_open_are_closed() -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot
    from tqdm import tqdm

    mine = pyplot.figure()
    bars = set(tqdm._instances)
    with quiet():
        pyplot.figure()
        kept = tqdm(range(3))
    assert pyplot.get_fignums() == [mine.number]
    assert set(tqdm._instances) == bars
    assert kept.disable
    pyplot.close(mine)


def test_what_cannot_be_put_back_keeps_nothing_else_from_being_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    np.random.seed(1)
    wanted = np.random.rand()
    np.random.seed(1)
    with quiet():
        monkeypatch.setattr(random, "setstate", None)  # as a student's code might leave it
        np.random.seed(3)
    assert np.random.rand() == wanted


def test_tensorflow_is_configured_as_before() -> None:
    import keras
    import tensorflow as tf

    tf.random.set_seed(7)
    wanted = float(tf.random.uniform(()))
    tf.random.set_seed(7)
    with quiet():
        keras.utils.set_random_seed(1)
        tf.config.run_functions_eagerly(True)
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("mixed_float16")
    assert not tf.config.functions_run_eagerly()
    assert keras.config.floatx() == "float32"
    assert keras.config.dtype_policy().name == "float32"
    assert float(tf.random.uniform(())) == wanted
    tf.random.set_seed(None)


def test_a_session_without_a_seed_stays_without_one() -> None:
    import tensorflow as tf

    tf.random.set_seed(None)
    with quiet():
        tf.random.set_seed(3)
    assert tf.compat.v1.random.get_seed(None) == (None, None)
