# SPDX-License-Identifier: MIT
"""Tasks with known answers: how wide sparse and linear models have to be, and what they then cost."""
import csv
import io

from .page import table
from .part import Part, log_slope


def block_of(tokens):
    """The power of two at or below the root."""
    return 1 << (int(tokens ** 0.5).bit_length() - 1)


def edge(row):
    """The least D of the table in docs/use/tasks.md, section 3; None: it gives none."""
    local = row["task"] == "ed-local"
    # A cell of the local task asks for positions at least 16 back: the last 16 are no one's.
    asked = row["tokens"] - (16 if local else 0)
    digits = 2 * -(-(asked - 1).bit_length() // 4)
    if not local:
        return {"standard": digits, "sparse": max(digits, block_of(row["tokens"])),
                "linear": row["tokens"] ** 0.5}[row["model"]]
    stored = row["tokens"] // 16 * 15
    return {"standard": digits, "window": 4, "sparse": max(digits, min(16, block_of(row["tokens"]))),
            "linear": stored ** 0.5, "ring": 4}[row["model"]]


class Width(Part):
    name = "width"
    command = ("tessera task TASK --models MODELS --sizes SIZES --dims 4,8,16,32,64 --device base "
               "--set device.D=68 --memory ideal --no-check --format csv")
    runs = [{"TASK": "reg", "MODELS": "standard,sparse,linear", "SIZES": "32,128,512,2048"},
            {"TASK": "ed-local", "MODELS": "standard,window,sparse,linear,ring",
             "SIZES": "16,64,256"}]
    columns = ["task", "model", "tokens", "dim", "asked", "right", "calls", "cycles",
               "cells_cycles"]
    width = 900

    def rows(self, words, text):
        return [[words["TASK"]] + [row["model"]] + [int(row[key]) for key in self.columns[2:8]] +
                [float(row["cells_cycles"])] for row in csv.DictReader(io.StringIO(text))]

    def tables(self, data):
        return {"reg": self.heat_map(data, "reg"), "local": self.heat_map(data, "ed-local")}

    def heat_map(self, data, task):
        """Right answers of each model and length in percent, and the cost at the least D."""
        data = [r for r in data if r["task"] == task]
        dims = sorted({r["dim"] for r in data})
        rows = []
        for model in dict.fromkeys(r["model"] for r in data):
            for tokens in sorted({r["tokens"] for r in data}):
                line = {r["dim"]: r for r in data if r["model"] == model and r["tokens"] == tokens}
                solved = self.least(data, model, tokens)
                rows.append([model, tokens] + [cell(line[d]) for d in dims] +
                            [solved["cycles"] if solved else "", solved["cells_cycles"] / 1e6
                             if solved else ""])
        return table(["model", "N"] + [f"D = {d}" for d in dims] +
                     ["cycles at the least D", "cells × cycles, millions"], rows)

    @staticmethod
    def least(data, model, tokens):
        """The row of the least D at which all answers are right; None if there is none."""
        solved = [r for r in data if r["model"] == model and r["tokens"] == tokens and
                  r["right"] == r["asked"]]
        return min(solved, key=lambda r: r["dim"], default=None)

    def slope(self, data, task, model):
        """Of cells × cycles at the least D over the two longest N."""
        data = [r for r in data if r["task"] == task]
        rows = [self.least(data, model, tokens) for tokens in sorted({r["tokens"] for r in data})]
        return log_slope([(r["tokens"], r["cells_cycles"]) for r in rows[-2:]])

    def claims(self, data):
        on_side = [r for r in data if (r["right"] == r["asked"]) == (r["dim"] >= edge(r))]
        slopes = [(m, self.slope(data, "reg", m)) for m in ("standard", "sparse", "linear")]
        local = [(m, self.slope(data, "ed-local", m)) for m in ("window", "ring")]
        text = ", ".join(f"{m} {s:.2f}" for m, s in slopes)
        near = ", ".join(f"{m} {s:.2f}" for m, s in local)
        return [("right exactly from the edge on: digits, D ≥ block, D² ≥ addresses",
                 f"at {len(on_side)} of {len(data)} points", len(on_side) == len(data)),
                ("REG: cells × cycles grow faster than N^1.4 in every model", text,
                 all(s > 1.4 for _, s in slopes)),
                ("ED_Local: with a window or a ring they grow like N: 1 within 0.1", near,
                 all(abs(s - 1) <= 0.1 for _, s in local))]


def cell(row):
    if row["right"] == row["asked"]:
        return "**yes**"
    return f"{100 * row['right'] / row['asked']:.1f}"
