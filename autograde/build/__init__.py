"""The authors' pipeline: from `solutions/` to the students' notebooks and the expected arrays.

source.py        reads solutions/: cells, references, samples    notebooks.py makes a notebook in one language
fingerprints.py  looks at right and known wrong answers          texts.py     holds an exercise to its sentences
stale.py         writes what was built, or says what is stale    validate.py  how far the verdicts can be trusted
new.py           the skeleton of a new exercise
"""

from autograde.build.fingerprints import expected, observe_source
from autograde.build.notebooks import nbgrader_config, notebook, to_text
from autograde.build.source import reference, samples, setup_source, solutions_dir, stub

__all__ = [
    "expected",
    "nbgrader_config",
    "notebook",
    "observe_source",
    "reference",
    "samples",
    "setup_source",
    "solutions_dir",
    "stub",
    "to_text",
]
