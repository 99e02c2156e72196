# %% [markdown] lang="en"
# # Eleven questions about TensorFlow and Keras
#
# **What you learn.** To say in a few sentences what TensorFlow does, where it differs from NumPy, when to write a loss, a
# metric, a layer, a model or a training loop of your own, and what happens when Python becomes a graph.
#
# **What it assumes.** Python, NumPy, and a first model trained with `fit`.
#
# **How long it takes.** About two hours: five to ten minutes a question. The experiments run in seconds.
#
# **How to work.**
#
# 1. Write each answer in your own words into its cell; three to eight sentences are plenty, in English, Chinese or both.
# 2. Save the notebook (Ctrl+S), then run the `check` cell below your answer. It says which points it sees and asks about
#    one that it misses. It only suggests: a person scores short answers.
# 3. Stuck? `hint("q03")` in any code cell gives the next hint for question 3. You may add cells wherever you like.
# 4. *Then* run the experiments. They show the facts on **your** installation and stop with an error if one does not hold.
#    They give much of the answer away, so answer first; afterwards, improve your answer as you like.
#
# The next cell imports everything. Where it prints a few lines that begin with `WARNING` or `I0000`, TensorFlow is only
# telling what it found on your machine.

# %% [markdown] lang="zh"
# # 关于 TensorFlow 与 Keras 的十一问
#
# **你会学到什么。** 用几句话说清楚：TensorFlow 能做什么，它和 NumPy 有哪些不同；损失、指标、层、模型和训练循环，各在什么时候值得自己动手写；Python
# 代码变成计算图时究竟发生了什么。
#
# **需要什么基础。** 会用 Python 和 NumPy，用 `fit` 训练过模型。
#
# **需要多长时间。** 大约两小时，每题五到十分钟。实验几秒钟就能跑完。
#
# **怎样做。**
#
# 1. 用自己的话把回答写进对应的单元格，三到八句就够了，中文、英文或者夹着写都可以。
# 2. 先保存笔记本（Ctrl+S），再运行回答下方的 `check` 单元格。它会告诉你看到了哪些要点，并就一个没看到的要点反问你。这只是建议：简答题由老师评分。
# 3. 没有思路？在任意代码单元格里运行 `hint("q03")`，就能得到第 3 题的下一条提示。你可以在任何地方添加单元格。
# 4. **最后**再运行实验。实验会在**你自己的**环境里把事实演示出来；如果哪条不成立，就会报错停下。实验里藏着不少答案，所以请先作答，看完再回头修改也不迟。
#
# 下一个单元格导入所需的库。如果它打印出几行以 `WARNING` 或 `I0000` 开头的文字，不必在意，那只是 TensorFlow 在报告它在你的机器上发现了什么。

# %% role="setup"
import contextlib
import io
import os
import re
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import: keeps its start-up messages away

import keras
import numpy as np
import tensorflow as tf

from autograde import check, hint, progress, solution

tf.get_logger().setLevel("ERROR")
keras.utils.set_random_seed(42)
X = np.random.default_rng(0).normal(size=(96, 3)).astype("float32")  # 96 instances, 3 features
y = X.sum(axis=1, keepdims=True)  # their targets, shape (96, 1)


def error_of(action):
    """One line about the exception that `action()` raises; None if it raises none."""
    try:
        action()
    except Exception as error:
        text = re.sub(r"\x1b\[\d+m|\{\{.*?\}\}", "", str(error))  # without colours and node names
        return f"{type(error).__name__}: {' '.join(text.split())[:110]}…"
    return None


# %% role="demo"
print("TensorFlow", tf.__version__, "· Keras", keras.__version__, "· NumPy", np.__version__)

# %% [markdown] lang="en"
# ## Question 1 · What is TensorFlow?
#
# Describe TensorFlow to a colleague who knows Python but has never used it: what it is for, and its main features. Which
# other well-known deep learning libraries are in use today?

# %% [markdown] lang="zh"
# ## 第 1 题 · TensorFlow 是什么？
#
# 有位同事会 Python，但没有用过 TensorFlow。请向他介绍：它是做什么用的，主要有哪些特点？目前还有哪些常用的深度学习库？

# %% [markdown] role="answer" exercise="q01"

# %% role="try"
check("q01")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 1: run them after answering
#
# A linear system, a derivative and a minimum; then devices, graphs and a file that runs without the code that made it.

# %% [markdown] lang="zh"
# ### 实验 1：作答之后再运行
#
# 先解一个线性方程组，求一个导数，找一个最小值；再看设备、计算图，以及一个脱离原始代码也能运行的文件。

# %% role="demo" shows="q01.numerical q01.autodiff"
A, b = tf.constant([[3.0, 1.0], [1.0, 2.0]]), tf.constant([[9.0], [8.0]])
solved = tf.linalg.solve(A, b)
print("A x = b holds for x =", solved.numpy().ravel())
assert np.allclose(A @ solved, b, atol=1e-5)

u = tf.Variable(2.0)
with tf.GradientTape() as record:
    cube = u**3
slope = float(record.gradient(cube, u))
print("The slope of u³ at 2 is", slope)
assert slope == 12.0

sgd = keras.optimizers.SGD(learning_rate=0.1)
for _ in range(60):
    with tf.GradientTape() as record:
        height = (u - 5.0) ** 2
    sgd.apply_gradients([(record.gradient(height, u), u)])
print("(u - 5)² is smallest near u =", round(float(u), 3))
assert abs(float(u) - 5.0) < 1e-3

# %% role="demo" shows="q01.accelerators q01.graphs"
print("Devices here:", [device.name for device in tf.config.list_logical_devices()])
with tf.device("CPU:0"):  # "GPU:0" on a machine that has one
    product = tf.ones((2, 3)) @ tf.ones((3, 2))
assert product.device.endswith("CPU:0")
assert all(hasattr(tf.distribute, name) for name in ("MirroredStrategy", "MultiWorkerMirroredStrategy", "TPUStrategy"))

square = tf.function(lambda t: t * t + 1.0, input_signature=[tf.TensorSpec([None], tf.float32)])
graph = square.get_concrete_function().graph
print("The graph's operations:", [operation.type for operation in graph.get_operations()])
assert "AddV2" in {operation.type for operation in graph.get_operations()}

module = tf.Module()
module.square = square
with tempfile.TemporaryDirectory() as folder:  # a SavedModel: no Python code of ours in it
    tf.saved_model.save(module, folder)
    loaded = tf.saved_model.load(folder)
print("The loaded graph gives", loaded.square(tf.constant([3.0])).numpy())
assert loaded.square(tf.constant([3.0])).numpy() == [10.0]

compiled = tf.function(lambda t: t * t + 1.0, jit_compile=True)  # the XLA compiler optimizes the whole graph
assert compiled(tf.constant([3.0])).numpy() == [10.0]

# %% role="demo" shows="q01.high_level"
batches = tf.data.Dataset.range(5).map(lambda n: n * n).batch(2)
print("tf.data:  ", [batch.tolist() for batch in batches.as_numpy_iterator()])
picture = tf.reshape(tf.range(4), (1, 2, 2, 1))
print("tf.image: ", tf.image.flip_left_right(picture).numpy().ravel())
wave = tf.signal.frame(tf.range(5), frame_length=3, frame_step=1)
print("tf.signal:", wave.numpy().tolist())
print("keras:    ", keras.layers.Dense(4)(X[:2]).shape)
assert list(tf.image.flip_left_right(picture).numpy().ravel()) == [1, 0, 3, 2]
assert wave.shape == (3, 3)
assert keras is tf.keras or tf.keras.layers.Dense is keras.layers.Dense  # tf.keras is Keras 3

# %% [markdown] lang="en"
# ## Question 2 · Instead of NumPy?
#
# Could you replace `import numpy as np` by `import tensorflow as np` and go on? What are the main differences between
# the two?

# %% [markdown] lang="zh"
# ## 第 2 题 · 能代替 NumPy 吗？
#
# 把 `import numpy as np` 换成 `import tensorflow as np`，程序还能照常运行吗？两者的主要区别是什么？

# %% [markdown] role="answer" exercise="q02"

# %% role="try"
check("q02")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 2: run them after answering
#
# Which names are missing? What is refused that NumPy would do? And what happens to a transposed array when the original
# changes?

# %% [markdown] lang="zh"
# ### 实验 2：作答之后再运行
#
# 哪些名字找不到？哪些事 NumPy 肯做而它不肯？原来的数组改了，转置后的数组会跟着变吗？

# %% role="demo" shows="q02.no_drop_in q02.names"
renamed = {"sum": "reduce_sum", "mean": "reduce_mean", "max": "reduce_max", "concatenate": "concat", "arange": "range"}
for theirs, ours in renamed.items():
    print(f"np.{theirs:12} there is {'a' if hasattr(tf, theirs) else 'no'} tf.{theirs}; it is called tf.{ours}")
    assert hasattr(np, theirs)
    assert not hasattr(tf, theirs)
    assert hasattr(tf, ours)

tensor = tf.constant([[1.0, 2.0]])
for attribute in ("T", "sum", "reshape"):
    print(f"an array has .{attribute}, a tensor:", hasattr(tensor, attribute))
    assert hasattr(np.ones(2), attribute)
    assert not hasattr(tensor, attribute)
assert float(tf.experimental.numpy.sum(tensor)) == 3.0  # NumPy's names exist there, for a part of NumPy

# %% role="demo" shows="q02.behaviour"
print("np: 1 + 1.5 =", np.array(1) + np.array(1.5))
mixed = error_of(lambda: tf.constant(1) + tf.constant(1.5))
print("tf:", mixed)
assert mixed is not None
assert float(tf.cast(tf.constant(1), tf.float32) + tf.constant(1.5)) == 2.5

array, variable = np.array([[1, 2], [3, 4]]), tf.Variable([[1, 2], [3, 4]])
view, copy = array.T, tf.transpose(variable)
array[0, 0] = 99
variable[0, 0].assign(99)
print("array.T after the change:      ", view[0, 0], "(a view)")
print("tf.transpose after the change: ", copy[0, 0].numpy(), "(a copy)")
assert view[0, 0] == 99
assert copy[0, 0] == 1

letters = np.array(["a", "b", "c"])
print("np picks by a list of indices:", letters[[0, 2]])
refused = error_of(lambda: tf.constant(letters)[[0, 2]])
print("tf:", refused)
assert refused is not None
assert list(tf.gather(letters, [0, 2]).numpy()) == [b"a", b"c"]

# %% role="demo" shows="q02.immutable"
tensor, variable = tf.constant([1, 2, 3]), tf.Variable([1, 2, 3])


def write(target):
    target[0] = 10


print("tensor[0] = 10:        ", error_of(lambda: write(tensor)))
assert "TypeError" in (error_of(lambda: write(tensor)) or "")
print("variable[0] = 10:      ", error_of(lambda: write(variable)))
assert "TypeError" in (error_of(lambda: write(variable)) or "")
variable[0].assign(10)
print("variable[0].assign(10):", variable.numpy())
assert variable.numpy().tolist() == [10, 2, 3]

# %% role="demo" shows="q02.adds"
t = tf.constant(3.0)
with tf.GradientTape() as record:
    record.watch(t)
    z = t * tf.sin(t)
slope = float(record.gradient(z, t))
print("derivatives:", slope, "=", np.sin(3) + 3 * np.cos(3))
assert np.isclose(slope, np.sin(3) + 3 * np.cos(3))
doubled = tf.function(lambda t: t + t)
print("graphs:     ", [node.type for node in doubled.get_concrete_function(t).graph.get_operations()])
assert doubled(t) == 6.0
print("devices:    ", t.device)
assert not hasattr(np, "GradientTape")

# %% [markdown] lang="en"
# ## Question 3 · Ten numbers twice
#
# Do `tf.range(10)` and `tf.constant(np.arange(10))` give the same result? Can you use one in the place of the other?

# %% [markdown] lang="zh"
# ## 第 3 题 · 两种方式得到的十个数
#
# `tf.range(10)` 和 `tf.constant(np.arange(10))` 的结果一样吗？两者可以互相替换吗？

# %% [markdown] role="answer" exercise="q03"

# %% role="try"
check("q03")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 3: run them after answering
#
# Look at all that is printed about the two tensors, not only at their numbers.

# %% [markdown] lang="zh"
# ### 实验 3：作答之后再运行
#
# 两个张量打印出来的内容要看全，别只看数字。

# %% role="demo" shows="q03.values q03.dtype q03.defaults"
a, b = tf.range(10), tf.constant(np.arange(10))
print(a)
print(b)
assert a.shape == b.shape == (10,)
assert a.numpy().tolist() == b.numpy().tolist()
assert a.dtype == tf.int32
assert b.dtype == tf.int64, "NumPy before version 2 counts in 32 bits on Windows: the one exception"

print("defaults for 1:  ", tf.constant(1).dtype.name, "and", np.array(1).dtype)
print("defaults for 1.0:", tf.constant(1.0).dtype.name, "and", np.array(1.0).dtype)
assert (tf.constant(1).dtype, tf.constant(1.0).dtype) == (tf.int32, tf.float32)
assert (np.array(1).dtype, np.array(1.0).dtype) == (np.int64, np.float64)
assert tf.range(10.0).dtype == tf.float32  # the type follows the argument

# %% role="demo" shows="q03.mixing"
a, b = tf.range(10), tf.constant(np.arange(10))
print("a + b: ", error_of(lambda: a + b))
print("a == b:", error_of(lambda: a == b))
assert error_of(lambda: a + b) is not None
assert error_of(lambda: a == b) is not None

print("cast:  ", (tf.cast(a, tf.int64) + b).numpy())
assert (tf.cast(a, tf.int64) + b).numpy()[-1] == 18
same = tf.range(10, dtype=tf.int64)
assert bool(tf.reduce_all(same == b))
assert tf.constant(np.arange(10), dtype=tf.int32).dtype == a.dtype

# %% [markdown] lang="en"
# ## Question 4 · Beyond ordinary tensors
#
# Not all data fit a box of numbers. Name six other data structures that TensorFlow offers, and say in a few words what
# each is for.

# %% [markdown] lang="zh"
# ## 第 4 题 · 不止普通张量
#
# 不是所有数据都能装进一个方方正正的数字盒子。请再举出 TensorFlow 提供的六种数据结构，并各用几个字说明用途。

# %% [markdown] role="answer" exercise="q04"

# %% role="try"
check("q04")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 4: run them after answering
#
# Six structures at work, and four more that would have counted too. Which of them are types of their own, and which are
# ordinary tensors with functions made for them?

# %% [markdown] lang="zh"
# ### 实验 4：作答之后再运行
#
# 看看这六种数据结构怎么用，另外还有四种，答到也算对。哪些是独立的类型？哪些其实是普通张量，只是另配了一套专用函数？

# %% role="demo" shows="q04.sparse q04.ragged q04.string q04.set"
sparse = tf.sparse.from_dense([[0, 0, 7], [0, 0, 0]])
print("sparse: only", sparse.values.numpy(), "is stored, at", sparse.indices.numpy().tolist())
assert isinstance(sparse, tf.SparseTensor)
assert sparse.values.shape == (1,)

ragged = tf.ragged.constant([[1, 2, 3], [], [4]])
print("ragged: rows of length", ragged.row_lengths().numpy())
assert isinstance(ragged, tf.RaggedTensor)
assert ragged.row_lengths().numpy().tolist() == [3, 0, 1]

text = tf.constant("山 Alp")
print("string:", tf.strings.length(text).numpy(), "bytes,", tf.strings.length(text, "UTF8_CHAR").numpy(), "characters")
assert type(text) is type(tf.constant(1.0))  # an ordinary tensor …
assert text.dtype == tf.string  # … whose elements are byte strings
assert (tf.strings.length(text), tf.strings.length(text, "UTF8_CHAR")) == (7, 5)

left, right = tf.constant([[1, 2, 3]]), tf.constant([[3, 4, 1]])
common = tf.sets.intersection(left, right)
print("set:    {1, 2, 3} and {3, 4, 1} share", common.values.numpy(), "in a", type(common).__name__)
assert isinstance(common, tf.SparseTensor)
assert common.values.numpy().tolist() == [1, 3]

# %% role="demo" shows="q04.tensor_array q04.queue"
array = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
for step in range(3):
    array = array.write(step, tf.fill((2,), float(step)))
print("tensor array:", array.stack().numpy().tolist())
assert array.stack().shape == (3, 2)

queue = tf.queue.FIFOQueue(capacity=3, dtypes=[tf.int32])
for number in (10, 20):
    queue.enqueue(number)
print("queue:        first in, first out:", queue.dequeue().numpy(), "then", queue.dequeue().numpy())
assert queue.size() == 0

table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["cat", "dog"], [0, 1]), default_value=-1)
print("lookup table:", table.lookup(tf.constant(["dog", "owl"])).numpy())
assert table.lookup(tf.constant(["dog", "owl"])).numpy().tolist() == [1, -1]

rows = tf.Variable(tf.ones((1000, 2)))
with tf.GradientTape() as record:
    picked = tf.reduce_sum(tf.gather(rows, [3]))
gradient = record.gradient(picked, rows)
print("slices:       the gradient of 1000 rows is", type(gradient).__name__, "with row", gradient.indices.numpy())
assert isinstance(gradient, tf.IndexedSlices)  # and tf.Variable, tf.data.Dataset make ten

# %% [markdown] lang="en"
# ## Question 5 · A loss of your own
#
# Keras takes a custom loss as a plain function or as a subclass of `keras.losses.Loss`. When would you write which, and
# what must the subclass contain so that a model with it can be saved and loaded?

# %% [markdown] lang="zh"
# ## 第 5 题 · 自己写损失
#
# 在 Keras 里，自定义损失既可以写成普通函数，也可以写成 `keras.losses.Loss` 的子类。两种写法各适合什么情况？子类里要写些什么，模型才能正确地保存和加载？

# %% [markdown] role="answer" exercise="q05"

# %% role="try"
check("q05")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 5: run them after answering
#
# First one loss written twice; then a threshold of 2 makes a journey through a file, with and without `get_config()`.

# %% [markdown] lang="zh"
# ### 实验 5：作答之后再运行
#
# 先把同一个损失写两遍；再让阈值 2 随模型存进文件、读回来，看看有没有 `get_config()` 差别在哪里。


# %% role="demo" shows="q05.function q05.subclass q05.call"
def huber_of_1(y_true, y_pred):
    error = keras.ops.abs(y_true - y_pred)
    return keras.ops.mean(keras.ops.where(error < 1.0, error**2 / 2, error - 0.5), axis=-1)


class ThresholdHuber(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold

    def call(self, y_true, y_pred):  # one loss per instance; Loss itself takes the mean
        error, limit = keras.ops.abs(y_true - y_pred), self.threshold
        return keras.ops.mean(keras.ops.where(error < limit, error**2 / 2, limit * (error - limit / 2)), axis=-1)


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile(loss=huber_of_1)  # Keras calls it with y_true and y_pred: no room for a threshold
by_function = model.evaluate(X, y, verbose=0)
model.compile(loss=ThresholdHuber(threshold=1.0))
by_class = model.evaluate(X, y, verbose=0)
print("threshold 1, as a function:", by_function, "and as a class:", by_class)
assert np.isclose(by_function, by_class, rtol=1e-5)

model.compile(loss=ThresholdHuber(threshold=0.1))
print("threshold 0.1, the same class:", model.evaluate(X, y, verbose=0))
assert model.evaluate(X, y, verbose=0) < by_class
per_instance, mean = ThresholdHuber().call(y[:4], 0 * y[:4]), ThresholdHuber()(y[:4], 0 * y[:4])
assert per_instance.shape == (4,)
assert np.isclose(mean, np.mean(per_instance))


# %% role="demo" shows="q05.get_config q05.load"
class Forgetful(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.minimum(keras.ops.abs(y_true - y_pred), self.threshold), axis=-1)


class Remembering(Forgetful):
    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


came_back = {}
with tempfile.TemporaryDirectory() as folder:
    for kind in (Forgetful, Remembering):
        path = os.path.join(folder, f"{kind.__name__}.keras")
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(loss=kind(threshold=2.0))
        model.fit(X, y, verbose=0)
        model.save(path)
        unknown = error_of(lambda path=path: keras.models.load_model(path))
        assert unknown is not None  # Keras cannot know a class of ours …
        restored = keras.models.load_model(path, custom_objects={kind.__name__: kind})  # … until it is told
        came_back[kind.__name__] = restored.loss.threshold
print("loaded without the class:", unknown)
print("saved 2.0, came back as", came_back)
assert came_back == {"Forgetful": 1.0, "Remembering": 2.0}

registered = keras.saving.register_keras_serializable("course")(Remembering)  # the other way to tell Keras
config = keras.saving.serialize_keras_object(registered(threshold=2.0))
assert keras.saving.deserialize_keras_object(config).threshold == 2.0

# %% [markdown] lang="en"
# ## Question 6 · A metric of your own
#
# When is a function enough for a custom metric, and when do you need a subclass of `keras.metrics.Metric`? Which methods
# does the subclass have?

# %% [markdown] lang="zh"
# ## 第 6 题 · 自己写指标
#
# 自定义指标什么时候写成函数就够了，什么时候必须写成 `keras.metrics.Metric` 的子类？子类里要有哪些方法？

# %% [markdown] role="answer" exercise="q06"

# %% role="try"
check("q06")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 6: run them after answering
#
# The recall of three batches, computed twice; then a method that nobody calls.

# %% [markdown] lang="zh"
# ### 实验 6：作答之后再运行
#
# 三个批次的召回率，用两种方法来算；再看一个永远没有人调用的方法。

# %% role="demo" shows="q06.function q06.subclass"
truth = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 1], "float32").reshape(-1, 1)
guess = np.array([1, 0, 0, 1, 1, 0, 1, 0, 0, 1], "float32").reshape(-1, 1)


def recall(y_true, y_pred):
    return keras.ops.sum(y_true * y_pred) / keras.ops.sum(y_true)


class StreamingRecall(keras.metrics.Metric):
    def __init__(self, name="streaming_recall", **kwargs):
        super().__init__(name=name, **kwargs)
        self.found = self.add_weight(name="found", initializer="zeros")
        self.present = self.add_weight(name="present", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.found.assign_add(keras.ops.sum(y_true * y_pred))
        self.present.assign_add(keras.ops.sum(y_true))

    def result(self):
        return self.found / self.present


def hit(y_true, y_pred):
    return keras.ops.cast(keras.ops.equal(y_true, y_pred), "float32")


echo = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])  # predicts its input
echo.compile(loss="mse", metrics=[recall, StreamingRecall(), hit])
seen = echo.evaluate(guess, truth, batch_size=4, verbose=0, return_dict=True)
print("batches of 4, 4 and 2:", {name: round(value, 4) for name, value in seen.items()})

true_recall = (truth * guess).sum() / truth.sum()
of_batches = np.mean([(t * g).sum() / t.sum() for t, g in ((truth[i : i + 4], guess[i : i + 4]) for i in (0, 4, 8))])
assert np.isclose(seen["streaming_recall"], true_recall)
assert np.isclose(seen["recall"], of_batches)
assert abs(true_recall - of_batches) > 0.05
assert np.isclose(seen["hit"], np.mean(truth == guess))  # a mean over instances: here a function is right

# %% role="demo" shows="q06.methods"
mean = keras.metrics.Mean()
mean.update_state([1.0, 3.0])
mean.update_state([8.0])
print("after two updates:", float(mean.result()))
assert mean.result() == 4.0
mean.reset_state()
assert mean.result() == 0.0

calls = []


class Counting(keras.metrics.Metric):
    def update_state(self, y_true, y_pred, sample_weight=None):
        calls.append("update_state")

    def result(self):
        calls.append("result")
        return 0.0

    def reset_state(self):
        calls.append("reset_state")
        super().reset_state()  # sets every variable of the metric to zero

    def reset_states(self):  # the name of old textbooks
        calls.append("reset_states")


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile(loss="mse", metrics=[Counting()], run_eagerly=True)
model.fit(X, y, epochs=3, verbose=0)
print(
    "three epochs call:",
    {name: calls.count(name) for name in ("update_state", "result", "reset_state", "reset_states")},
)
assert calls.count("update_state") == 9
assert calls.count("result") > 0
assert calls.count("reset_state") > 0  # between epochs
assert calls.count("reset_states") == 0  # never called, and nothing says so


# %% role="demo" shows="q06.get_config"
@keras.saving.register_keras_serializable("course")
class ShareAbove(keras.metrics.Metric):
    def __init__(self, threshold=0.0, name="share_above", **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.above = self.add_weight(name="above", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.above.assign_add(keras.ops.sum(keras.ops.cast(y_pred > self.threshold, "float32")))

    def result(self):
        return self.above + 0.0

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


metric = ShareAbove(threshold=0.5)
metric.update_state(None, keras.ops.array([0.2, 0.7, 0.9]))
restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
print("threshold:", metric.threshold, "came back as", restored.threshold)
print("state:    ", float(metric.result()), "came back as", float(restored.result()))
assert restored.threshold == 0.5
assert (float(metric.result()), float(restored.result())) == (2.0, 0.0)

# %% [markdown] lang="en"
# ## Question 7 · Layer or model?
#
# You have a block of computation with weights. When do you write it as a layer, when as a model, and what can the one do
# that the other cannot?

# %% [markdown] lang="zh"
# ## 第 7 题 · 层还是模型？
#
# 手头有一块带权重的计算。什么时候把它写成层，什么时候写成模型？其中一个能做而另一个不能做的是什么？

# %% [markdown] role="answer" exercise="q07"

# %% role="try"
check("q07")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 7: run them after answering
#
# One block used twice, one model trained, and a short list of what only one of them has.

# %% [markdown] lang="zh"
# ### 实验 7：作答之后再运行
#
# 同一个模块用两次，再训练一个模型；最后列出只有其中一方才有的方法。


# %% role="demo" shows="q07.layer q07.model q07.base_classes q07.only_models"
class Residual(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(units, activation="relu")

    def call(self, inputs):
        return inputs + self.dense(inputs)


class Regressor(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second, self.out = Residual(3), Residual(3), keras.layers.Dense(1)

    def call(self, inputs):
        return self.out(self.second(self.first(inputs)))


model = Regressor()
model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.05))
losses = model.fit(X, y, epochs=5, verbose=0).history["loss"]
print(f"the block is used twice, the model is trained: loss {losses[0]:.3f} → {losses[-1]:.3f}")
assert losses[-1] < losses[0]
assert len(model.trainable_variables) == 6

for name in ("compile", "fit", "evaluate", "predict", "save"):
    print(f"{name:9} a layer: {hasattr(model.first, name)!s:6} a model: {hasattr(model, name)}")
    assert not hasattr(model.first, name)
    assert hasattr(model, name)

print("a model is a layer too:", isinstance(model, keras.layers.Layer))
assert issubclass(keras.Model, keras.layers.Layer)
nested = keras.Sequential([keras.Input((3,)), model])  # so it can be a part of another model
assert np.allclose(nested(X), model(X), atol=1e-5)

# %% [markdown] lang="en"
# ## Question 8 · Worth a loop of your own?
#
# When is it worth writing your own training loop instead of calling `fit`? What does it cost, and what could you try
# first?

# %% [markdown] lang="zh"
# ## 第 8 题 · 值得自己写训练循环吗？
#
# 什么时候值得放下 `fit`，自己写训练循环？这样做的代价是什么？动手之前还可以先试试什么办法？

# %% [markdown] role="answer" exercise="q08"

# %% role="try"
check("q08")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 8: run them after answering
#
# Two optimizers without giving up `fit`; then a loop of four lines that quietly trains another model than `fit` does. Can
# you see what it forgets before you read the last comment?

# %% [markdown] lang="zh"
# ### 实验 8：作答之后再运行
#
# 先看看不放弃 `fit` 也能用上两个优化器；再看一个只有四行的循环，它训练的其实和 `fit` 不是一回事，却不声不响。读到最后一行注释之前，你能看出它漏了什么吗？


# %% role="demo" shows="q08.last_resort q08.two_optimizers"
class TwoSpeeds(keras.Model):  # only the step is ours; epochs, metrics, callbacks and validation stay Keras's
    def __init__(self, slow, fast):
        super().__init__()
        self.body, self.head = keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)
        self.slow, self.fast = slow, fast

    def call(self, inputs):
        return self.head(self.body(inputs))

    def train_step(self, data):
        inputs, targets = data
        with tf.GradientTape() as record:
            loss = self.compute_loss(x=inputs, y=targets, y_pred=self(inputs, training=True))
        parts = (self.body.trainable_variables, self.head.trainable_variables)
        for optimizer, part, gradients in zip((self.slow, self.fast), parts, record.gradient(loss, parts)):
            optimizer.apply_gradients(zip(gradients, part))
        return {"loss": loss}


model = TwoSpeeds(slow=keras.optimizers.SGD(0.0), fast=keras.optimizers.Adam(0.01))
model.compile(loss="mse")
model(X[:1])  # creates the weights
body, head = model.body.get_weights(), model.head.get_weights()
stop = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", epoch == 1))
history = model.fit(X, y, epochs=10, validation_data=(X, y), callbacks=[stop], verbose=0).history
print("epochs until the callback stopped it:", len(history["loss"]), "· shown:", sorted(history))
assert len(history["loss"]) == 2
assert all(np.array_equal(a, b) for a, b in zip(body, model.body.get_weights()))  # learning rate 0
assert not np.array_equal(head[0], model.head.get_weights()[0])
assert int(model.slow.iterations) == int(model.fast.iterations) == 6

if hasattr(keras.optimizers, "MultiOptimizer"):  # newer versions of Keras need not even a train_step
    still, moving = keras.optimizers.SGD(0.0), keras.optimizers.Adam(0.01)
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, name="body"), keras.layers.Dense(1, name="head")]
    )
    model.compile(
        loss="mse", optimizer=keras.optimizers.MultiOptimizer(lambda v: still if "body" in v.path else moving)
    )
    body, head = (layer.get_weights() for layer in model.layers)
    model.fit(X, y, verbose=0)
    assert np.array_equal(body[0], model.layers[0].get_weights()[0])
    assert not np.array_equal(head[0], model.layers[1].get_weights()[0])
print("keras.optimizers.MultiOptimizer exists here:", hasattr(keras.optimizers, "MultiOptimizer"))


# %% role="demo" shows="q08.costs"
def tiny_model():
    kernel = dict(kernel_initializer="ones", kernel_regularizer=keras.regularizers.L2(0.5))
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, **kernel)])


by_fit, by_hand, mse = tiny_model(), tiny_model(), keras.losses.MeanSquaredError()
by_fit.compile(loss=mse, optimizer=keras.optimizers.SGD(0.1))
by_fit.fit(X, y, batch_size=32, shuffle=False, verbose=0)

sgd = keras.optimizers.SGD(0.1)
for start in range(0, 96, 32):
    with tf.GradientTape() as record:
        loss = mse(y[start : start + 32], by_hand(X[start : start + 32], training=True))
    sgd.apply_gradients(zip(record.gradient(loss, by_hand.trainable_variables), by_hand.trainable_variables))

weights = by_fit.get_weights()[0].ravel(), by_hand.get_weights()[0].ravel()
print("trained by fit:", weights[0], "\nby our loop:   ", weights[1])
assert not np.allclose(*weights, atol=0.05)
# Nothing complained. The loop forgot by_hand.losses: the regularizer's part of the loss.

# %% [markdown] lang="en"
# ## Question 9 · Arbitrary Python inside Keras
#
# May a custom layer, loss or metric contain any Python code you like, or must it be convertible to a graph? What are the
# ways out when it is not, and what do they cost?

# %% [markdown] lang="zh"
# ## 第 9 题 · Keras 组件里的任意 Python 代码
#
# 自定义的层、损失或指标里，可以随便写 Python 代码吗，还是必须能转换成计算图？不能转换时有哪些出路，各要付出什么代价？

# %% [markdown] role="answer" exercise="q09"

# %% role="try"
check("q09")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 9: run them after answering
#
# A layer that asks for the numbers in a tensor, tried in four ways; a slope that gets lost; an old argument; and an `if` on
# a tensor.

# %% [markdown] lang="zh"
# ### 实验 9：作答之后再运行
#
# 一个想取出张量中具体数值的层，用四种办法来跑；一个不知不觉丢掉的导数；一个旧参数；还有一个以张量为条件的 `if`。


# %% role="demo" shows="q09.convertible q09.run_eagerly q09.py_function"
class Shrink(keras.layers.Layer):
    """Divides by the largest absolute value, found by NumPy."""

    def call(self, inputs):
        return inputs / np.abs(inputs.numpy()).max()

    def compute_output_shape(self, input_shape):
        return input_shape


class WrappedShrink(Shrink):
    def call(self, inputs):
        largest = tf.py_function(lambda t: np.abs(t.numpy()).max(), [inputs], tf.float32)
        return inputs / tf.reshape(largest, ())


def trained(layer, **how):
    model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", **how)
    return error_of(lambda: model.fit(X, y, verbose=0))


print("NumPy in call, fit:      ", trained(Shrink()))
print("with run_eagerly=True:   ", trained(Shrink(), run_eagerly=True) or "works")
print("in tf.py_function, fit:  ", trained(WrappedShrink()) or "works")
print("with jit_compile=True:   ", trained(WrappedShrink(), jit_compile=True))
assert trained(Shrink()) is not None
assert trained(Shrink(), run_eagerly=True) is None
assert trained(WrappedShrink()) is None
assert trained(WrappedShrink(), jit_compile=True) is not None

# %% role="demo" shows="q09.py_function"
u = tf.Variable(2.0)
for square in (lambda t: np.square(t.numpy()), tf.square):
    with tf.GradientTape() as record:
        wrapped = tf.py_function(square, [u], tf.float32)
    slope = float(record.gradient(wrapped, u))
    print("the slope of u² at 2 through", "tf.square:" if square is tf.square else "NumPy:    ", slope)
    assert slope == (4.0 if square is tf.square else 0.0)  # lost without a word

# %% role="demo" shows="q09.dynamic_gone"
for build in (keras.layers.Layer, keras.Model, keras.Sequential):
    refused = error_of(lambda: build(dynamic=True))
    print(refused)
    assert refused is not None


# %% role="demo" shows="q09.branches"
class IfLayer(keras.layers.Layer):
    def call(self, inputs):
        if tf.reduce_sum(inputs) > 0.0:
            return inputs
        return -inputs


class CondLayer(keras.layers.Layer):
    def call(self, inputs):
        return keras.ops.cond(keras.ops.sum(inputs) > 0.0, lambda: inputs, lambda: -inputs)


class ConvertedLayer(keras.layers.Layer):
    @tf.function  # AutoGraph now rewrites the if
    def call(self, inputs):
        if tf.reduce_sum(inputs) > 0.0:
            return inputs
        return -inputs


def fitted(layer):
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    return error_of(lambda: model.fit(X, y, verbose=0))


print("a plain if:       ", fitted(IfLayer()))
print("keras.ops.cond:   ", fitted(CondLayer()) or "works")
print("tf.function + if: ", fitted(ConvertedLayer()) or "works")
assert "OperatorNotAllowedInGraphError" in (fitted(IfLayer()) or "")
assert fitted(CondLayer()) is None
assert fitted(ConvertedLayer()) is None

# %% [markdown] lang="en"
# ## Question 10 · Rules for TF functions
#
# You want to decorate a Python function with `@tf.function`. Which rules must it keep so that the graph does what the
# Python code did?

# %% [markdown] lang="zh"
# ## 第 10 题 · TF 函数的规矩
#
# 你想给一个 Python 函数加上 `@tf.function`。要让计算图的行为和原来的 Python 代码一致，应当遵守哪些规则？

# %% [markdown] role="answer" exercise="q10"

# %% role="try"
check("q10")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 10: run them after answering
#
# Six rules, each broken once. Guess the output of each cell before you run it.

# %% [markdown] lang="zh"
# ### 实验 10：作答之后再运行
#
# 六条规则，每条故意违反一次。运行每个单元格之前，先猜猜会输出什么。

# %% role="demo" shows="q10.tracing"
log = []


@tf.function
def dice():
    log.append("called")
    return np.random.rand(), tf.random.uniform([])


first, second = dice(), dice()
print("np.random.rand twice:   ", float(first[0]), float(second[0]))
print("tf.random.uniform twice:", float(first[1]), float(second[1]))
print("the list after two calls:", log)
assert float(first[0]) == float(second[0])
assert float(first[1]) != float(second[1])
assert log == ["called"]


# %% role="demo" shows="q10.variables"
@tf.function
def new_each_time(t):
    counter = tf.Variable(1.0)
    return counter * t


class Once(tf.Module):
    counter = None

    @tf.function
    def __call__(self, t):
        if self.counter is None:
            self.counter = tf.Variable(1.0)
        return self.counter.assign_add(t)


print("a new variable on each call:", error_of(lambda: new_each_time(tf.constant(2.0))))
assert "ValueError" in (error_of(lambda: new_each_time(tf.constant(2.0))) or "")
once = Once()
once(tf.constant(2.0))
print("one on the first call only: ", float(once(tf.constant(2.0))))
assert once.counter == 5.0

# %% role="demo" shows="q10.retracing"
traces = []


@tf.function
def double(n):
    traces.append(n)  # Python: runs while tracing only
    return 2 * n


for n in range(5):
    double(n)
by_numbers = len(traces)
for n in range(5):
    double(tf.constant(n))
by_tensors = len(traces) - by_numbers
double(tf.constant(2.0))
double(tf.constant([2, 3]))
print("traces of five Python numbers:", by_numbers, "· of five tensors:", by_tensors)
print("of a new type and a new shape:", len(traces) - by_numbers - by_tensors)
assert (by_numbers, by_tensors, len(traces)) == (5, 1, 8)

# %% role="demo" shows="q10.captured"
factor, settings, state = 3.0, {"factor": 3.0}, tf.Variable(3.0)


@tf.function
def scaled(t):
    return t * factor, t * settings["factor"], t * state


print("before:", [float(value) for value in scaled(tf.constant(1.0))])
factor, settings["factor"] = 100.0, 100.0
state.assign(100.0)
after = [float(value) for value in scaled(tf.constant(1.0))]
print("after: ", after, "(a Python number, a dict's entry, a tf.Variable)")
assert after == [3.0, 3.0, 100.0]


# %% role="demo" shows="q10.tf_range"
def python_loop(t):
    for _ in range(100):
        t = t + 1.0
    return t


def graph_loop(t):
    for _ in tf.range(100):
        t = t + 1.0
    return t


sizes = {}
for loop in (python_loop, graph_loop):
    graph = tf.function(loop).get_concrete_function(tf.TensorSpec([], tf.float32)).graph
    sizes[loop.__name__] = len(graph.get_operations())
    assert tf.function(loop)(tf.constant(0.0)) == 100.0
print("operations in the graph:", sizes)
assert sizes["python_loop"] > 5 * sizes["graph_loop"]

# %% role="demo" shows="q10.source"
code = """
def absolute(t):
    if t < 0.0:
        return -t
    return t
"""
names = {"__name__": "elsewhere"}
exec(code, names)  # a function whose source stands in no file and no cell


def written_here(t):
    if t < 0.0:
        return -t
    return t


lost = error_of(lambda: tf.function(names["absolute"])(tf.constant(-2.0)))
print("source lost: ", lost)
print("source here: ", float(tf.function(written_here)(tf.constant(-2.0))))
assert "OperatorNotAllowedInGraphError" in (lost or "")
assert tf.function(written_here)(tf.constant(-2.0)) == 2.0

# %% [markdown] lang="en"
# ## Question 11 · Running a model eagerly
#
# When would you want a Keras model to run eagerly, without a graph? How do you ask for it today, what was `dynamic=True`,
# and why not run everything eagerly?

# %% [markdown] lang="zh"
# ## 第 11 题 · 让模型以即时模式运行
#
# 什么情况下会希望 Keras 模型不用计算图、以即时（eager）模式运行？现在该怎么设置？从前的 `dynamic=True` 是什么？为什么不干脆全都用即时模式？

# %% [markdown] role="answer" exercise="q11"

# %% role="try"
check("q11")  # reads the saved notebook: Ctrl+S first

# %% [markdown] lang="en"
# ### Experiments 11: run them after answering
#
# What a layer sees from inside, what the old argument does now, the price in milliseconds, and what can still be exported.

# %% [markdown] lang="zh"
# ### 实验 11：作答之后再运行
#
# 看看层在内部能看到什么，旧参数如今会怎样，代价是多少毫秒，以及哪些模型仍然可以导出。

# %% role="demo" shows="q11.reasons q11.run_eagerly"
seen = []


class Spy(keras.layers.Layer):
    def call(self, inputs):
        seen.append(float(inputs[0, 0]) if tf.executing_eagerly() else "a symbol without a value")
        return inputs


for eager in (False, True):
    model = keras.Sequential([Spy(), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", run_eagerly=eager)
    model(X[:1])  # creates the weights
    seen.clear()
    model.fit(X, y, batch_size=32, shuffle=False, verbose=0)
    print(f"run_eagerly={eager}: in three steps the layer's Python code saw {seen}")
    assert (float(X[32, 0]) in seen) == eager

tf.config.run_functions_eagerly(True)  # the switch for all TF functions, Keras or not
assert tf.function(tf.executing_eagerly)()
tf.config.run_functions_eagerly(False)
assert not tf.function(tf.executing_eagerly)()

# %% role="demo" shows="q11.dynamic_gone"
for build in (keras.layers.Layer, keras.Model, keras.Sequential):
    refused = error_of(lambda: build(dynamic=True))
    print(refused)
    assert refused is not None

# %% role="demo" shows="q11.slower"
many, targets, seconds = np.repeat(X, 25, axis=0), np.repeat(y, 25, axis=0), {}
for eager in (False, True):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(10, activation="relu"), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", run_eagerly=eager)
    model.fit(many[:64], targets[:64], verbose=0)  # tracing is not what we measure
    start = time.perf_counter()
    model.fit(many, targets, verbose=0)
    seconds[eager] = time.perf_counter() - start
print(f"milliseconds a step: {seconds[False] / 75e-3:.1f} as a graph, {seconds[True] / 75e-3:.1f} eagerly")
assert seconds[True] > seconds[False]


# %% role="demo" shows="q11.export"
class Peek(keras.layers.Layer):
    def call(self, inputs):
        return inputs / np.abs(inputs.numpy()).max()

    def compute_output_shape(self, input_shape):
        return input_shape


def exported(*layers):
    """A model trained eagerly, and what comes of exporting and loading it."""
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", run_eagerly=True)
    model.fit(X, y, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stdout(io.StringIO()):  # export tells much about itself
            model.export(folder)
        return model, tf.saved_model.load(folder)


model, loaded = exported()
print("trained eagerly, exported, same predictions:", np.allclose(loaded.serve(X), model(X), atol=1e-5))
assert np.allclose(loaded.serve(X), model(X), atol=1e-5)
print("with NumPy inside:", error_of(lambda: exported(Peek())))
assert error_of(lambda: exported(Peek())) is not None

# %% [markdown] lang="en"
# ## Done
#
# The cell below says what is answered and what is open. Save the notebook first.

# %% [markdown] lang="zh"
# ## 完成
#
# 下面的单元格会告诉你哪些题已经回答，哪些还没有。运行之前请先保存笔记本。

# %% role="demo"
progress()
