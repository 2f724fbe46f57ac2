# SPDX-License-Identifier: MIT
"""Calls and cycles over N/M, for three masks: calls_over_length.py [PICTURE]

N tokens on a device that attends to M at a time take (N/M)^2 calls without a mask, about half of
them with a causal one, and a number that grows with N/M alone with a window. Predicted, with one
simulation of each mask beside it.
"""
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402 pylint: disable=wrong-import-position

import tessera  # noqa: E402 pylint: disable=wrong-import-position

M = 128  # tokens of a tile on device base
RATIOS = [1, 2, 4, 8, 16, 32]
MASKS = {"dense": {"mask": "dense"}, "causal": {"mask": "causal"},
         "window of 256": {"mask": "causal", "window": 256}}
SIMULATED = 8  # N/M


def main(picture):
    figure, (calls, cycles) = pyplot.subplots(1, 2, figsize=(9, 4))
    for name, mask in MASKS.items():
        foretold = [tessera.predict(tokens=ratio * M, memory="ideal", **mask) for ratio in RATIOS]
        calls.loglog(RATIOS, [one.calls for one in foretold], marker="o", label=name)
        cycles.loglog(RATIOS, [one.cycles for one in foretold], marker="o", label=name)
        run = tessera.run(tokens=SIMULATED * M, memory="ideal", timing_only=True, **mask)
        cycles.plot([SIMULATED], [run["counters.cycles"]], "kx")
        print(f"{name}: {foretold[-1].calls:,} calls of {RATIOS[-1] * M:,} tokens; "
              f"{run['counters.cycles']:,.0f} cycles of {SIMULATED * M:,}")
    for axes, title in ((calls, "calls"), (cycles, "cycles (x: simulated)")):
        axes.set_xlabel("N/M")
        axes.set_title(title)
        axes.legend()
    figure.tight_layout()
    figure.savefig(picture)
    print(f"wrote {picture}")


main(sys.argv[1] if len(sys.argv) > 1 else "calls_over_length.png")
