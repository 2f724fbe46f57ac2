# SPDX-License-Identifier: MIT
"""Schedule strided: calls and cycles of a causal window over its width, for each profile."""
from .page import number, table
from .part import Part, compared

TOKENS, M = 16384, 128
WINDOWS = [(w, s) for s in (0, 4) for w in (16, 32, 64, 96)]


def rows_of_tile(window, sinks):
    return M - window + 1 - sinks


class Strided(Part):
    name = "strided"
    command = (f"tessera compare --random 1,{TOKENS},64 --device blackbox-64 --memory ideal "
               "--timing-only --schedules query-resident,strided --profiles "
               "stateful,stats,blackbox --masks window=WINDOW --jobs 1 --format json")
    runs = [{"WINDOW": f"{w},sinks={s}" if s else str(w)} for w, s in WINDOWS]
    columns = ["schedule", "profile", "window", "sinks", "calls", "at_least", "cycles", "bytes"]

    def rows(self, words, text):
        window, _, sinks = words["WINDOW"].partition(",sinks=")
        figures = ("calls", "calls_at_least", "cycles", "bytes")
        return [[row["schedule"], row["profile"], int(window), int(sinks or 0)] +
                [row["value"][key] for key in figures] for row in compared(text)]

    def tables(self, data):
        rows = [[r["window"], r["sinks"], r["profile"], usual["calls"], r["calls"],
                 usual["cycles"], r["cycles"], usual["cycles"] / r["cycles"]]
                for usual, r in pairs(data)]
        return {"figures": table(["W", "s", "profile", "calls, query-resident", "calls, strided",
                                  "cycles, query-resident", "cycles, strided",
                                  "times as fast"], rows)}

    def claims(self, data):
        strided = [r for r in data if r["schedule"] == "strided"]
        exact = [r for r in strided if
                 r["calls"] == -(-TOKENS // rows_of_tile(r["window"], r["sinks"]))]
        paper = {(r["sinks"], s["calls"], r["calls"]) for s, r in pairs(data)
                 if r["window"] == 16 and r["profile"] != "blackbox"}
        merging = [u["cycles"] / r["cycles"] for u, r in pairs(data)
                   if r["window"] == 16 and r["profile"] != "stateful"]
        return [("strided: ceil(N / (M − W + 1 − s)) calls on every profile",
                 f"{len(exact)} of {len(strided)} runs", len(exact) == len(strided)),
                ("the paper's example: 145 calls rather than 255, with 4 sinks 151 rather than 381",
                 ", ".join(f"s = {s}: {b} for {a}" for s, a, b in sorted(paper)),
                 paper == {(0, 255, 145), (4, 381, 151)}),
                ("where firmware merges, W = 16 is at least 10 times as fast: nothing is merged",
                 f"at least {number(min(merging))} times", min(merging) >= 10)]


def pairs(data):
    """Of each mask and profile the rows of query-resident and strided."""
    key = {(r["schedule"], r["profile"], r["window"], r["sinks"]): r for r in data}
    return [(key["query-resident", p, w, s], key["strided", p, w, s])
            for w, s in WINDOWS for p in ("stateful", "stats", "blackbox")]
