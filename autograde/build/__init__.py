"""The authors' pipeline: from `solutions/` to the students' notebooks and the expected arrays.

source.py        reads solutions/: cells, references, samples    notebooks.py makes a notebook in one language
fingerprints.py  looks at right and known wrong answers          texts.py     holds an exercise to its sentences
stale.py         writes what was built, or says what is stale    validate.py  how far the verdicts can be trusted
new.py           the skeleton of a new exercise
"""

from autograde.build.fingerprints import code_exercise, expected, gallery, observe_source, only_wrong, task
from autograde.build.notebooks import nbgrader_config, notebook, to_text
from autograde.build.source import misconception_of, reference, samples, setup_source, solutions_dir, stub

__all__ = [
    "code_exercise",
    "expected",
    "gallery",
    "misconception_of",
    "nbgrader_config",
    "notebook",
    "observe_source",
    "only_wrong",
    "reference",
    "samples",
    "setup_source",
    "solutions_dir",
    "stub",
    "task",
    "to_text",
]
