# SPDX-License-Identifier: MIT
"""An oracle that is always causal beside one whose mask can be switched off."""
from .page import number, table
from .part import Part, compared, doubled

M = 128
LAST = 128  # N/M


class RowCausal(Part):
    name = "row_causal"
    command = ("tessera compare --random 1,TOKENS,64 --mask causal --device blackbox-64 --memory "
               "ideal --timing-only --schedules query-resident --row-causal --profiles "
               "stateful,stats,blackbox --jobs 1 --format json")
    runs = [{"TOKENS": n} for n in doubled(2 * M, LAST * M)]
    columns = ["oracle", "profile", "tokens", "ratio", "calls", "at_least", "cycles", "bytes"]

    def rows(self, words, text):
        tokens = words["TOKENS"]
        figures = ("calls", "calls_at_least", "cycles", "bytes")
        return [["causal" if row["schedule"] == "row-causal" else "query × key", row["profile"],
                 tokens, tokens // M] + [row["value"][key] for key in figures]
                for row in compared(text)]

    def tables(self, data):
        rows = [[r["ratio"], r["profile"], free["calls"], r["calls"], r["at_least"],
                 r["calls"] / free["calls"], r["cycles"] / free["cycles"],
                 r["bytes"] / free["bytes"]] for free, r in pairs(data)]
        return {"figures": table(["N/M", "profile", "calls, mask can be off",
                                  "calls, always causal", "at least", "calls, times",
                                  "cycles, times", "bytes, times"], rows)}

    def claims(self, data):
        told = [r for r in data if r["oracle"] == "causal" and r["profile"] != "blackbox"]
        exact = [r for r in told if r["calls"] == r["ratio"] ** 2]
        over = max(r["calls"] / r["at_least"] for r in told)
        last = [(free, r) for free, r in pairs(data) if r["ratio"] == LAST]
        times = [r["calls"] / free["calls"] for free, r in last if r["profile"] != "blackbox"]
        cycles = {r["profile"]: r["cycles"] / free["cycles"] for free, r in last}
        return [("(N/M)² calls", f"{len(exact)} of {len(told)} runs", len(exact) == len(told)),
                ("that is at most 1 % above what causal calls can do", f"{number(over, 4)} ×",
                 over <= 1.01),
                ("to be always causal costs nearly twice the calls at N/M = 128, never more "
                 "but on blackbox, whose query tiles lose a row too",
                 f"{number(min(times))} to {number(max(times))} ×",
                 1.9 <= min(times) and max(times) <= 2),
                ("and at N/M = 128 at most 2.2 times the cycles on each profile",
                 ", ".join(f"{p} {number(c)} ×" for p, c in sorted(cycles.items())),
                 max(cycles.values()) <= 2.2)]


def pairs(data):
    """Of each length and profile the rows of both oracles."""
    key = {(r["oracle"], r["profile"], r["ratio"]): r for r in data}
    return [(key["query × key", p, n], key["causal", p, n])
            for n in doubled(2, LAST) for p in ("stateful", "stats", "blackbox")]
