# SPDX-License-Identifier: MIT
"""How high a sentinel may be: two indicator columns against the two-call form's 1 - w."""
from .page import number, table
from .part import Part, compared

FORMS = ["columns", "two-call"]


class Sentinel(Part):
    name = "sentinel"
    command = ("tessera compare --random 1,1024,64 --device blackbox-64 --memory ideal --check "
               "--schedules query-resident --profiles blackbox/columns,blackbox/two-call "
               "--sentinel-offset=OFFSET --jobs 1 --format json")
    width = 900
    runs = [{"OFFSET": offset} for offset in range(-120, 121, 5)]
    columns = ["form", "offset", "rms", "over_bound", "calls", "retried"]

    def rows(self, words, text):
        figures = ("rms_relative", "max_over_full_bound", "calls", "calls_retried")
        return [[row["profile"].split("/")[1], words["OFFSET"]] +
                [row["value"][key] for key in figures] for row in compared(text)]

    def tables(self, data):
        rows = []
        for form in FORMS:
            mine = [r for r in data if r["form"] == form]
            told = told_at_once(mine)
            rows.append([form, min(r["calls"] - r["retried"] for r in mine),
                         f"{told[0]} to {told[-1]}",
                         max(r["retried"] for r in mine),
                         f"{number(min(r['rms'] for r in mine))} to "
                         f"{number(max(r['rms'] for r in mine))}"])
        return {"figures": table(["form", "calls", "offsets at which no row is retried",
                                  "most calls retried", "rms error, all offsets"], rows)}

    def claims(self, data):
        spans = {}
        for form in FORMS:
            told = told_at_once([r for r in data if r["form"] == form])
            spans[form] = told[-1] - told[0]
        worst = max(r["over_bound"] for r in data)
        lowest, highest = min(r["rms"] for r in data), max(r["rms"] for r in data)
        return [("two columns tell over at least 120 powers of two, twice as far as 1 − w",
                 f"{spans['columns']} and {spans['two-call']}",
                 spans["columns"] >= max(120, 2 * spans["two-call"])),
                ("what is not told is retried and right: rms error within 5 %, within bound",
                 f"{number(100 * (highest / lowest - 1))} %, error / bound {number(worst)}",
                 highest <= 1.05 * lowest and worst <= 1)]


def told_at_once(rows):
    """Offsets at which no row was retried."""
    return sorted(r["offset"] for r in rows if r["retried"] == 0)
