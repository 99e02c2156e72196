# %% [markdown] lang="en"
# # A layer of your own: layer normalization
#
# **What you learn.** To write a Keras layer with weights of its own from `build()` and `call()` up; what layer normalization
# computes, over which axis, and why; what the small number ε in its denominator does, and why it matters where it stands.
#
# **What it assumes.** Python and NumPy; mean and standard deviation; a first model trained with `fit`.
#
# **How long it takes.** About an hour. Nothing here computes for longer than half a minute.
#
# **How to work.** Read and run from the top. There is one answer cell; write your layer there, run it, then run the `check`
# cell below it: it says what holds and what does not yet. Stuck? `hint("layer_normalization")` in any cell gives the next
# hint. You may add cells wherever you like.

# %% [markdown] lang="zh"
# # 自己动手写一个层：层归一化
#
# **你会学到什么。** 从 `build()` 和 `call()` 开始，写出一个带权重的 Keras 层；弄清层归一化算的是什么、沿哪个轴算、为什么这样算；分母里那个小小的 ε
# 有什么用，放在不同的地方又有什么差别。
#
# **需要什么基础。** 会用 Python 和 NumPy，知道均值和标准差，用 `fit` 训练过模型。
#
# **需要多长时间。** 大约一小时。每个单元格的运行时间都不超过半分钟。
#
# **怎样做。** 从头往下边读边运行。只有一个作答单元格：把你的层写在那里，运行，再运行下面的 `check` 单元格，它会告诉你哪些已经成立、哪些还没有。没有思路？在任意单元格里运行
# `hint("layer_normalization")`，就能得到下一条提示。你可以在任何地方添加单元格。

# %% role="setup"
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import: keeps its start-up messages away

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from autograde import check, hint, progress, solution
from autograde.datasets import load_fashion_mnist

tf.keras.utils.set_random_seed(42)


def finished(layer_class):
    """Whether the layer gives an output of the right shape yet; says so where it does not."""
    try:
        done = np.shape(layer_class()(tf.ones((2, 3)))) == (2, 3)
    except Exception:
        done = False
    if not done:
        print("LayerNormalization is not finished yet: come back to this cell later. · 层还没有写完，稍后再来运行。")
    return done


# %% [markdown] lang="en"
# ## One row by hand
#
# Take the four numbers of one instance. Subtract their mean, divide by their standard deviation:

# %% [markdown] lang="zh"
# ## 先用手算一行
#
# 取一个样本的四个数，减去它们的均值，再除以它们的标准差：

# %% role="demo"
row = np.array([2.0, 4.0, 6.0, 8.0])
print("mean", row.mean(), " standard deviation", row.std())
print("normalized          ", (row - row.mean()) / row.std())
tenfold = 10 * row + 100
print("10 x the row, + 100 ", (tenfold - tenfold.mean()) / tenfold.std())

# %% [markdown] lang="en"
# The result has mean 0 and standard deviation 1, whatever unit the row was measured in: ten times the row plus a hundred gives
# the same. For a network that is a blessing. A deep stack multiplies its input by matrix after matrix; activations grow or
# shrink from layer to layer, and the layers above must learn to live with a scale that shifts under their feet. A
# normalized row always arrives at the same scale.
#
# NumPy divides the sum of squares by $n$, not by $n - 1$, and so do we: these are *all* the numbers of the instance,
# not a sample drawn from more of them.
#
# ## Which numbers belong together?
#
# A batch is a table: a row for each instance, a column for each feature. *Batch* normalization takes one mean for each column,
# over the instances that happen to be in the batch. *Layer* normalization takes one mean for each row. So an instance
# is treated alike in any company: alone, in a small batch or a large one, in training or in use. Nothing needs to be
# remembered from training, and there is no `training` switch.

# %% [markdown] lang="zh"
# 不管原来的数用什么单位，结果的均值总是 0，标准差总是 1：把整行乘以十再加一百，得到的还是同一个结果。这对神经网络是件好事。很深的网络把输入乘以一个又一个矩阵，激活值逐层放大或缩小，
# 上面的层不得不适应随时在变的尺度。归一化之后，每一行到达下一层时，尺度总是一样的。
#
# NumPy 求标准差时，平方和除以的是 $n$ 而不是 $n - 1$，我们也这样做：这里就是该样本的**全部**数据，而不是从更多数据里抽出来的一部分。
#
# ## 哪些数算作一组？
#
# 一个批次就是一张表：每行一个样本，每列一个特征。**批**归一化给每一列算一个均值，算的时候用到的是恰好同在这个批次里的样本。**层**归一化给每一行算一个均值。
# 因此，一个样本无论单独出现，还是与多少别的样本同批，无论在训练还是在使用，得到的处理都一样。训练时不必记住任何东西，也就不需要 `training` 这个开关。


# %% role="demo"
def shade(axes, title, cells):
    """Draw a batch as a table and shade the cells that share one mean."""
    axes.imshow(cells, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    axes.set(title=title, xlabel="feature", ylabel="instance", xticks=range(6), yticks=range(5))
    axes.set_xticks(np.arange(-0.5, 6), minor=True)
    axes.set_yticks(np.arange(-0.5, 5), minor=True)
    axes.grid(which="minor", color="grey", linewidth=0.5)


column, line = np.zeros((5, 6)), np.zeros((5, 6))
column[:, 2], line[2, :] = 1, 1
figure, both = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
shade(both[0], "batch normalization: a column shares", column)
shade(both[1], "layer normalization: a row shares", line)
plt.show()

# %% [markdown] lang="en"
# With more than two axes the rule stays as short as that: **the last axis** is normalized. An image of shape `(28, 28)`, with its
# batch axis `(batch, 28, 28)`, gets 28 means, one for each of its rows; flattened to `(batch, 784)` it gets a single one.
#
# ## The formula
#
# $$\mathrm{output} \;=\; \boldsymbol\alpha \otimes \frac{\mathbf x - \mu}{d} \;+\; \boldsymbol\beta
# \qquad\text{with}\qquad d = \sigma + \varepsilon \quad\text{or}\quad d = \sqrt{\sigma^2 + \varepsilon}$$
#
# $\mu$ and $\sigma$ are mean and standard deviation of the last axis, $\otimes$ multiplies place by place. $\boldsymbol\alpha$ and
# $\boldsymbol\beta$ are learned, one number each for every feature. They start at 1 and 0, so that a new layer only normalizes;
# training may then stretch and shift each feature as it likes, even undo the normalization where that is best.
#
# ### What ε is for, and where it stands
#
# A row whose numbers are all equal has $\sigma = 0$, and $0/0$ is `nan`: one black image, and every weight of the network is
# `nan` after the next step. $\varepsilon$ keeps the denominator away from zero. It has two customary places, and
# **both are right here**: $\sigma + \varepsilon$ is how the formula is often printed, $\sqrt{\sigma^2 + \varepsilon}$ is how most
# libraries, Keras among them, compute it. With $\varepsilon = 0.001$ they agree where rows vary much, and part where they are flat:

# %% [markdown] lang="zh"
# 轴再多，规则也还是这么短：归一化的是**最后一个轴**。一张 `(28, 28)` 的图像，连同批次轴是 `(batch, 28, 28)`，会得到 28 个均值，每行像素一个；展平成 `(batch, 784)`
# 之后，就只有一个均值。
#
# ## 公式
#
# $$\mathrm{output} \;=\; \boldsymbol\alpha \otimes \frac{\mathbf x - \mu}{d} \;+\; \boldsymbol\beta
# \qquad\text{其中}\qquad d = \sigma + \varepsilon \quad\text{或}\quad d = \sqrt{\sigma^2 + \varepsilon}$$
#
# $\mu$ 和 $\sigma$ 是最后一个轴上的均值和标准差，$\otimes$ 表示逐个位置相乘。$\boldsymbol\alpha$ 和 $\boldsymbol\beta$ 是学习得到的，每个特征各有一个。它们的初值是 1 和 0，
# 所以新建的层只做归一化；之后训练可以随意缩放、平移每个特征，必要时甚至可以把归一化抵消掉。
#
# ### ε 有什么用，放在哪里
#
# 如果一行的数全都相等，那么 $\sigma = 0$，而 $0/0$ 得到 `nan`：只要有一张全黑的图像，再走一步，网络的所有权重就都成了 `nan`。$\varepsilon$ 的作用是让分母离开零。
# 它通常有两种放法，在这里**两种都对**：书上的公式常印成 $\sigma + \varepsilon$，多数库（包括 Keras）算的则是 $\sqrt{\sigma^2 + \varepsilon}$。取
# $\varepsilon = 0.001$，在起伏大的行上两者几乎一样，在平坦的行上就分道扬镳了：

# %% role="demo"
eps = 0.001
sigma = np.logspace(-5, 1, 200)
beside, under = sigma + eps, np.sqrt(sigma**2 + eps)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for denominator, label, style in ((beside, "σ + ε", "-"), (under, "√(σ² + ε)", "--")):
    left.semilogx(sigma, sigma / denominator, style, label=label)
    right.loglog(sigma, 1 / denominator, style, label=label)
left.set(title="spread of the normalized row", xlabel="spread σ of the row", ylabel="σ / d")
right.set(title="how much a small change is magnified", xlabel="spread σ of the row", ylabel="1 / d")
left.legend()
right.legend()
plt.show()
for spread in (1.0, 0.1, 0.01, 0.001):
    first, second = spread / (spread + eps), spread / np.sqrt(spread**2 + eps)
    print(
        f"σ = {spread:<6}  beside: {first:.4f}   under the root: {second:.4f}   apart by {abs(1 - second / first):.2%}"
    )

# %% [markdown] lang="en"
# On the right you see what that means for gradients. On a constant row a small change is magnified by $1/\varepsilon = 1000$
# when ε stands beside σ, and by $1/\sqrt\varepsilon \approx 32$ when it stands under the root. That is why libraries prefer the
# root: one flat row cannot throw a whole training step. (There is a second reason. The derivative of a square root at 0 is
# infinite, and only ε *under* the root keeps it away from there.)
#
# ## A layer with weights: `__init__`, `build`, `call`
#
# A Keras layer is a class with three moments in its life. `__init__` takes the settings; how many features will come, nobody
# knows yet. `build` runs once, just before the first call: now the shape of the input is known, and the weights are made.
# `call` runs for every batch. Here is a layer that adds one learned number to each feature:

# %% [markdown] lang="zh"
# 右图说明了这对梯度意味着什么。在各数相等的一行上，ε 加在 σ 旁边时，微小的变化会放大 $1/\varepsilon = 1000$ 倍；放在根号下，则只放大 $1/\sqrt\varepsilon \approx 32$
# 倍。所以各个库更爱用根号下的写法：一行平坦的数据不至于毁掉一整步训练。（还有一个原因：平方根在 0 处的导数是无穷大，只有把 ε 放在根号**里面**，才能避开那一点。）
#
# ## 带权重的层：`__init__`、`build`、`call`
#
# Keras 的层是一个类，一生中有三个时刻。`__init__` 接收设置，那时谁也不知道将来会有多少个特征。`build` 在第一次调用之前运行一次：这时输入的形状已经知道，可以创建权重了。
# `call` 则对每个批次都运行一次。下面这个层给每个特征加上一个学习得到的数：


# %% role="demo"
class Shift(tf.keras.layers.Layer):
    """Adds a learned number to every feature: (batch, ..., features) -> (batch, ..., features)."""

    def build(self, shape):
        self.amount = self.add_weight(name="amount", shape=(shape[-1],), initializer="random_normal")

    def call(self, x):
        return x + self.amount


shift = Shift()
print("before the first call:", [weight.name for weight in shift.weights])
shift(tf.zeros((2, 5)))
print("after it:             ", [(weight.name, weight.shape) for weight in shift.trainable_variables])

# %% [markdown] lang="en"
# Three things to take from it:
#
# - `self.add_weight(...)` makes a weight that Keras *knows*: it stands in `trainable_variables`, an optimizer updates it, saving
#   saves it. A plain `tf.Variable` set as an attribute is, in Keras 3, none of these things, and no error tells you.
# - The shape that `build` receives begins with the batch axis, whose size is often `None`. The features are at its end.
# - `**kwargs` in `__init__` carries what Keras itself wants to hand over, such as `name`. Arguments of your own, like `eps`, are
#   recorded for saving and loading by themselves in Keras 3; only arguments that are not plain numbers or text need a
#   `get_config()`.
#
# ## Exercise: `LayerNormalization`
#
# Write the two methods that are missing.
#
# 1. `build(self, batch_input_shape)` makes `self.alpha` (ones) and `self.beta` (zeros): both trainable, one float32 number
#    for each feature, so of shape `batch_input_shape[-1:]`.
# 2. `call(self, inputs)` returns the formula above for inputs of **any** rank from 2 on, with `self.eps` beside σ or under the
#    root. The output has the shape of the input.
#
# `tf.nn.moments` and `tf.reduce_mean` are good tools; read about `keepdims`. Keras's own `LayerNormalization` is not to
# do the work here: you will meet it afterwards, for comparison.
#
# Each part is looked at by itself, so an axis gone wrong does not cost the points for the weights.

# %% [markdown] lang="zh"
# 从中可以看到三点：
#
# - `self.add_weight(...)` 创建的权重，Keras 是**认得**的：它在 `trainable_variables` 里，优化器会更新它，保存模型时会存下它。在 Keras 3 里，直接把 `tf.Variable`
#   存成属性，这几样一样也没有，而且不会有任何报错提醒你。
# - `build` 收到的形状以批次轴开头，其大小常常是 `None`；特征个数在最后。
# - `__init__` 里的 `**kwargs` 用来传递 Keras 自己要用的参数，比如 `name`。你自己的参数，例如 `eps`，Keras 3 会自动记下来供保存和载入使用；只有当参数不是普通的数或文字时，
#   才需要写 `get_config()`。
#
# ## 练习：`LayerNormalization`
#
# 请写出缺少的两个方法。
#
# 1. `build(self, batch_input_shape)` 创建 `self.alpha`（全 1）和 `self.beta`（全 0）：两者都可训练，每个特征各一个 float32 数，所以形状是 `batch_input_shape[-1:]`。
# 2. `call(self, inputs)` 按上面的公式计算并返回结果，输入是二阶或更高的**任意**阶数；`self.eps` 加在 σ 旁边或放在根号下都可以。输出与输入形状相同。
#
# `tf.nn.moments` 和 `tf.reduce_mean` 都很好用，查一查 `keepdims` 是什么意思。这里不能让 Keras 自带的 `LayerNormalization` 代劳；写完之后，你会拿它来对照。
#
# 各个部分分别检查：轴弄错了，并不会丢掉权重那一部分的分。


# %% role="answer" exercise="layer_normalization"
class LayerNormalization(tf.keras.layers.Layer):
    """Normalizes the last axis: alpha * (inputs - mean) / denominator + beta.

    eps: keeps the denominator away from 0; beside the standard deviation or under the root.
    """

    def __init__(self, eps=0.001, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    ### BEGIN SOLUTION
    def build(self, batch_input_shape):
        features = batch_input_shape[-1:]
        self.alpha = self.add_weight(name="alpha", shape=features, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=features, initializer="zeros")

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=-1, keepdims=True)
        return self.alpha * (inputs - mean) / tf.sqrt(variance + self.eps) + self.beta

    ### END SOLUTION


# %% role="try"

# %% [markdown] lang="en"
# ## Beside Keras's own layer, on real images
#
# Fashion MNIST: small grey pictures of clothes, each 28 × 28 numbers from 0 to 255. We take them as matrices `(28, 28)` and as
# vectors `(784,)`, at three brightnesses, and compare your layer with `tf.keras.layers.LayerNormalization` at the same ε.
# Keras has ε under the root.

# %% [markdown] lang="zh"
# ## 在真实图像上与 Keras 自带的层对照
#
# Fashion MNIST 是一些服饰的灰度小图，每张 28 × 28，数值从 0 到 255。我们把它们分别当作矩阵 `(28, 28)` 和向量 `(784,)`，取三种亮度，用同样的 ε 把你的层与
# `tf.keras.layers.LayerNormalization` 相比较。Keras 的 ε 在根号下。

# %% role="demo"
(x_train, y_train), (x_test, y_test) = load_fashion_mnist()
images = x_train[:200].astype("float32")

if finished(LayerNormalization):
    print(f"{'inputs':24} {'mean difference':>16} {'largest difference':>20}")
    for brightness, called in ((1.0, "0 ... 255"), (1 / 255, "0 ... 1"), (0.01 / 255, "0 ... 0.01")):
        for shape in ((28, 28), (784,)):
            batch = brightness * images.reshape(-1, *shape)
            ours, kerass = LayerNormalization(eps=0.001), tf.keras.layers.LayerNormalization(epsilon=0.001)
            gap = np.abs(ours(batch) - kerass(batch))
            print(f"{called:12} {str(shape):11} {gap.mean():16.6f} {gap.max():20.6f}")

# %% [markdown] lang="en"
# If your ε stands under the root, every number is 0 or a rounding error. If it stands beside σ, look how the rows differ: with
# numbers up to 255 there is next to nothing to see, with dim images the two layers part. Both are right; they are different
# functions, and a network trained with the one should be used with the one.
#
# There is a lesson in the table beyond this exercise. A *mean* difference on large numbers hides nearly everything, even a
# missing ε. Whoever tests code should choose inputs on which mistakes show: flat rows, small spreads, large means.
#
# ## Before and after
#
# Here is what the layer does to the activations of a network. A boot is photographed at five brightnesses; a dense layer
# (not trained) turns each picture into 100 activations.

# %% [markdown] lang="zh"
# 如果你的 ε 在根号下，所有的数都是 0 或者舍入误差。如果加在 σ 旁边，就看看各行的差别：数值大到 255 时几乎看不出什么，图像一暗，两个层就不一样了。两种写法都对，但它们是不同的函数；用哪一种训练的网络，
# 就该用哪一种去运行。
#
# 这张表还有一个题外的教益。在大数值上取**平均**差异，几乎什么都看不出来，连漏掉 ε 也看不出来。测试代码的人，要挑选能让错误现形的输入：平坦的行、很小的离散程度、很大的均值。
#
# ## 归一化之前与之后
#
# 来看看这个层对网络的激活值做了什么。同一只短靴用五种亮度拍摄，一个（未经训练的）全连接层把每张图变成 100 个激活值。

# %% role="demo"
if finished(LayerNormalization):
    levels = np.array([1.0, 0.6, 0.3, 0.15, 0.05], "float32")
    boot = x_train[np.argmax(y_train == 9)] / 255
    photos = levels[:, None, None] * boot.astype("float32")
    before = tf.keras.layers.Dense(100)(photos.reshape(5, 784))
    after = LayerNormalization()(before)
    figure, axes = plt.subplot_mosaic("abcde;xxxxx;yyyyy", figsize=(8, 6.5), layout="constrained")
    for name, photo, level in zip("abcde", photos, levels):
        axes[name].imshow(photo, cmap="gray", vmin=0, vmax=1)
        axes[name].set(title=f"brightness {level:.2f}", xticks=[], yticks=[])
    for name, values, title in (("x", before, "activations before"), ("y", after, "activations after")):
        for curve, level in zip(np.sort(values, axis=-1), levels):
            axes[name].plot(curve, label=f"{level:.2f}")
        axes[name].set(title=f"{title} (each curve: 100 activations of one photo, sorted)", ylabel="activation")
    axes["x"].legend(title="brightness", ncols=5, fontsize="small")
    plt.show()

# %% [markdown] lang="en"
# Before, the dimmer the photo, the flatter its curve: the next layer would have to recognise a boot at any volume. After, the
# curves lie on each other, and what is left is their shape, which is what makes a boot a boot. The darkest one stays a
# little behind, more so with ε under the root: its spread is so small that ε is no longer small beside it.
#
# ## Does it help?
#
# A stack of ten dense layers, deep for so simple a picture, trained for three epochs with plain gradient descent: once as it
# is, once with your layer after every dense layer. Before you run it: which do you expect to learn faster, and why?

# %% [markdown] lang="zh"
# 归一化之前，照片越暗，曲线越平：下一层必须学会在任何“音量”下认出这只靴子。归一化之后，几条曲线叠在一起，剩下的只有形状，而让人认出靴子的正是形状。最暗的那一条稍稍落后（ε
# 在根号下时更明显）：它的离散程度太小，相比之下 ε 已经不算小了。
#
# ## 有帮助吗？
#
# 把十个全连接层叠在一起（对这么简单的图像来说够深了），用最普通的梯度下降训练三轮：一次原样训练，一次在每个全连接层后面加上你的层。运行之前先想一想：你预计哪一个学得更快？为什么？


# %% role="demo"
def stack(normalized):
    """Ten dense layers of 50, each followed by the layer where `normalized`; 10 classes."""
    model = tf.keras.Sequential([tf.keras.Input((28, 28)), tf.keras.layers.Flatten()])
    for _ in range(10):
        model.add(tf.keras.layers.Dense(50, activation="relu"))
        if normalized:
            model.add(LayerNormalization())
    model.add(tf.keras.layers.Dense(10, activation="softmax"))
    model.compile(tf.keras.optimizers.SGD(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if finished(LayerNormalization):
    figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
    for normalized, label in ((False, "dense layers alone"), (True, "with your layer")):
        tf.keras.utils.set_random_seed(42)
        history = stack(normalized).fit(x_train[:5000] / 255.0, y_train[:5000], epochs=3, verbose=0).history
        axes.plot(range(1, 4), history["accuracy"], "o-", label=label)
    axes.set(xlabel="epoch", ylabel="training accuracy", xticks=range(1, 4), ylim=(0, 1))
    axes.legend()
    plt.show()

# %% [markdown] lang="en"
# ## What you take with you
#
# - A layer makes its weights in `build`, where the input's shape is known, with `add_weight`, so that Keras knows them.
# - Layer normalization gives every instance its own mean and spread over the last axis: no batch, no memory, no switch.
# - ε keeps flat rows from becoming `nan`. $\sigma + \varepsilon$ and $\sqrt{\sigma^2 + \varepsilon}$ are both layer normalization,
#   but not the same function.
# - Test code on inputs that would show a mistake.
#
# For the curious: leave the mean out and divide by $\sqrt{\mathrm{mean}(x^2) + \varepsilon}$, and you have *RMS normalization*, which
# many language models use. What does it still do for the five photos, and what not any more? Try it in a cell of your own.

# %% [markdown] lang="zh"
# ## 你带走了什么
#
# - 层在 `build` 里用 `add_weight` 创建权重：那时输入的形状已知，而且这样 Keras 才认得它们。
# - 层归一化沿最后一个轴，给每个样本自己的均值和标准差：不看批次，不用记忆，没有开关。
# - ε 让平坦的行不至于变成 `nan`。$\sigma + \varepsilon$ 和 $\sqrt{\sigma^2 + \varepsilon}$ 都是层归一化，但不是同一个函数。
# - 测试代码时，要用能让错误现形的输入。
#
# 如果还想多走一步：不减均值，直接除以 $\sqrt{\mathrm{mean}(x^2) + \varepsilon}$，就是许多语言模型采用的 **RMS 归一化**。对那五张照片，它还能做到什么，又做不到什么了？自己加一个单元格试试。

# %% role="demo"
progress()
