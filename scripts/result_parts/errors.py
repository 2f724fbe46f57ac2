# SPDX-License-Identifier: MIT
"""Error of the profiles over N/M, for both output formats."""
from .page import number, table
from .part import Part, compared, doubled

M = 128
PROFILES = ["stateful", "stats", "blackbox/columns", "blackbox/two-call"]
FORMATS = ["fp32", "bf16"]


class Errors(Part):
    name = "errors"
    command = ("tessera compare --random 1,TOKENS,64 --device blackbox-64 --memory ideal --check "
               "--schedules query-resident --profiles " + ",".join(PROFILES) +
               " --output-format FORMAT --jobs 1 --format json")
    width = 900
    runs = [{"TOKENS": n, "FORMAT": f} for n in doubled(M, 64 * M) for f in FORMATS]
    columns = ["profile", "format", "ratio", "rms", "over_bound"]

    def rows(self, words, text):
        return [[row["profile"], words["FORMAT"], words["TOKENS"] // M,
                 row["value"]["rms_relative"], row["value"]["max_over_full_bound"]]
                for row in compared(text)]

    def tables(self, data):
        rms = {(r["profile"], r["format"], r["ratio"]): r["rms"] for r in data}
        ratios = sorted({r["ratio"] for r in data})
        rows = [[profile, form] + [rms[profile, form, ratio] for ratio in ratios]
                for form in FORMATS for profile in PROFILES]
        return {"figures": table(["profile", "output"] + [f"N/M = {r}" for r in ratios], rows)}

    def claims(self, data):
        worst = max(r["over_bound"] for r in data)
        rms = {(r["profile"], r["format"], r["ratio"]): r["rms"] for r in data}
        apart = max(abs(r["rms"] / rms["stateful", r["format"], r["ratio"]] - 1) for r in data)
        growth = max(r["rms"] / rms[r["profile"], r["format"], 2] for r in data if r["ratio"] > 2)
        return [("every element within its bound", f"largest error / bound {number(worst)}",
                 worst <= 1),
                ("rms error of every profile within 5 % of `stateful`'s",
                 f"at most {number(100 * apart)} % off", apart <= 0.05),
                ("rms error does not grow with N/M: at most 1.2 × that at N/M = 2",
                 f"at most {number(growth)} ×", growth <= 1.2)]
