# SPDX-License-Identifier: MIT
"""Nested lists of the Long Range Arena: what windows and sinks leave of an encoder's answers."""
import json

from .page import Failure, table
from .part import Part
from .recall import options

MASKS = ["", "window 1024", "window 512", "window 256", "window 128", "window 32",
         "window 128 + sinks 16", "sinks 128"]
SEEDS = range(1, 9)


class Lists(Part):
    name = "lists"
    command = ("tessera task listops --tokens 2000 --seed SEED --mask dense MASK --device base "
               "--memory ideal --no-check --format json")
    runs = [{"SEED": seed, "MASK": options(mask), "NAME": mask or "all"}
            for mask in reversed(MASKS) for seed in SEEDS]
    columns = ["mask", "seed", "tokens", "asked", "right", "expected", "root", "calls", "cycles"]

    def rows(self, words, text):
        report = json.loads(text)
        answers, cost = report["answers"], report["cost"]
        if answers["unexpected"]["value"] != 0:
            raise Failure(f"{words}: answers other than by the closed form")
        wrong = answers["first_wrong"]  # the whole expression is at token 0
        return [[words["NAME"], words["SEED"], report["task"]["tokens"]["value"]] +
                [answers[key]["value"] for key in ("asked", "right", "expected_right")] +
                [int(wrong is None or wrong["position"] > 0)] +
                [cost[key]["value"] for key in ("calls", "cycles")]]

    def command_block(self):
        return f"```sh\n# SEED 1 to {SEEDS[-1]}, MASK as in the table\n{self.command}\n```\n"

    def tables(self, data):
        rows = []
        for mask in (mask or "all" for mask in MASKS):
            of_mask = [r for r in data if r["mask"] == mask]
            total = {key: sum(r[key] for r in of_mask)
                     for key in ("asked", "right", "root", "calls", "cycles")}
            rows.append([mask, f"{100 * total['right'] / total['asked']:.1f} %",
                         f"{total['root']} of {len(of_mask)}", total["calls"], total["cycles"]])
        return {"figures": table(["an operator sees", "operators", "whole expressions", "calls",
                                  "cycles"], rows)}

    def claims(self, data):
        exact = [r for r in data if r["right"] == r["expected"]]
        whole = [r for r in data if r["mask"] == "all" and r["right"] == r["asked"]]
        rooted = [r for r in data if r["mask"].startswith("window") and r["root"]]
        share = {mask: sum(r["right"] for r in data if r["mask"] == mask) /
                 sum(r["asked"] for r in data if r["mask"] == mask)
                 for mask in ("window 128", "window 128 + sinks 16")}
        gain = share["window 128 + sinks 16"] - share["window 128"]
        return [("as many right as the closed form says", f"in {len(exact)} of {len(data)} runs",
                 len(exact) == len(data)),
                ("all right where all is seen", f"in {len(whole)} of {len(SEEDS)} runs",
                 len(whole) == len(SEEDS)),
                ("no window of up to 1,024 gives a whole expression longer than itself",
                 f"{len(rooted)} do, of {max((r['tokens'] for r in rooted), default=0):,} tokens "
                 "at most", all(r["tokens"] <= 1024 for r in rooted)),
                ("sinks add less than a percent of the operators", f"{100 * gain:.2f} %",
                 gain < 0.01)]
