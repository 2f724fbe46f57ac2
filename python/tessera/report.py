# SPDX-License-Identifier: MIT
"""What a run comes to."""
import html
import json
from typing import NamedTuple


class Figure(NamedTuple):
    """A number of a report: value (NaN: it has none), unit, and formula or definition."""

    value: float
    unit: str
    meaning: str

    def __float__(self):
        return self.value


class Errors(NamedTuple):
    """The result against double precision, element by element."""

    elements: int  # compared
    not_compared: int  # as no bound holds for them
    outside: int  # of their bound
    max_abs: float
    rms_relative: float
    max_over_bound: float  # the largest error over its bound; at most 1 is good


class Prediction(NamedTuple):
    """What an attention would cost, without a simulation."""

    cycles: int  # predicted
    stall_free_cycles: int  # by closed formula; 0 where there is none
    calls: int  # by formula
    bytes: int  # through the memory port
    schedule: str  # that was predicted: the best one of "auto", or "cover"


class Report:
    """Verdict, figures, errors and tensors of a run.

    verdict: "good", "mismatch" (an element outside its error bound, or nothing to compare) or
             "not_valid" (known not to be good for this input)
    remarks: what stands against the result, a sentence each
    figures: Figure by path, such as "counters.cycles" and "derived.mac_utilisation", in the order
             of the JSON (docs/use/report.md)
    errors:  Errors, or None if the result was not checked
    tensors: NumPy arrays of float32 by name: "o" in the shape of q with the values' dimension,
             "lse" without the last dimension, of a gemm "c" [rows, columns]. Empty where only time
             is simulated, or if the result is withheld.
    text:    the report as a table for people
    json:    the report as JSON text
    """

    def __init__(self, verdict, remarks, json, text, figures, errors, tensors):
        self.verdict, self.remarks, self.json, self.text = verdict, remarks, json, text
        self.figures = {path: Figure(*rest) for path, *rest in figures}
        self.errors = Errors(**errors) if errors else None
        self.tensors = tensors

    @property
    def good(self):
        """Whether nothing stands against the result."""
        return self.verdict == "good"

    @property
    def o(self):
        """The result of attention, float32. KeyError where there is none."""
        return self.tensors["o"]

    def __getitem__(self, path):
        """The value of the figure at `path`; KeyError if there is none."""
        return self.figures[path].value

    def to_dict(self):
        """The whole report as a tree of dicts (docs/use/report.md)."""
        return json.loads(self.json)

    def __repr__(self):
        return f"<tessera.Report: {self.verdict}, {self['counters.cycles']:,.0f} cycles>"

    def _repr_html_(self):
        rows = "".join(
            f'<tr title="{html.escape(figure.meaning)}"><td>{html.escape(path)}</td>'
            f'<td style="text-align:right">{figure.value:,.6g}</td>'
            f"<td>{html.escape(figure.unit)}</td></tr>"
            for path, figure in self.figures.items())
        remarks = "".join(f"<p><b>{html.escape(remark)}</b></p>" for remark in self.remarks)
        return (f"<div><p>tessera: <b>{self.verdict}</b></p>{remarks}"
                f"<pre>{html.escape(self.text)}</pre><details><summary>{len(self.figures)} "
                f"figures</summary><table><tr><th>figure</th><th>value</th><th>unit</th></tr>"
                f"{rows}</table></details></div>")
