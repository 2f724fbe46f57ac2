# SPDX-License-Identifier: MIT
"""Exact attention over long contexts on a simulated accelerator.

    import numpy, tessera
    q, k, v = numpy.random.standard_normal((3, 4, 1024, 64), dtype=numpy.float32)
    report = tessera.run(q, k, v, mask="causal", window=256)
    print(report["counters.cycles"], report.errors.max_over_bound, report.o.shape)

docs/use/python.md is the manual.
"""
from . import _tessera
from .error import Error, NoteWarning
from .experiment import Experiment
from .operands import with_operands
from .report import Errors, Figure, Prediction, Report
from .schedule import as_file
from .sweep import Point, grid, sweep
from .task import NO_SYMBOL, TaskReport, task

__all__ = ["Error", "Errors", "Experiment", "Figure", "NO_SYMBOL", "NoteWarning", "Point",
           "Prediction", "Report", "TaskReport", "grid", "predict", "run", "sweep", "task"]
__version__ = _tessera.__version__


def _warn(text):
    import warnings
    warnings.warn(text.replace("`", ""), NoteWarning, stacklevel=3)


def run(q=None, k=None, v=None, *, a=None, b=None, experiment=None, progress=None, note=_warn,
        decision=None, seconds=24 * 3600, **fields):
    """Simulates an experiment in a process of its own and returns its Report.

    q:        queries [tokens, dimension], [heads, tokens, dimension] or
              [batch, heads, tokens, dimension]; with head_order="tokens_first" tokens before heads
    k, v:     keys and values; as many or fewer heads, and tokens of their own. Without arrays the
              experiment says where tensors come from.
    a, b:     matrices [rows, inner] and [inner, columns]: their product instead of attention
    experiment: an Experiment; None: all defaults
    progress: called with a phase, such as "simulating", and its share, 0 to 1, ten times a second;
              False ends the run
    note:     called with what the user should know of the input; by default a NoteWarning
    decision: called with what was chosen where the experiment leaves it open, and why
    seconds:  how long it may take; 0: as long as it needs
    fields:   of the experiment, as in Experiment(**fields): device="base", mask="causal",
              window=256 tokens. schedule may also be a generator function, or what can be iterated:
              (stack, query tile, key tile) of each pair of tiles, in the order in which the device
              takes them. Python's time is no part of the run

    Arrays are float32, float64, float16 or ml_dtypes.bfloat16. One that is C-ordered is not copied;
    the device rounds elements to bfloat16. Ctrl-C ends the run. Error: tessera.Error.
    """
    go_on = progress and (lambda phase, share: progress(phase, share) is not False)
    with as_file(fields) as plain:
        experiment = (experiment.copy() if experiment else Experiment()).set(**plain)
        experiment, arrays = with_operands(experiment, {"q": q, "k": k, "v": v, "a": a, "b": b})
        return Report(**_tessera.run(experiment.to_json(), arrays, seconds, go_on, note, decision))


def predict(q=None, k=None, v=None, *, experiment=None, **fields):
    """Foretells cycles, calls and bytes of an attention without simulating it: a Prediction. The
    arguments are those of run(); of arrays only the shapes count."""
    with as_file(fields) as plain:
        experiment = (experiment.copy() if experiment else Experiment()).set(**plain)
        experiment, arrays = with_operands(experiment, {"q": q, "k": k, "v": v})
        return Prediction(**_tessera.predict(experiment.to_json(), arrays))
