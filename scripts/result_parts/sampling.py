# SPDX-License-Identifier: MIT
"""Error of sampled key tiles against its formula, and on real tensors."""
import json
import math
import statistics

from . import data as tensors
from .page import number, table
from .part import ROOT, Part, doubled

M = 64
TILES = {"diffuse": 64, "mean-zero": 64, "real": 16}
SEEDS = range(1, 5)


class Sampling(Part):
    name = "sampling"
    command = ("tessera run --input INPUT --device small --memory ideal --approximate sample "
               "--tiles R --approximate-seed SEED --accept-approximation --no-check --format json")
    runs = [{"INPUT": path, "R": r, "SEED": seed}
            for kind, path in tensors.files(("diffuse", "mean-zero")).items()
            for r in doubled(1, TILES[kind] // 2) for seed in SEEDS]
    columns = ["data", "tiles", "seed", "median_error", "formula"]

    def prepare(self, program):
        tensors.write(ROOT, ("diffuse", "mean-zero"))

    def rows(self, words, text):
        kind = {path: kind for kind, path in tensors.files(TILES).items()}[words["INPUT"]]
        worst = json.loads(text)["approximation"]["verdict"]["worst"]
        return [[kind, words["R"], words["SEED"], worst["median_error"],
                 formula(words["R"]) if kind == "diffuse" else ""]]

    def tables(self, data):
        rows = []
        for kind, tiles in TILES.items():
            for r in doubled(1, tiles // 2):
                expected = number(formula(r)) if kind == "diffuse" else "–"
                rows.append([kind, f"{r} of {tiles}", mean_error(data, kind, r), expected])
        return {"figures": table(["data", "key tiles", "error", "formula"], rows)}

    def claims(self, data):
        off = {r: mean_error(data, "diffuse", r) / formula(r) - 1
               for r in doubled(1, TILES["diffuse"] // 2)}
        worst = max(off, key=lambda r: abs(off[r]))
        useless = min(row["median_error"] for row in data if row["data"] == "mean-zero")
        return [("diffuse: error within 10 % of the formula at every number of tiles",
                 f"at most {number(100 * off[worst])} % off, at {worst} tiles",
                 abs(off[worst]) <= 0.1),
                ("mean-zero: useless, the error is over 0.5 with half of all tiles",
                 f"{number(useless)} or more", useless > 0.5)]


def formula(r):
    """docs/inside/schedules.md, 5: (sigma_v / |mu_v|) sqrt(e^(sigma_s^2) / (r M) (1 - r / T)),
    here with all three 1."""
    return math.sqrt(math.e / (r * M) * (1 - r / TILES["diffuse"]))


def mean_error(data, kind, r):
    """Over the seeds."""
    return statistics.fmean(row["median_error"] for row in data
                            if row["data"] == kind and row["tiles"] == r)
