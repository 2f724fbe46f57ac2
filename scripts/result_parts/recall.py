# SPDX-License-Identifier: MIT
"""Values asked for in a long context: how many come back under which mask, and what that costs."""
import json

from .page import Failure, table
from .part import Part

MASKS = ["", "window 256", "window 1024", "window 4096", "window 256 + sinks 64", "block 64",
         "block 64 + summary 1", "block 64 + summary 8"]


def options(mask):
    """"window 256 + sinks 4" as --window 256 --sinks 4."""
    return " ".join("--" + term for term in mask.split(" + ") if term)


class Recall(Part):
    name = "recall"
    command = ("tessera task mqar --tokens 8192 --pairs 1024 --layout LAYOUT --mask causal MASK "
               "--device base --memory ideal --no-check --format json")
    runs = [{"LAYOUT": layout, "MASK": options(mask), "NAME": mask or "all"}
            for layout in ("first", "spread") for mask in MASKS]
    columns = ["layout", "mask", "asked", "right", "expected", "calls", "cycles", "bytes"]

    def rows(self, words, text):
        report = json.loads(text)
        answers, cost = report["answers"], report["cost"]
        if answers["unexpected"]["value"] != 0:
            raise Failure(f"{words}: answers other than by the closed form")
        return [[words["LAYOUT"], words["NAME"]] +
                [answers[key]["value"] for key in ("asked", "right", "expected_right")] +
                [cost[key]["value"] for key in ("calls", "cycles", "all_bytes")]]

    def command_block(self):
        return f"```sh\n# LAYOUT and MASK as in the table\n{self.command}\n```\n"

    def tables(self, data):
        rows = []
        for mask in (mask or "all" for mask in MASKS):
            first, spread = (next(r for r in data if r["mask"] == mask and r["layout"] == layout)
                             for layout in ("first", "spread"))
            rows.append([mask, share(first), share(spread), first["calls"], first["cycles"],
                         first["bytes"] / 1e6])
        return {"figures": table(["a query sees", "first", "spread", "calls", "cycles", "MB"],
                                 rows)}

    def claims(self, data):
        exact = [r for r in data if r["right"] == r["expected"]]
        whole = [r for r in data if r["mask"] == "all" and r["right"] == r["asked"]]
        return [("as many right as the closed form says", f"in {len(exact)} of {len(data)} runs",
                 len(exact) == len(data)),
                ("all right where a query sees all keys before it", f"in {len(whole)} of 2 runs",
                 len(whole) == 2)]


def share(row):
    return f"{100 * row['right'] / row['asked']:.2f} %"
