import numpy as np

from autograde.sandbox import Engine
from tests.sandbox.conftest import X, task, text


def test_what_cells_define_is_observed_on_the_inputs(engine: Engine) -> None:
    findings = engine.run(task("print('hello')"))
    assert findings.error is None
    for slug, wanted in (("double", X * 2), ("halve", X / 2)):
        finding = findings.exercises[slug]
        assert finding.reason is None
        assert finding.observation is not None
        assert np.array_equal(finding.observation.arrays["one/out"], wanted)
    assert text(findings) == "hello\n"
