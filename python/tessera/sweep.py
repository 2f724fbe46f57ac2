# SPDX-License-Identifier: MIT
"""Many experiments, in processes beside each other."""
import itertools
import os
from typing import NamedTuple, Optional

from .error import Error, wrong_value
from .experiment import Experiment
from .report import Report


class Point(NamedTuple):
    """One experiment of a sweep, with its report, or the error that it ended with."""

    experiment: Experiment
    report: Optional[Report]
    error: Optional[Error]


def grid(experiment=None, **lists):
    """All combinations of values: grid(window=[64, 256], device=["base", "wide"]) yields four
    experiments, the last keyword changing fastest. `experiment` has all other fields."""
    base = experiment or Experiment()
    for values in itertools.product(*lists.values()):
        yield base.copy().set(**dict(zip(lists, values)))


_shared = {}  # arguments of run() that all points have; a process of the pool inherits them


def _outcome(experiment):
    from . import run
    try:
        return Point(experiment, run(experiment=experiment, **_shared), None)
    except Error as error:
        return Point(experiment, None, error)


def sweep(experiments, *, jobs=None, q=None, k=None, v=None, a=None, b=None, seconds=24 * 3600):
    """Runs the experiments, `jobs` at once (all processors, if None), and yields a Point for each,
    in their order, as soon as it is there. A point that fails has an error and does not end the
    sweep. Arrays are those of tessera.run, the same for all points."""
    import multiprocessing

    if jobs is None:
        jobs = os.cpu_count() or 1
    if jobs < 1:
        raise wrong_value("jobs", jobs, "1 and more")
    shared = {"q": q, "k": k, "v": v, "a": a, "b": b, "seconds": seconds}
    context = multiprocessing.get_context("fork")  # arrays are seen, not sent
    with context.Pool(jobs, initializer=_shared.update, initargs=(shared,)) as pool:
        yield from pool.imap(_outcome, experiments)
