# SPDX-License-Identifier: MIT
"""Verdicts of the audit beside the truth, where approximation works and where it must fail."""
import json
import math

from . import data as tensors
from .page import number, table
from .part import ROOT, Part, fill, run

RULES = ["sample", "sink+window", "topk-mean", "topk-bound", "hybrid"]
FILES = tensors.files(tensors.KINDS)
TOLERANCE = 0.1


class Audit(Part):
    name = "audit"
    before = ("tessera run --input INPUT --device small --memory ideal --no-check --format json "
              "--out build/results/KIND-exact")
    command = ("tessera run --input INPUT --device small --memory ideal --approximate RULE --tiles "
               "R --accept-approximation --no-check --format json --out build/results/KIND-RULE")
    width = 900
    runs = [{"INPUT": path, "KIND": kind, "RULE": rule, "R": 4 if kind == "real" else 16}
            for kind, path in FILES.items() for rule in RULES]
    columns = ["data", "rule", "failing", "bound", "median_error", "samples", "share", "valid",
               "calls", "audit_calls", "exact_calls"]

    def prepare(self, program):
        tensors.write(ROOT, tensors.KINDS)
        for kind, path in FILES.items():
            run(program, fill(self.before, {"INPUT": path, "KIND": kind}))

    def rows(self, words, text):
        report = json.loads(text)
        found = report["approximation"]
        worst = found["verdict"]["worst"]
        folders = [ROOT / tensors.FOLDER / f"{words['KIND']}-{name}" / "out.safetensors"
                   for name in (words["RULE"], "exact")]
        return [[words["KIND"], words["RULE"], failing(*map(tensors.read_output, folders)),
                 worst["failing_bound"], worst["median_error"], worst["least_effective_samples"],
                 worst["largest_tile_share"], "valid" if found["verdict"]["valid"] else "not valid",
                 report["derived"]["calls"]["value"], found["audit"]["calls"]["value"],
                 found["exact"]["calls"]["value"]]]

    def tables(self, data):
        rows = [[r["data"], r["rule"], f"{number(100 * r['failing'])} %",
                 f"{number(100 * r['bound'])} %", r["samples"], f"{number(100 * r['share'])} %",
                 r["valid"], f"{number((r['calls'] + r['audit_calls']) / r['exact_calls'])}"]
                for r in data]
        return {"figures": table(["data", "rule", "rows off by over 0.1", "audit: at most",
                                  "effective samples", "largest share of a tile", "verdict",
                                  "calls with audit / exact"], rows)}

    def claims(self, data):
        under = sum(r["failing"] <= r["bound"] for r in data)
        bad = [r for r in data if r["failing"] >= 0.15]
        wrong = [r for r in bad if r["valid"] == "valid"]
        needles = [r for r in data if r["data"] == "needle"]
        works = [r["rule"] for r in data if r["data"] == "diffuse" and r["valid"] == "valid"]
        return [("the true share of bad rows is under the audit's 95 % bound in 18 runs or more",
                 f"{under} of {len(data)}", under >= 18),
                ("never valid where 15 % of rows or more are bad", f"{len(wrong)} of {len(bad)}",
                 not wrong),
                ("never valid for a needle, seen or not",
                 f"{sum(r['valid'] == 'valid' for r in needles)} of {len(needles)}",
                 all(r["valid"] != "valid" for r in needles)),
                ("`sample` is valid on the diffuse data it is proved for", ", ".join(works),
                 "sample" in works)]


def failing(heads, exact):
    """The share of rows that are off by more than the tolerance, of the head with the most."""
    return max(sum(math.dist(a, b) > TOLERANCE * math.hypot(*b) for a, b in zip(rows, true)) /
               len(true) for rows, true in zip(heads, exact))
