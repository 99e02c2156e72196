"""The skeleton of a new exercise: it can be read and run, and every line that says WRITE tells what belongs there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from autograde import catalog
from autograde.build import source
from autograde.catalog import AuthorError

EXERCISE = '''"""WRITE: what the exercise asks for, in one sentence."""

import numpy as np

from autograde.terms import Claim, Exercise, Misconception

EXERCISE = Exercise(
    assignment="{assignment}",
    asks_for=("{slug}",),
    claims=(  # WRITE: what must hold of the entries that the probe yields; the points sum to 20.
        Claim("shape", of="out", how="shape", points=5),
        Claim("values", of="out", points=15),
    ),
    misconceptions=(  # WRITE: the mistakes that students really make, each with a sample wrong_<mistake>.py.
        Misconception("not_doubled"),
    ),
)


def cases(rng):
    """The inputs of each case, drawn from `rng`: the public seed ships, a secret one grades."""
    # WRITE: inputs on which every mistake looks different: several shapes, sizes that differ, values of both signs.
    return {{
        "vector": {{"x": rng.standard_normal(5).astype("float32")}},
        "matrix": {{"x": rng.standard_normal((3, 4)).astype("float32")}},
    }}


def probe(student, x):
    """Runs beside the student's code and yields named arrays; what was yielded before an exception is kept."""
    # WRITE: how to look at the answer. Import TensorFlow inside the function; note_... only fills sentences.
    out = np.asarray(student["{slug}"](x))
    yield "out", out
    yield "note_mean", out.mean()
'''

TEXTS = {
    "en": """# WRITE: a title

## case vector
a vector

## case matrix
a matrix

## claim shape
WRITE: what holds, as a statement: The result has the shape of the input.

WRITE: what is said when it fails: Your result has the shape {seen_shape}, the input has {wanted_shape}.

## claim values
WRITE: what holds, as a statement: Every number is doubled.

WRITE: what is said when it fails: For {case}, your result has {seen} at {place}, where {wanted} is right.

## misconception not_doubled
WRITE: seen, wanted, likely cause, next step, in at most four lines: The mean of your result is {mean}. Was x doubled?

## hint
WRITE: a question that leads on.

## hint
WRITE: a hint that tells a little more.
""",
    "zh": """# WRITE: 标题

## case vector
一个向量

## case matrix
一个矩阵

## claim shape
WRITE: 成立时的陈述：结果与输入形状相同。

WRITE: 不成立时说什么，写明看到的和应有的：你的结果形状是 {seen_shape}，输入的形状是 {wanted_shape}。

## claim values
WRITE: 成立时的陈述：每个数都乘以 2。

WRITE: 不成立时说什么：输入{case}时，结果在 {place} 处是 {seen}，应为 {wanted}。

## misconception not_doubled
WRITE: 看到了什么、应该是什么、可能的原因、下一步，最多四行：结果的均值是 {mean}，x 乘以 2 了吗？

## hint
WRITE: 一个引导思考的问题。

## hint
WRITE: 再多透露一点。
""",
}

SETUP = """# %% [markdown] lang="en"
# # WRITE: what one learns here, what it assumes and how long it takes

# %% [markdown] lang="zh"
# # WRITE: 学什么、需要什么基础、要多长时间

# %% role="setup"
import numpy as np

from autograde import check, hint
"""

CELLS = '''
# %% [markdown] lang="en"
# WRITE: the task. `{slug}(x)` returns `x` doubled.

# %% [markdown] lang="zh"
# WRITE: 题目。`{slug}(x)` 返回 `x` 的两倍。

# %% role="answer" exercise="{slug}"
def {slug}(x):
    """WRITE: what it returns, with shapes. The stub must run: leave this docstring outside the solution."""
    ### BEGIN SOLUTION
    return 2 * x  # WRITE: the reference
    ### END SOLUTION

# %% role="try"
# Try it here.
'''

SAMPLES = {
    "alt_sum": '"""WRITE: another right answer, as different from the reference as it can be."""\n\n\n'
    "def {slug}(x):\n    return x + x\n",
    "wrong_not_doubled": '"""WRITE: a mistake that students really make; one file for each misconception."""\n\n\n'
    "def {slug}(x):\n    return x\n",
    "hack_equals_everything": '"""WRITE: an attempt to cheat, or keep this one: an object that equals everything."""'
    "\n\n\nclass Right:\n    def __eq__(self, other):\n        return True\n\n\ndef {slug}(x):\n    return Right()\n",
}


def command(slug: str, assignment: str | None = None) -> int:
    """`autograde new SLUG`: prints the files made and what comes next; exit status 2 where it cannot be."""
    try:
        made = skeleton(slug, assignment)
    except AuthorError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(map(str, made)))
    print("`autograde build` says what to write next; docs/authors.md leads through it.")
    return 0


def skeleton(slug: str, assignment: str | None = None, solutions: Path | None = None) -> list[Path]:
    """Make the folder, the samples and the cells of a new code exercise; gives the files made or added to.

    Without an `assignment` the exercise gets a notebook of its own, named like it.
    """
    solutions = solutions or source.solutions_dir()
    assignment = assignment or slug
    for name in (slug, assignment):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise AuthorError(f"{name!r} cannot be a name: use small letters, digits and _, beginning with a letter")
    if (catalog.EXERCISES / slug).exists() or (solutions / "samples" / slug).exists():
        raise AuthorError(f"the exercise {slug!r} exists: choose another name, or remove its folders first")
    files = {catalog.EXERCISES / slug / "exercise.py": EXERCISE.format(slug=slug, assignment=assignment)}
    files |= {catalog.EXERCISES / slug / f"text.{lang}.md": text for lang, text in TEXTS.items()}
    for name, text in SAMPLES.items():
        files[solutions / "samples" / slug / f"{name}.py"] = text.format(slug=slug)
    cells = solutions / f"{assignment}.py"
    before = cells.read_text("utf-8").rstrip("\n") + "\n" if cells.exists() else SETUP
    files[cells] = before + CELLS.format(slug=slug)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(files)
