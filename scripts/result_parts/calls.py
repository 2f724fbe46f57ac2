# SPDX-License-Identifier: MIT
"""Calls, cycles and bytes over N/M for each mask, with slopes."""
from .page import number, table
from .part import Part, compared, doubled, log_slope

M = 128
# Name in the plot, mask of the command, slope of calls in theory, largest N/M that it is for
MASKS = [("dense", "dense", 2, 1024), ("causal", "causal", 2, 1024),
         ("window", "window=128", 1, 1024), ("window and sinks", "window=128,sinks=4", 1, 1024),
         ("sparse", "sparse", 1, M)]
FITTED_FROM = 16
ALLOWED = 0.02


class Calls(Part):
    name = "calls"
    command = ("tessera compare --random 1,TOKENS,64 --device base --memory ideal --timing-only "
               "--schedules query-resident --masks " + " ".join(m[1] for m in MASKS) +
               " --jobs 1 --format json")
    width = 1200
    runs = [{"TOKENS": n} for n in doubled(M, 1024 * M)]
    columns = ["mask", "tokens", "ratio", "calls", "at_least", "cycles", "bytes"]

    def rows(self, words, text):
        tokens = words["TOKENS"]
        figures = ("calls", "calls_at_least", "cycles", "bytes")
        return [[mask[0], tokens, tokens // M] + [row["value"][key] for key in figures]
                for mask, row in zip(MASKS, compared(text))]

    def tables(self, data):
        rows = []
        for name, _, theory, last in MASKS:
            slopes = [slope(data, name, key, last) for key in ("calls", "cycles", "bytes")]
            rows.append([name, f"{FITTED_FROM} to {last:,}", str(theory)] +
                        [f"{s:.3f}" for s in slopes])
        shown = [r for r in data if r["ratio"] in (16, 128, 1024)]
        most = [[r["mask"]] + [r[key] for key in ("ratio", "calls", "at_least", "cycles", "bytes")]
                for r in shown]
        return {"slopes": table(["mask", "fitted over N/M", "slope in theory", "of calls",
                                 "of cycles", "of bytes"], rows),
                "figures": table(["mask", "N/M", "calls", "at least", "cycles", "bytes"], most)}

    def claims(self, data):
        claims = []
        for name, _, theory, last in MASKS:
            measured = slope(data, name, "calls", last)
            claims.append((f"calls, {name}: slope {theory} within {ALLOWED}", f"{measured:.4f}",
                           abs(measured - theory) <= ALLOWED))
        beyond = slope(data, "sparse", "calls", 1024, M)
        claims.append((f"sparse beyond N = M²: steeper than 1, at most 1.5 and {ALLOWED}",
                       f"{beyond:.3f} over N/M {M} to 1,024", 1 < beyond <= 1.5 + ALLOWED))
        worst = max(r["calls"] / r["at_least"] for r in data
                    if r["mask"] in ("dense", "causal") and r["ratio"] >= FITTED_FROM)
        claims.append(("dense and causal: calls over the lower bound, N/M ≥ 16, at most 1.07",
                       number(worst, 4), worst <= 1.07))
        return claims


def slope(data, mask, key, last, first=FITTED_FROM):
    """Of `key` over N/M from `first` to `last`."""
    return log_slope((r["ratio"], r[key]) for r in data
                     if r["mask"] == mask and first <= r["ratio"] <= last)
