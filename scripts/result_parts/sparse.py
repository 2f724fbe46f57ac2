# SPDX-License-Identifier: MIT
"""Sparse Transformer at its paper's sizes: calls over N with M = 2 sqrt(N)."""
from .page import table
from .part import Part, compared


class Sparse(Part):
    name = "sparse"
    command = ("tessera compare --random 1,TOKENS,64 --device base --set device.M=TILE --set "
               "device.LANES=4 --memory ideal --timing-only --schedules query-resident --masks "
               "sparse causal --jobs 1 --format json")
    runs = [{"TOKENS": root * root, "TILE": 2 * root} for root in (16, 32, 64, 128, 256)]
    columns = ["mask", "tokens", "tile", "calls", "at_least", "cycles", "pairs"]

    def rows(self, words, text):
        figures = ("calls", "calls_at_least", "cycles", "pairs_allowed")
        return [[row["mask"], words["TOKENS"], words["TILE"]] +
                [row["value"][key] for key in figures] for row in compared(text)]

    def tables(self, data):
        causal = {r["tokens"]: r for r in data if r["mask"] == "causal"}
        rows = [[r["tokens"], r["tile"], r["tile"] // 2, r["calls"], r["at_least"], r["cycles"],
                 causal[r["tokens"]]["calls"], causal[r["tokens"]]["cycles"]]
                for r in data if r["mask"] == "sparse"]
        return {"figures": table(["N", "M", "√N", "calls", "at least", "cycles", "calls, causal",
                                  "cycles, causal"], rows)}

    def claims(self, data):
        sparse = [r for r in data if r["mask"] == "sparse"]
        fits = [r for r in sparse if r["calls"] == r["tile"] // 2 - 1]
        exact = [r for r in sparse if r["pairs"] == r["tokens"] * r["tile"] // 2]
        return [("√N calls, less the one that causality saves", f"√N − 1 at {len(fits)} of "
                 f"{len(sparse)} lengths", len(fits) == len(sparse)),
                ("N√N allowed pairs, so at least √N/4 calls", f"at {len(exact)} of {len(sparse)} "
                 "lengths", len(exact) == len(sparse))]
