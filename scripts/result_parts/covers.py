# SPDX-License-Identifier: MIT
"""A self-attention oracle: covers against half-tiles and Schoenheim's bound."""
import re

from .page import number, table
from .part import Part

LINE = re.compile(r" *(\d+) +(\d+) +(\d+) +[\d.]+ +(\d+) +(\d+)  \S")
PRIME_POWERS = [q for q in range(2, 65)
                if len({p for p in range(2, q + 1)
                        if q % p == 0 and all(p % d for d in range(2, p))}) == 1]


class Covers(Part):
    name = "covers"
    command = "tessera covers"
    columns = ["ratio", "cover", "bound", "half_tiles", "query_key"]

    def rows(self, words, text):
        return [[int(n) for n in found.groups()]
                for found in map(LINE.match, text.splitlines()) if found]

    def tables(self, data):
        return {"figures": table(["N/M", "half-tiles", "best cover", "bound", "query × key"],
                                 [[r["ratio"], r["half_tiles"], r["cover"], r["bound"],
                                   r["query_key"]] for r in data
                                  if r["ratio"] in (2, 4, 6, 8, 10, 14, 16, 20, 32, 33, 48, 64)])}

    def claims(self, data):
        cover = {r["ratio"]: r for r in data}
        met = [r["ratio"] for r in data if r["cover"] == r["bound"]]
        over = max(r["cover"] / r["bound"] - 1 for r in data)
        fewer = [r["half_tiles"] / r["cover"] for r in data]
        return [("all N/M from 2 to 64 are there", f"{len(data)} of 63",
                 sorted(cover) == list(range(2, 65))),
                ("affine planes meet the bound: every prime power", f"{len(met)} of the 63 N/M, "
                 f"{len(set(met) & set(PRIME_POWERS))} of {len(PRIME_POWERS)} prime powers",
                 set(PRIME_POWERS) <= set(met)),
                ("others are at most 25 % above it", f"at most {number(100 * over)} %", over <= 0.25),
                ("never more calls than half-tiles, nearly half of them at N/M = 64",
                 f"half-tiles take {number(min(fewer))} to {number(max(fewer))} × as many",
                 min(fewer) >= 1 and fewer[-1] >= 1.9)]
