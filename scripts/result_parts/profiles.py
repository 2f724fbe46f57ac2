# SPDX-License-Identifier: MIT
"""What each profile costs in calls, cycles and bytes."""
from .page import number, table
from .part import Part, compared, doubled

M = 128
PROFILES = ["stateful", "stats", "blackbox/columns", "blackbox/two-call"]
MERGE_CYCLES = [1, 0.125, 0]


class Profiles(Part):
    name = "profiles"
    command = ("tessera compare --random 1,TOKENS,64 --device blackbox-64 --memory ideal --timing-only "
               "--set firmware.merge_cycles_per_element=COST --schedules query-resident --profiles " +
               ",".join(PROFILES) + " --jobs 1 --format json")
    width = 1200
    runs = [{"TOKENS": n, "COST": c} for n in doubled(M, 64 * M) for c in MERGE_CYCLES]
    columns = ["profile", "cost", "ratio", "calls", "cycles", "cycles_over_stateful", "bytes",
               "bytes_over_compulsory", "merge_bytes"]

    def rows(self, words, text):
        values = [row["value"] for row in compared(text)]
        return [[profile, words["COST"], words["TOKENS"] // M, v["calls"], v["cycles"],
                 v["cycles"] / values[0]["cycles"], v["bytes"], v["bytes_over_compulsory"],
                 v.get("merge_bytes_read", 0) + v.get("merge_bytes_written", 0)]
                for profile, v in zip(PROFILES, values)]

    def tables(self, data):
        last = max(r["ratio"] for r in data)
        at = {(r["profile"], r["cost"]): r for r in data if r["ratio"] == last}
        stateful = at["stateful", 0]["bytes"]
        rows = []
        for profile in PROFILES:
            free = at[profile, 0]
            rows.append([profile, free["calls"]] +
                        [at[profile, c]["cycles_over_stateful"] for c in MERGE_CYCLES] +
                        [free["bytes_over_compulsory"], free["bytes"] / stateful,
                         free["merge_bytes"] / stateful])
        costs = [f"cycles, {c} per element" for c in MERGE_CYCLES]
        return {"figures": table(["profile", "calls"] + costs +
                                 ["bytes / compulsory", "bytes / `stateful`'s",
                                  "and of the processor that merges"], rows)}

    def claims(self, data):
        last = max(r["ratio"] for r in data)
        at = {(r["profile"], r["cost"]): r for r in data if r["ratio"] == last}

        def cycles(profile, cost):
            return at[profile, cost]["cycles_over_stateful"]
        bytes_over = min(at[p, 0]["bytes"] for p in PROFILES[1:]) / at["stateful", 0]["bytes"]
        free = max(cycles("stats", 0), cycles("blackbox/columns", 0))
        return [(f"N/M = {last}: a stored state, or a share in the output, costs at most 10 % more cycles if "
                 "merging is free", number(free, 4), free <= 1.1),
                ("two calls a pair cost twice the cycles, with free merging",
                 number(cycles("blackbox/two-call", 0), 4),
                 1.9 <= cycles("blackbox/two-call", 0) <= 2.2),
                ("a processor that merges an element a cycle is what limits, by more than 5 ×",
                 f"{number(cycles('stats', 1))} × with `stats`, "
                 f"{number(cycles('blackbox/columns', 1))} × with a black box",
                 cycles("stats", 1) > 5),
                ("without continuing the device moves more than twice the bytes",
                 f"at least {number(bytes_over)} ×", bytes_over > 2)]
