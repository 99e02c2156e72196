# %% [markdown] lang="en"
# # Training loops of your own
#
# **What you learn.** To write what `fit` does for you: take batches, compute gradients with `tf.GradientTape`, let an optimizer
# change the weights, keep running means, show progress at every iteration, validate after every epoch. Then to do what
# `fit` does not do by itself: train the lower and the upper layers of one network with an optimizer each.
#
# **What it assumes.** A first Keras model trained with `compile` and `fit`; what a gradient is; Python functions and loops.
#
# **How long it takes.** About two hours, of which the computer needs a few minutes.
#
# **How to work.**
#
# 1. Run the cells from the top. The worked examples come first; they solve other problems than the exercises do.
# 2. Write your answer where it says `# YOUR CODE HERE`, run the cell, then run the `check` below it. It calls your function
#    on tiny data, looks at what happened, and says what holds and what to look at next.
# 3. Stuck? `hint("train")` in any code cell gives one hint, and the next one when you ask again. You may add cells anywhere.
# 4. The locked cells that train and draw say so if your function is not finished yet; run them again once it is.

# %% [markdown] lang="zh"
# # 自己写训练循环
#
# **你会学到什么。** 亲手写出 `fit` 替你做的事：取批次，用 `tf.GradientTape` 求梯度，让优化器更新权重，累计平均值，每一步都显示进度，每个轮次结束后做验证。
# 然后再做一件 `fit` 本身做不到的事：同一个网络，下半部分和上半部分各用一个优化器来训练。
#
# **需要什么基础。** 用 `compile` 和 `fit` 训练过 Keras 模型；知道梯度是什么；会写 Python 的函数和循环。
#
# **需要多长时间。** 大约两小时，其中计算机只需要跑几分钟。
#
# **怎样做。**
#
# 1. 从上往下运行单元格。前面是完整的示例，解的是另外的问题，和练习不同。
# 2. 在写着 `# YOUR CODE HERE` 的地方写答案，运行该单元格，再运行下面的 `check`。它会拿很小的数据调用你的函数，看发生了什么，告诉你哪些已经做对，接下来该看哪里。
# 3. 没有思路？在任意代码单元格里运行 `hint("train")`，会得到一条提示；再运行一次，就是下一条。你可以在任何地方添加单元格。
# 4. 负责训练和画图的单元格是锁定的。如果你的函数还没写完，它们会提醒你；写完之后再运行一遍就行。

# %% role="setup"
import math
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import: keeps its start-up messages away

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from autograde import check, hint, progress, solution
from autograde.datasets import load_fashion_mnist

tf.get_logger().setLevel("ERROR")

# %% [markdown] lang="en"
# ## The data
#
# Fashion MNIST: images of 28 × 28 grey values, ten kinds of clothing. A tenth of the training images is put aside for
# **validation**: every choice, of a learning rate or of an architecture, is made by looking at these. The test images stay in
# their box. Who looks at them after every epoch has made them part of the choice, and has no honest number left for the end.
#
# `tf.data` brings the images in batches. The order of its four calls is worth a thought:
#
# | call | why here |
# |---|---|
# | `map(scale)`, then `cache()` | the scaling is done once; from the second epoch on the images come from memory |
# | `shuffle(...)` | *after* `cache`, or every epoch would have the same order; its buffer holds all images, so the mixing is complete |
# | `batch(32)` | after `shuffle`: images are mixed, not batches |
# | `prefetch(1)` | last: while the model trains on one batch, the next is being made |

# %% [markdown] lang="zh"
# ## 数据
#
# Fashion MNIST：28 × 28 的灰度图像，共十类服饰。我们从训练图像里留出十分之一用作**验证**：选学习率也好，选网络结构也好，都只看这一部分。测试图像先收好不动。
# 谁要是每个轮次之后都看一眼测试集，它就成了选择的一部分，到最后便再也拿不出一个诚实的数字。
#
# 图像由 `tf.data` 分批送来。下面四个调用的先后次序值得想一想：
#
# | 调用 | 为什么放在这里 |
# |---|---|
# | `map(scale)`，接着 `cache()` | 缩放只做一次；从第二个轮次起，图像直接来自内存 |
# | `shuffle(...)` | 放在 `cache` **之后**，否则每个轮次的次序都一样；缓冲区装得下全部图像，所以打得够乱 |
# | `batch(32)` | 放在 `shuffle` 之后：打乱的是图像，而不是批次 |
# | `prefetch(1)` | 放在最后：模型在一个批次上训练的同时，下一个批次已经在准备 |

# %% role="setup"
(images, labels), (test_images, test_labels) = load_fashion_mnist()
n_valid = len(images) // 10


def scale(image, label):
    """Grey values as floats between 0 and 1, the label as an integer."""
    return tf.cast(image, tf.float32) / 255, tf.cast(label, tf.int64)


def make_sets(batch_size=32, fixed_order=False):
    """A training and a validation set. The training set comes in a new order every epoch, or always in the same one."""
    tf.keras.utils.set_random_seed(42)
    train_set = tf.data.Dataset.from_tensor_slices((images[n_valid:], labels[n_valid:])).map(scale).cache()
    train_set = train_set.shuffle(len(images), seed=42, reshuffle_each_iteration=not fixed_order)
    valid_set = tf.data.Dataset.from_tensor_slices((images[:n_valid], labels[:n_valid])).map(scale)
    return train_set.batch(batch_size).prefetch(1), valid_set.batch(batch_size).cache().prefetch(1)


def finished(history, name):
    """Whether a training loop has recorded anything; says so where it has not."""
    if history and all(len(values) > 0 for values in history.values()):
        return True
    print(f"{name}: no results yet. Finish the function above, then run this cell again.")
    print(f"{name}：还没有结果。请先写完上面的函数，再运行这个单元格。")
    return False


def draw_curves(histories):
    """Loss and accuracy by epoch, in training (thin) and in validation (thick), for histories by name."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for number, (name, history) in enumerate(histories.items()):
        style = {"color": f"C{number}", "linestyle": ("-", "--", "-.", ":")[number % 4]}
        for axes, what in ((left, "loss"), (right, "accuracy")):
            epochs = range(1, len(history[what]) + 1)
            axes.plot(epochs, history[what], linewidth=1, alpha=0.6, **style)
            axes.plot(epochs, history[f"val_{what}"], linewidth=2, marker="o", label=name, **style)
            axes.set(xlabel="epoch", ylabel=what, xticks=epochs)
    left.set_title("thin: training, thick: validation", fontsize="medium")
    right.legend(fontsize="small")
    plt.show()


# %% role="demo"
names = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
figure, row = plt.subplots(1, 10, figsize=(10, 1.4), layout="constrained")
for number, axes in enumerate(row):
    axes.imshow(images[np.argmax(labels == number)], cmap="binary")
    axes.set_title(names[number], fontsize="small")
    axes.axis("off")
plt.show()
print(f"{len(images) - n_valid} images to train on, {n_valid} to validate, {len(test_images)} left in their box")

# %% [markdown] lang="en"
# ## A worked example: how high to aim
#
# A shot leaves the hand at 2 m above the ground and at 14 m/s. At which angle does it fly farthest? We do not solve an equation.
# We compute the distance, ask TensorFlow for its slope, and go uphill.
#
# `tf.GradientTape` is a recorder. While its `with` block runs, it notes each operation that a `tf.Variable` takes part in. Asked
# for the gradient of a result, it plays the notes backwards by the chain rule. Three habits to remember:
#
# - What happens *outside* the block is not recorded. Everything from the variable to the result belongs *inside*.
# - Asking happens *outside*: there is no need to record the playing back.
# - A tape plays once, then it is empty. Ask for all that you need in one question.

# %% [markdown] lang="zh"
# ## 示例：该以多大的角度出手
#
# 铅球在离地 2 m 处以 14 m/s 的速度出手。多大的角度投得最远？我们不去解方程，而是先算出距离，再向 TensorFlow 要它的斜率，然后沿着上坡走。
#
# `tf.GradientTape` 是一台录音机。`with` 代码块运行期间，凡是有 `tf.Variable` 参与的运算，它都记下来。向它要某个结果的梯度时，它就按链式法则把记录倒着放一遍。有三点要记住：
#
# - 代码块**外面**的运算不会被记录。从变量到结果，整条路都要放在**里面**。
# - 求梯度放在**外面**：倒放的过程不必再录一遍。
# - 一盘磁带只能放一次，放完就空了。需要哪些梯度，一次问全。

# %% role="demo"
angle = tf.Variable(20.0)  # degrees


def distance(degrees, speed=14.0, height=2.0, g=9.81):
    """How far the shot flies, in metres."""
    up = speed * tf.sin(degrees * math.pi / 180)
    forward = speed * tf.cos(degrees * math.pi / 180)
    return forward * (up + tf.sqrt(up**2 + 2 * g * height)) / g


for attempt in range(1, 9):
    with tf.GradientTape() as recorder:
        metres = distance(angle)
    slope = recorder.gradient(metres, angle)
    print(f"attempt {attempt}: {angle.numpy():5.2f} degrees, {metres:6.3f} m, slope {slope:7.4f} m per degree")
    angle.assign_add(20 * slope)  # uphill

# %% [markdown] lang="en"
# The slope is zero at 42.4°, a little below 45° because the shot starts above the ground. A network has a hundred thousand
# angles instead of one, and goes *downhill* on a loss. Nothing else changes. Choosing the size of the step is left to an
# **optimizer**: `optimizer.apply(gradients, variables)` makes one step with each of the variables (`apply_gradients`, which
# takes pairs, does the same), and then lets the constraints of the weights act, if there are any.
#
# ### Eager or compiled
#
# The loop above ran *eagerly*: Python asks for one operation after another. Wrapped in `tf.function`, the Python code runs once
# only, to write down a graph of operations, and from then on the graph runs alone. That is many times faster when operations are
# small. Two consequences:
#
# - What is to happen at *every* step must be a TensorFlow operation. `print` or `list.append` happen once, while the graph is
#   being written down.
# - A new shape of input means a new tracing. The last batch of an epoch is often shorter! One more tracing is no disaster; one at
#   every step would be.

# %% [markdown] lang="zh"
# 斜率在 42.4° 处变成零，比 45° 略小，因为铅球是从离地有一定高度的地方出手的。神经网络的“角度”不是一个，而是十万个，而且是沿着损失**下坡**走，除此之外没有任何不同。
# 每一步迈多大，交给**优化器**去定：`optimizer.apply(gradients, variables)` 让每个变量各走一步（`apply_gradients` 收的是配好的对，效果相同），
# 如果权重带有约束，接着就让约束生效。
#
# ### 即时执行还是编译
#
# 上面的循环是**即时**（eager）执行的：Python 一个接一个地要求做运算。套上 `tf.function` 之后，Python 代码只运行一次，用来写下一张运算图，此后就由图自己去跑。
# 运算都很小的时候，这样会快很多倍。由此有两个后果：
#
# - 凡是**每一步**都要发生的事，必须是 TensorFlow 的运算。`print` 或者 `list.append` 只会在写图的时候发生一次。
# - 输入的形状一变，就要重新跟踪（tracing）一次。一个轮次的最后一个批次往往比较短！多跟踪一次没有关系，每一步都重新跟踪可就糟了。

# %% [markdown] lang="en"
# ### Running means, and a display that keeps up
#
# What a progress bar shows during an epoch is a **running mean**: the mean of everything since the epoch began. Here it is that of
# a die. Note *when* things are said to `tqdm`:
#
# - `set_postfix_str(..., refresh=False)` only hands over the text. The bar repaints itself ten times a second, however often it
#   is told something. Repainting at every step would take longer than a step of training.
# - The last line is said while the bar is still open. When `tqdm` runs over an iterator by itself, it closes with the last
#   element, and whatever is said afterwards is never seen. Validation results get lost that way.

# %% [markdown] lang="zh"
# ### 累计平均值，以及跟得上的显示
#
# 一个轮次进行当中，进度条显示的是**累计平均值**：从轮次开始到现在所有数值的平均。下面以掷骰子为例。请留意是**什么时候**把话告诉 `tqdm` 的：
#
# - `set_postfix_str(..., refresh=False)` 只是把文字交过去。不管你交得多勤，进度条每秒只重画十次。要是每一步都重画，花的时间比训练一步还长。
# - 最后一句话，是趁进度条还开着的时候说的。让 `tqdm` 自己去遍历迭代器的话，取完最后一个元素它就关闭了，之后再说什么都没有人看得到。验证结果往往就是这样丢掉的。

# %% role="demo"
eyes = np.random.default_rng(1).integers(1, 7, size=3000)
points = 0
with tqdm(total=len(eyes), desc="Dice") as gauge:
    for count, thrown in enumerate(eyes, start=1):
        points += thrown
        gauge.set_postfix_str(f"mean={points / count:.4f}", refresh=False)
        gauge.update(1)
    gauge.set_postfix_str(f"mean={points / count:.4f}, expected=3.5000")

# %% [markdown] lang="en"
# ## (a) One optimizer
#
# Write `train(model, optimizer, loss_fn, train_set, valid_set, n_epochs)`.
#
# - **Each epoch** goes once through `train_set`, batch by batch, in its order. Batches are pairs `(X, y)` with whole numbers as
#   labels; the last one may be shorter.
# - **Each batch** makes one step: a forward pass *in training mode*, the loss, the gradients, one update of all trainable
#   variables. Dropout and batch normalization behave differently in training, and only you can tell them.
# - **The loss** is `loss_fn(y, y_pred)`, a mean over the batch, plus everything in `model.losses`: that is where regularizers
#   leave their share.
# - **Shown** at every iteration: epoch, iteration, running mean loss and running accuracy, with two decimals at least. Both
#   start anew with every epoch.
# - **After each epoch** the model goes through `valid_set`, in inference mode. Show mean loss and accuracy over all of its
#   instances. Means over batches differ from that when the last batch is shorter.
# - **Returned**: a dict like that of Keras's `History`: `loss`, `accuracy`, `val_loss`, `val_accuracy`, each a list with one number for
#   each epoch.
#
# Calling `fit` or `train_on_batch` is not an answer. Whether the step is eager or compiled is up to you. Start eagerly, where errors
# point to your line; compile when it is right.

# %% [markdown] lang="zh"
# ## (a) 一个优化器
#
# 请编写 `train(model, optimizer, loss_fn, train_set, valid_set, n_epochs)`。
#
# - **每个轮次**按原有次序，把 `train_set` 一批一批地走一遍。每个批次是一对 `(X, y)`，标签是整数；最后一个批次可能短一些。
# - **每个批次**走一步：在**训练模式**下做前向传播，求损失，求梯度，把所有可训练变量更新一次。随机失活（dropout）和批归一化在训练时的行为不同，而这件事只有你能告诉它们。
# - **损失**等于 `loss_fn(y, y_pred)`（对批次取平均）再加上 `model.losses` 里的每一项：正则化的那一份就放在那里。
# - **每一步都要显示**：第几个轮次、第几步、累计平均损失和累计准确率，至少保留两位小数。后两项在每个轮次开始时重新累计。
# - **每个轮次结束后**，模型在推断模式下把 `valid_set` 走一遍。请显示对其中全部样本取平均的损失和准确率。最后一个批次比较短时，按批次取平均得到的是另一个数。
# - **返回**一个字典，和 Keras 的 `History` 一样：`loss`、`accuracy`、`val_loss`、`val_accuracy`，各是一个列表，每个轮次一个数。
#
# 直接调用 `fit` 或 `train_on_batch` 不算作答。一步是即时执行还是编译执行，由你决定。建议先用即时执行，出错时会指到你写的那一行；写对了再编译。


# %% role="answer" exercise="train"
def train(model, optimizer, loss_fn, train_set, valid_set, n_epochs):
    """Train `model` for `n_epochs` epochs; show the running means at every iteration, validate after every epoch.

    Returns a dict of four lists with one number per epoch: loss, accuracy, val_loss, val_accuracy.
    """
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}

    ### BEGIN SOLUTION
    def compilable(layer):  # by XLA: a layer that is not says so, a container asks the layers in it
        return layer.supports_jit and all(map(compilable, getattr(layer, "layers", ())))

    xla = n_epochs * len(train_set) >= 2000 and compilable(model)  # it takes seconds to compile: for long runs only

    def measure(X, y, training):
        y_pred = model(X, training=training)  # dropout and batch statistics know by this what to do
        loss = loss_fn(y, y_pred) + sum(model.losses)  # the regularizers' losses; the sum of none is 0
        hits = tf.cast(tf.argmax(y_pred, axis=-1) == tf.cast(y, tf.int64), tf.int32)  # 1 where the label is right
        return loss, tf.reduce_sum(hits)

    @tf.function(input_signature=train_set.element_spec, jit_compile=xla)  # one trace serves batches of any length
    def step(X, y):
        with tf.GradientTape() as tape:  # remembers the forward pass
            loss, hits = measure(X, y, training=True)
        variables = model.trainable_variables  # those of frozen layers are not among them
        optimizer.apply(tape.gradient(loss, variables), variables)  # updates each once, then its constraint holds
        return loss, hits  # two numbers: all that Python needs to know of a step

    @tf.function(input_signature=valid_set.element_spec)
    def evaluate(X, y):
        return measure(X, y, training=False)

    def running_means(function, batches):
        seen = total = right = 0  # plain Python numbers: reading a metric costs nothing, resetting it even less
        for X, y in batches:
            loss, hits = function(X, y)
            seen, total, right = seen + len(y), total + float(loss) * len(y), right + int(hits)
            yield total / seen, right / seen  # means over instances: a short last batch weighs less

    optimizer.build(model.trainable_variables)  # its moments exist before tracing; one that is built keeps its own
    if not tf.config.functions_run_eagerly():
        step = step.get_concrete_function()  # traced here, once: spares a look for the right trace at every step
    for epoch in range(1, n_epochs + 1):
        with tqdm(total=len(train_set), desc=f"Epoch {epoch}/{n_epochs}", dynamic_ncols=True) as bar:
            for loss, accuracy in running_means(step, train_set):
                # handed over at every iteration; the bar repaints when it likes
                bar.set_postfix_str(f"loss={loss:.4f}, accuracy={accuracy:.4f}", refresh=False)
                bar.update()
                if not math.isfinite(loss):
                    advice = "try a smaller learning rate, or look for NaN in the data"
                    raise FloatingPointError(f"The loss is {loss} at iteration {bar.n} of epoch {epoch}: {advice}.")
            *_, (val_loss, val_accuracy) = running_means(evaluate, valid_set)
            bar.set_postfix_str(f"{bar.postfix}, val_loss={val_loss:.4f}, val_accuracy={val_accuracy:.4f}")
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy)):
            history[name].append(value)
    ### END SOLUTION
    return history


# %% role="try"
# Yours to try things: hint("train")

# %% [markdown] lang="en"
# ### Your loop at work
#
# A network of two dense layers, five epochs. On a common laptop that is less than half a minute.

# %% [markdown] lang="zh"
# ### 看看你的循环
#
# 一个有两个全连接层的网络，训练五个轮次。普通笔记本电脑用不了半分钟。


# %% role="setup"
def make_model():
    """A hundred hidden units between image and ten classes; the same first weights at every call."""
    tf.keras.utils.set_random_seed(42)
    hidden = tf.keras.layers.Dense(100, activation="relu")
    classes = tf.keras.layers.Dense(10, activation="softmax")
    return tf.keras.Sequential([tf.keras.Input((28, 28)), tf.keras.layers.Flatten(), hidden, classes])


# %% role="demo"
train_set, valid_set = make_sets()
nadam = tf.keras.optimizers.Nadam(learning_rate=0.001)
cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy()
started = time.perf_counter()
history = train(make_model(), nadam, cross_entropy, train_set, valid_set, n_epochs=5)
if finished(history, "train"):
    print(f"{time.perf_counter() - started:.1f} s, validation accuracy {history['val_accuracy'][-1]:.3f}")
    draw_curves({"train": history})

# %% [markdown] lang="en"
# The thin curves are means over an epoch in which the model was still learning; the thick ones are measured at its end. That
# is why validation may look *better* than training at first. Where the thin curve goes on falling and the thick one turns up,
# the network begins to learn its images by heart.
#
# ## A worked example: one speed does not fit all
#
# A swinging spring is measured: $2\sin(3t)$, only that we do not know the 2 and the 3. The amplitude $a$ and the frequency $b$ of
# $a\sin(bt)$ are to be found by going downhill on the mean squared error. A small change of $b$ matters a lot, as it shifts
# all later swings; a small change of $a$ does not. With one rate for both, either $a$ takes forever or $b$ jumps out of its valley.
#
# A tape gives gradients in the structure in which one asks for them: a list for a list, a dict for a dict.

# %% [markdown] lang="zh"
# 细线是整个轮次的平均，那时模型还在边学边变；粗线是轮次结束时量出来的。所以一开始验证曲线看上去反而可能**更好**。要是细线继续下降，粗线却掉头往上，说明网络开始死记硬背了。
#
# ## 示例：一个步长走不通
#
# 有人测得一根弹簧的摆动是 $2\sin(3t)$，只是我们不知道这个 2 和这个 3。要找出 $a\sin(bt)$ 的振幅 $a$ 和频率 $b$，办法是沿着均方误差下坡。$b$ 稍微一变，后面的摆动全都错位，影响很大；
# $a$ 稍微一变，影响很小。两者用同一个学习率，不是 $a$ 走得太慢，就是 $b$ 一下子跳出了谷底。
#
# 向磁带要梯度时，问的是什么结构，答的就是什么结构：给它列表就得到列表，给它字典就得到字典。

# %% role="demo"
t = tf.linspace(0.0, 3.0, 60)
measured = 2 * tf.sin(3 * t)


def find_swing(rates, attempts=60):
    """The mean squared error after each of the attempts, and the amplitude and frequency found."""
    swing = {"amplitude": tf.Variable(1.0), "frequency": tf.Variable(2.6)}
    errors = []
    for _ in range(attempts):
        with tf.GradientTape() as recorder:
            guess = swing["amplitude"] * tf.sin(swing["frequency"] * t)
            error = tf.reduce_mean((guess - measured) ** 2)
        slopes = recorder.gradient(error, swing)  # a dict, as swing is one
        for name, rate in rates.items():
            swing[name].assign_sub(rate * slopes[name])
        errors.append(float(error))
    return errors, {name: round(float(value), 3) for name, value in swing.items()}


figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for rates in (
    {"amplitude": 0.3, "frequency": 0.3},
    {"amplitude": 0.01, "frequency": 0.01},
    {"amplitude": 0.3, "frequency": 0.01},
):
    errors, found = find_swing(rates)
    print(rates, "->", found)
    axes.semilogy(errors, label=f"a: {rates['amplitude']}, b: {rates['frequency']}")
axes.set(xlabel="attempt", ylabel="mean squared error")
axes.legend(title="rates")
plt.show()

# %% [markdown] lang="en"
# ## (b) Two optimizers
#
# The same idea in a network: lower layers that came from another task and are good already should change slowly, new layers
# on top of them fast. `fit` takes one optimizer. Your loop can take two.
#
# Write `train_two_optimizers(lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs)`.
# Everything is as in (a), and in addition:
#
# - The prediction is `upper_layers(lower_layers(X))`, with the mode passed on to both.
# - The loss takes in the `losses` of both parts.
# - **Both gradients come from the same forward pass**, before anything is updated.
# - `lower_optimizer` updates the trainable variables of `lower_layers`, `upper_optimizer` those of `upper_layers`: each variable once
#   a step, none left out, none twice.
#
# A published solution of this exercise picked its layers by their positions in a list. One of the positions was that of a
# `Flatten` layer, which has no weights, and most of the layers were never trained. Its loss fell all the same. A falling loss
# proves little: look at *which* variables move.

# %% [markdown] lang="zh"
# ## (b) 两个优化器
#
# 同样的想法用到网络上：下面的层来自另一个任务，已经训练得不错，应当慢慢改；上面的层是新加的，应当快些学。`fit` 只收一个优化器，你的循环却可以收两个。
#
# 请编写 `train_two_optimizers(lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs)`。
# 其余都和 (a) 一样，另外：
#
# - 预测是 `upper_layers(lower_layers(X))`，训练还是推断，两部分都要告诉。
# - 损失要算上两部分的 `losses`。
# - **两组梯度来自同一次前向传播**，都在更新之前求好。
# - `lower_optimizer` 更新 `lower_layers` 的可训练变量，`upper_optimizer` 更新 `upper_layers` 的：每个变量每步更新一次，不漏掉，也不重复。
#
# 这道题有一份公开发表的解答，按列表里的位置来挑选层。其中一个位置正好是 `Flatten` 层，它没有权重，结果大部分层从来没有训练过，而损失照样在下降。损失下降说明不了什么，要看动的是**哪些**变量。


# %% role="answer" exercise="train_two_optimizers"
def train_two_optimizers(
    lower_layers, upper_layers, lower_optimizer, upper_optimizer, loss_fn, train_set, valid_set, n_epochs
):
    """Train `upper_layers(lower_layers(X))` like `train`, each part by its own optimizer.

    Returns a dict of four lists with one number per epoch: loss, accuracy, val_loss, val_accuracy.
    """
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}

    ### BEGIN SOLUTION
    parts, optimizers = (lower_layers, upper_layers), (lower_optimizer, upper_optimizer)

    def compilable(layer):  # by XLA: a layer that is not says so, a container asks the layers in it
        return layer.supports_jit and all(map(compilable, getattr(layer, "layers", ())))

    xla = n_epochs * len(train_set) >= 2000 and all(map(compilable, parts))  # it takes seconds: for long runs only

    def measure(X, y, training):
        y_pred = upper_layers(lower_layers(X, training=training), training=training)
        loss = loss_fn(y, y_pred) + sum(lower_layers.losses) + sum(upper_layers.losses)  # regularizers of both parts
        hits = tf.cast(tf.argmax(y_pred, axis=-1) == tf.cast(y, tf.int64), tf.int32)  # 1 where the label is right
        return loss, tf.reduce_sum(hits)

    @tf.function(input_signature=train_set.element_spec, jit_compile=xla)  # one trace serves batches of any length
    def step(X, y):
        with tf.GradientTape() as tape:  # remembers the forward pass
            loss, hits = measure(X, y, training=True)  # one forward pass for both parts
        groups = [part.trainable_variables for part in parts]
        for optimizer, gradients, group in zip(optimizers, tape.gradient(loss, groups), groups):
            optimizer.apply(gradients, group)  # all gradients were taken before the first update
        return loss, hits  # two numbers: all that Python needs to know of a step

    @tf.function(input_signature=valid_set.element_spec)
    def evaluate(X, y):
        return measure(X, y, training=False)

    def running_means(function, batches):
        seen = total = right = 0  # plain Python numbers: reading a metric costs nothing, resetting it even less
        for X, y in batches:
            loss, hits = function(X, y)
            seen, total, right = seen + len(y), total + float(loss) * len(y), right + int(hits)
            yield total / seen, right / seen  # means over instances: a short last batch weighs less

    for optimizer, part in zip(optimizers, parts):
        optimizer.build(part.trainable_variables)  # its moments exist before tracing; one that is built keeps its own
    if not tf.config.functions_run_eagerly():
        step = step.get_concrete_function()  # traced here, once: spares a look for the right trace at every step
    for epoch in range(1, n_epochs + 1):
        with tqdm(total=len(train_set), desc=f"Epoch {epoch}/{n_epochs}", dynamic_ncols=True) as bar:
            for loss, accuracy in running_means(step, train_set):
                # handed over at every iteration; the bar repaints when it likes
                bar.set_postfix_str(f"loss={loss:.4f}, accuracy={accuracy:.4f}", refresh=False)
                bar.update()
                if not math.isfinite(loss):
                    advice = "try a smaller learning rate, or look for NaN in the data"
                    raise FloatingPointError(f"The loss is {loss} at iteration {bar.n} of epoch {epoch}: {advice}.")
            *_, (val_loss, val_accuracy) = running_means(evaluate, valid_set)
            bar.set_postfix_str(f"{bar.postfix}, val_loss={val_loss:.4f}, val_accuracy={val_accuracy:.4f}")
        for name, value in zip(history, (loss, accuracy, val_loss, val_accuracy)):
            history[name].append(value)
    ### END SOLUTION
    return history


# %% role="try"
# Yours to try things: hint("train_two_optimizers")

# %% [markdown] lang="en"
# ### Your second loop at work
#
# The same network in two parts: the image and its hundred hidden units below, with plain gradient descent and momentum; the ten
# classes above, with Nadam.

# %% [markdown] lang="zh"
# ### 看看你的第二个循环
#
# 还是那个网络，拆成两部分：下面是图像和一百个隐藏单元，用带动量的梯度下降；上面是十个类别，用 Nadam。


# %% role="setup"
def make_parts():
    """The network of `make_model` cut in two, with the same first weights."""
    flat, hidden, classes = make_model().layers
    lower = tf.keras.Sequential([tf.keras.Input((28, 28)), flat, hidden])
    return lower, tf.keras.Sequential([tf.keras.Input((100,)), classes])


# %% role="demo"
lower, upper = make_parts()
momentum = tf.keras.optimizers.SGD(learning_rate=0.02, momentum=0.9)
nadam = tf.keras.optimizers.Nadam(learning_rate=0.001)
before = {variable.path: variable.numpy() for part in (lower, upper) for variable in part.trainable_variables}
train_set, valid_set = make_sets()
history = train_two_optimizers(lower, upper, momentum, nadam, cross_entropy, train_set, valid_set, n_epochs=5)
if finished(history, "train_two_optimizers"):
    for part in (lower, upper):
        for variable in part.trainable_variables:
            moved = np.abs(variable.numpy() - before[variable.path]).mean()
            print(f"{variable.path:32} moved by {moved:.4f} on average")
    draw_curves({"train_two_optimizers": history})

# %% [markdown] lang="en"
# ## Side by side
#
# Now for a comparison that can be trusted: the same first weights, the same batches in the same order, five epochs each.
#
# - **one optimizer**: your `train` with Nadam;
# - **model.fit**: Keras's own loop with the same Nadam. If your loop is right, its curve lies on top of yours, apart from rounding:
#   there is no magic in `fit`;
# - **two optimizers**: momentum below, Nadam above;
# - **lower part at 0.0001**: the same again, with a rate below that is two hundred times smaller and without momentum. What do you expect?

# %% [markdown] lang="zh"
# ## 放在一起比
#
# 现在做一次信得过的比较：初始权重相同，批次和次序相同，各训练五个轮次。
#
# - **one optimizer**：你的 `train`，用 Nadam；
# - **model.fit**：Keras 自己的循环，用同样的 Nadam。如果你写对了，两条曲线会重合，只差一点舍入：`fit` 里并没有魔法；
# - **two optimizers**：下面用动量，上面用 Nadam；
# - **lower part at 0.0001**：同上，只是下面的学习率小了两百倍，也没有动量。你猜会怎样？


# %% role="demo"
def with_one(sets):
    return train(make_model(), tf.keras.optimizers.Nadam(0.001), cross_entropy, *sets, n_epochs=5)


def with_fit(sets):
    model = make_model()
    model.compile(optimizer=tf.keras.optimizers.Nadam(0.001), loss=cross_entropy, metrics=["accuracy"])
    return model.fit(sets[0], validation_data=sets[1], epochs=5, shuffle=False, verbose=0).history


def with_two(sets, **below):
    optimizers = tf.keras.optimizers.SGD(**below), tf.keras.optimizers.Nadam(0.001)
    return train_two_optimizers(*make_parts(), *optimizers, cross_entropy, *sets, n_epochs=5)


designs = {
    "one optimizer": with_one,
    "model.fit": with_fit,
    "two optimizers": lambda sets: with_two(sets, learning_rate=0.02, momentum=0.9),
    "lower part at 0.0001": lambda sets: with_two(sets, learning_rate=0.0001),
}
histories, seconds = {}, {}
for name, design in designs.items():
    sets = make_sets(fixed_order=True)
    started = time.perf_counter()
    history = design(sets)
    if finished(history, name):
        histories[name], seconds[name] = history, time.perf_counter() - started

draw_curves(histories)
print(f"{'after 5 epochs':22}{'loss':>8}{'accuracy':>10}{'val_loss':>10}{'val_accuracy':>14}{'seconds':>9}")
for name, history in histories.items():
    last = {key: values[-1] for key, values in history.items()}
    print(f"{name:22}{last['loss']:8.4f}{last['accuracy']:10.4f}{last['val_loss']:10.4f}", end="")
    print(f"{last['val_accuracy']:14.4f}{seconds[name]:9.1f}")

# %% [markdown] lang="en"
# The last design is the lesson. At a rate of 0.0001 the lower part hardly moves: a hundred *random* features with a classifier on
# top. Its accuracy is far below the others', yet nothing raised, and the loss fell in every epoch. Had you chosen that rate first,
# you might have concluded that two optimizers are a bad idea.
#
# Two optimizers do not beat one here, and need not: all layers are new. They are worth having where parts differ, as when the lower
# layers are pretrained, or in an adversarial pair, or in a wide part beside a deep one.
#
# ## Where does the time go?
#
# A step on a small batch is a few hundred microseconds of arithmetic. Everything else is overhead, and there is more of it than one
# would think. The next cell measures four designs on *your* machine, with random numbers and plain gradient descent on a squared
# error. It takes less than a minute; the designs take turns, so that a busy moment of the machine hits all of them.

# %% [markdown] lang="zh"
# 值得记住的是最后一种。学习率只有 0.0001 时，下面那部分几乎不动：等于一百个**随机**特征，上面再加一个分类器。它的准确率比别的低很多，可是什么错都没有报，损失也每个轮次都在下降。
# 假如你一开始就选了这个学习率，恐怕会得出结论：用两个优化器不是好主意。
#
# 在这里，两个优化器并没有胜过一个，也不必胜过：所有的层都是新的。各部分情况不同的时候它才有用，比如下面的层是预训练好的，比如一对相互对抗的网络，比如一个宽的部分配一个深的部分。
#
# ## 时间花在哪里？
#
# 小批次上的一步，真正的计算只有几百微秒，其余全是额外开销，而且比想象的多。下一个单元格在**你的**机器上测量四种写法，用的是随机数，对平方误差做最普通的梯度下降。
# 全程不到一分钟；四种写法轮流运行，这样机器一时忙起来，受影响的就不只是某一种。

# %% role="demo"
toy = tf.keras.Sequential([tf.keras.Input((784,)), tf.keras.layers.Dense(100, "relu"), tf.keras.layers.Dense(10)])
toy.compile(optimizer="sgd", loss="mse")
noise = tf.data.Dataset.from_tensors((tf.random.normal((32, 784)), tf.random.normal((32, 10)))).repeat()


def descend(inputs, wanted):
    """One step downhill on the mean squared error of `toy`, which it returns."""
    with tf.GradientTape() as recorder:
        error = tf.reduce_mean((toy(inputs) - wanted) ** 2)
    for weight, slope in zip(toy.weights, recorder.gradient(error, toy.weights)):
        weight.assign_sub(0.001 * slope)
    return error


def follow(move, attempts, refresh):
    """Make `attempts` moves and show each of them; `refresh`: repaint the bar every time."""
    with tqdm(total=attempts, leave=False) as gauge:
        for inputs, wanted in noise.take(attempts):
            gauge.set_postfix_str(f"error={float(move(inputs, wanted)):.4f}", refresh=refresh)
            gauge.update(1)


compiled = tf.function(descend)
designs = {
    "eager": (lambda: follow(descend, 60, True), 60),
    "compiled": (lambda: follow(compiled, 200, True), 200),
    "compiled, sparing display": (lambda: follow(compiled, 400, False), 400),
    "model.fit, silent": (lambda: toy.fit(noise.take(400), shuffle=False, verbose=0), 400),
}
milliseconds = {name: [] for name in designs}
for turn in range(6):
    for name, (design, attempts) in designs.items():
        started = time.perf_counter()
        design()
        if turn:  # the first turn pays for tracing
            milliseconds[name].append(1000 * (time.perf_counter() - started) / attempts)

figure, axes = plt.subplots(figsize=(7, 2.2), layout="constrained")
bars = axes.barh(list(milliseconds), [np.median(times) for times in milliseconds.values()], color="C0")
axes.bar_label(bars, fmt="%.2f", padding=3)
axes.invert_yaxis()
axes.margins(x=0.12)
axes.set(xlabel="milliseconds per step (median of 5)", title="time per step by design, batch of 32")
plt.show()

# %% [markdown] lang="en"
# Read the figure from the top:
#
# - *Eager*: for every small operation Python looks up a kernel, calls it and wraps the result. A step has about a hundred of them.
# - *Compiled*: one call a step. What is left is that call, the fetching of a batch, and the display.
# - *Sparing display*: the same values are handed over at every step, the bar repaints when it likes. In a notebook, where
#   each repaint travels to the browser, this matters even more than in a terminal.
# - *`model.fit`*, silent here, is a compiled loop too. It looks after callbacks and logs at every step, whether there are any or
#   not; a loop of your own does only what you need.
#
# Reading one number from a compiled step, `float(loss)`, costs a microsecond on a CPU. On a GPU it makes Python wait until the step
# is done; there one reads the number of the step *before*, or only now and then.
#
# ## Going faster
#
# What remains of the overhead belongs to the *call*, not to the arithmetic: Python calls TensorFlow, sleeping threads are woken, results
# are handed back. So make fewer calls. **Several steps in one compiled call** work like this:
#
# 1. Forty batches arrive as one big one (`Dataset.rebatch` joins them and keeps the order).
# 2. The compiled function cuts it into forty again and takes forty steps, one after the other: the same arithmetic in the same order,
#    the same weights at the end.
# 3. It hands back forty losses and forty counts of right answers. NumPy makes the running means of them, and all forty are shown.
#    Nobody who watches the bar can tell the difference, except that it runs.
#
# `fit` has a relative of this in `compile(steps_per_execution=32)`, which shows only every thirty-second value. And both get better
# with **XLA** (`jit_compile=True`): a compiler that melts many small operations into few large ones. It takes seconds to compile, once
# for each shape of input, so it pays in long runs and not in short ones; and there are operations that it cannot compile, such as
# `tf.py_function` and those on strings.
#
# On two cores of a server, batch of 32, forty steps a call with XLA reach five times the speed of `fit` and more, with every single
# value shown, and come close to the limit: the whole epoch as one compiled function over data in memory. With larger batches
# and larger networks the arithmetic takes over, and the gain becomes smaller. First measure, then decide whether it is worth it: a
# NaN is noticed up to thirty-nine steps late, and the program is harder to read.
#
# ## What is done, what is open

# %% [markdown] lang="zh"
# 从上往下看这张图：
#
# - **eager**（即时执行）：每做一个小运算，Python 都要查找内核、调用它、再把结果包装起来。一步里大约有上百个这样的运算。
# - **compiled**（编译）：每步只调用一次。剩下的开销是这次调用、取批次和显示。
# - **sparing display**（节省显示）：每一步照样把数值交出去，只是进度条有空才重画。在笔记本里，每次重画都要传到浏览器，差别比在终端里还要大。
# - **`model.fit`**（这里不让它显示）也是编译过的循环。不管有没有回调和日志，它每一步都要照料一遍；自己写的循环只做你需要的事。
#
# 从编译好的一步里读出一个数，即 `float(loss)`，在 CPU 上只要一微秒。在 GPU 上，它会让 Python 一直等到这一步算完；那时应当读**上一步**的数，或者隔一阵才读一次。
#
# ## 再快一些
#
# 剩下的开销来自**调用**，而不是计算：Python 调用 TensorFlow，唤醒休眠的线程，再把结果交回来。那就少调用几次。**一次编译好的调用里走好几步**，做法是这样的：
#
# 1. 四十个批次合成一大批送来（`Dataset.rebatch` 负责拼接，次序不变）。
# 2. 编译好的函数再把它切回四十份，一份接一份走四十步：运算相同，次序相同，最后的权重也相同。
# 3. 它交回四十个损失和四十个答对的数目。NumPy 由此算出累计平均值，四十组全部显示出来。盯着进度条的人看不出有什么不同，只觉得它跑得飞快。
#
# `fit` 也有一个类似的办法：`compile(steps_per_execution=32)`，不过每三十二步才显示一个数。两者再配上 **XLA**（`jit_compile=True`）还会更好：
# 这种编译器把许多小运算熔成少数几个大运算。编译要花几秒钟，每种输入形状一次，所以跑得久才划算，跑得短就不值；另外，有些运算它编译不了，比如 `tf.py_function`，比如字符串运算。
#
# 在服务器的两个核上，批次大小为 32，用 XLA 每次调用走四十步，速度可以达到 `fit` 的五倍以上，而且每一个数都显示出来，已经接近极限，也就是把整个轮次编译成一个函数、数据全部放在内存里。
# 批次和网络再大一些，时间就主要花在计算上，能省下的也就少了。先测量，再决定值不值得：损失变成 NaN，最多要晚三十九步才会发现，程序也更难读。
#
# ## 做完了什么，还剩什么

# %% role="demo"
progress()
