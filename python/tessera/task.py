# SPDX-License-Identifier: MIT
"""Tasks with known answers (docs/use/tasks.md)."""
import json

from . import _tessera
from .experiment import Experiment
from .report import Figure

NO_SYMBOL = _tessera.NO_SYMBOL  # no symbol, or an answer that the model does not know


class TaskReport:
    """What came out of a task.

    asked, right:    answers that count, and those that are right
    expected_right:  by closed form, or None where there is none
    unexpected:      answers that are not those of the closed form
    remarks:         what stands against the answers, a sentence each; empty if nothing does
    notes:           on attentions that were accepted nevertheless
    fields:          names of the numbers of a token, its symbol first
    tokens, answers, truth: int64 [tokens, fields]: the sequence, and the answer and the right one
                     at each token; NO_SYMBOL where there is none
    figures, text, json: as of a Report
    """

    def __init__(self, figures, **members):
        self.__dict__.update(members)
        self.figures = {path: Figure(*rest) for path, *rest in figures}

    @property
    def accuracy(self):
        """right / asked"""
        return self.right / self.asked

    def __getitem__(self, path):
        """The value of the figure at `path`, such as "cost.cycles"; KeyError if there is none."""
        return self.figures[path].value

    def to_dict(self):
        """The whole report as a tree of dicts (docs/use/report.md)."""
        return json.loads(self.json)

    def __repr__(self):
        return f"<tessera.TaskReport: {self.right} of {self.asked} right>"


def task(name, *, model="standard", tokens=None, pairs=None, size=None, reach=None, layout=None,
         depth=None, chains=None, hops=None, doubling=False, symbols=None, gram=None, columns=None,
         code=None, gap=None, seed=1, generate=False, experiment=None, progress=None, **fields):
    """Does a task with a known answer and returns its TaskReport.

    name, model: docs/use/tasks.md, section 2; the numbers up to `gap` are its options there, and
                 `columns` is --dim. None: the task's default
    generate:    the model makes its own tokens, one after the other
    experiment:  an Experiment with machine, mask and schedule; None: all defaults
    progress:    called with "simulating" and the share that is done; False ends the task
    fields:      of the experiment: device="base", window=256

    Each attention is simulated in a process of its own. Error: tessera.Error.
    """
    options = {"name": name, "model": model, "tokens": tokens, "pairs": pairs, "size": size,
               "reach": reach, "layout": layout, "depth": depth, "chains": chains, "hops": hops,
               "doubling": doubling, "symbols": symbols, "gram": gram, "columns": columns,
               "code": code, "gap": gap, "seed": seed, "token_by_token": generate}
    experiment = (experiment.copy() if experiment else Experiment()).set(**fields)
    go_on = progress and (lambda phase, share: progress(phase, share) is not False)
    return TaskReport(**_tessera.run_task(options, experiment.to_json(), go_on))
