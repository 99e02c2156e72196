"""Fashion MNIST: the real images where they are, a stand-in that says so where they are not."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograde import datasets, standin

SHARED = Path(__file__).parent.parent.parent / "shared" / "keras"
SIZES = (30, 12)


def write_cache(home: Path, sizes: tuple[int, int] = SIZES) -> Path:
    """A Keras cache of `sizes` images whose pixels and labels follow a rule."""
    folder = home / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for prefix, count in zip(("train", "t10k"), sizes, strict=True):
        images = np.arange(count * 28 * 28, dtype="uint64").astype("uint8")
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(16) + images.tobytes()))
        labels = (np.arange(count) % 10).astype("uint8")
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + labels.tobytes()))
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(datasets, "FULL", (200, 50))
    datasets._small.cache_clear()
    yield tmp_path
    datasets._small.cache_clear()


def in_a_new_process(home: Path, code: str, **env: str) -> str:
    """What `code` prints; Keras reads KERAS_HOME when it is imported, so each home needs its own process."""
    # A closed port of this machine stands for "no network".
    closed = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    given = {**os.environ, **closed, "KERAS_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3", **env}
    given.pop("NBGRADER_EXECUTION", None)
    return subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True).stdout


REPORT = """
from autograde.datasets import load_fashion_mnist
(x, y), (tx, ty) = load_fashion_mnist()
print(x.shape, y.shape, tx.shape, ty.shape, x.dtype, int(x.astype(int).sum()), int(ty[3]))
"""


def test_the_keras_loader_reads_its_own_cache(tmp_path):
    write_cache(tmp_path)
    total = int((np.arange(SIZES[0] * 784) % 256).sum())
    assert in_a_new_process(tmp_path, REPORT).strip() == f"(30, 28, 28) (30,) (12, 28, 28) (12,) uint8 {total} 3"


@pytest.mark.skipif(not SHARED.exists(), reason="the real images are not beside this checkout")
def test_real_images_are_read_where_they_exist(home, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(SHARED))
    monkeypatch.setattr(datasets.os, "access", lambda *_: False)  # as on a shared, read-only home
    (images, labels), (test_images, test_labels) = datasets.load_fashion_mnist()
    assert images.shape == (len(labels), 28, 28)
    assert test_images.shape == (len(test_labels), 28, 28)
    assert sorted(set(labels.tolist())) == list(range(10))
    assert datasets.source().kind == "cache"


def test_without_network_and_cache_it_says_so_and_draws_a_stand_in_of_the_same_shapes(tmp_path):
    *said, report = in_a_new_process(tmp_path, REPORT, AUTOGRADE_LANG="en").splitlines()
    assert report.startswith("(60000, 28, 28) (60000,) (10000, 28, 28) (10000,) uint8")
    assert "STAND-IN" in " ".join(said)
    assert str(tmp_path / "datasets" / "fashion-mnist") in " ".join(said)
    assert not list(tmp_path.rglob("*.gz")), "the stand-in must not pose as the real files"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"not gzip at all",
        lambda data: b"",
        lambda data: gzip.compress(b""),
    ],
    ids=["truncated", "other bytes", "empty", "empty inside"],
)
@pytest.mark.parametrize("name", datasets.FILES)
def test_a_damaged_cache_file_is_named_left_alone_and_does_not_stop_the_student(
    home, capsys, monkeypatch, name, damage, lang
):
    monkeypatch.setenv("AUTOGRADE_LANG", lang)
    path = write_cache(home) / name
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    (images, _), _ = datasets.load_fashion_mnist()
    said = capsys.readouterr().out
    assert name in said
    assert str(path.parent) in said
    assert images.shape == (200, 28, 28)
    assert path.read_bytes() == before


def test_labels_that_do_not_belong_to_the_images_are_damage(home):
    folder = write_cache(home)
    labels = folder / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(bytes(8) + bytes(7)))
    assert datasets.source().kind == "damaged"
    assert "30 images, 7 labels" in datasets.source().detail


def test_a_cache_that_keras_cannot_write_to_is_read_all_the_same(home, monkeypatch, capsys):
    write_cache(home)
    monkeypatch.setattr(datasets.os, "access", lambda *_: False)
    (images, _), (test_images, _) = datasets.load_fashion_mnist()
    assert (len(images), len(test_images)) == SIZES
    assert capsys.readouterr().out == ""


def test_while_grading_it_is_a_small_subset_the_same_in_every_call(home, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    first, second = datasets.load_fashion_mnist(), datasets.load_fashion_mnist()
    assert first[0][0].shape == (datasets.SMALL[0], 28, 28)
    assert np.array_equal(first[0][0], second[0][0])
    assert set(first[1][1].tolist()) == set(range(10))


def test_while_grading_real_images_are_not_replaced(home, monkeypatch):
    write_cache(home)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    (images, labels), _ = datasets.load_fashion_mnist()
    assert len(images) == SIZES[0]
    assert labels.tolist() == [i % 10 for i in range(SIZES[0])]


def test_the_stand_in_is_the_same_for_the_same_seed_and_balanced():
    images, labels = standin.draw(500, np.random.default_rng(5))
    again, _ = standin.draw(500, np.random.default_rng(5))
    other, _ = standin.draw(500, np.random.default_rng(6))
    assert np.array_equal(images, again)
    assert not np.array_equal(images, other)
    assert np.bincount(labels).tolist() == [50] * 10
    assert images.dtype == labels.dtype == np.uint8
    assert all(image.max() > 60 for image in images), "an image is empty"


def test_two_layers_learn_the_stand_in_clearly_better_than_a_linear_model():
    import tensorflow as tf

    images, labels = standin.draw(6_000, np.random.default_rng(1))
    inputs = images.astype("float32") / 255.0
    scores = {}
    for name, hidden in {"linear": [], "two layers": [tf.keras.layers.Dense(100, activation="relu")]}.items():
        tf.keras.utils.set_random_seed(0)
        model = tf.keras.Sequential(
            [
                tf.keras.Input((28, 28)),
                tf.keras.layers.Flatten(),
                *hidden,
                tf.keras.layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        fitted = model.fit(inputs[:5_000], labels[:5_000], batch_size=64, epochs=5, verbose=0)
        assert np.isfinite(fitted.history["loss"]).all()
        scores[name] = float(model.evaluate(inputs[5_000:], labels[5_000:], verbose=0)[1])
    assert scores["two layers"] > scores["linear"] + 0.05
    assert 0.4 < scores["linear"] < 0.8
    assert scores["two layers"] < 0.95, "too easy to tell good loops from bad ones"
