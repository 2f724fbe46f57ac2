# SPDX-License-Identifier: MIT
"""Linear attention on the attention-only device: calls, cycles, bytes and error over N/M."""
import json

from .page import number, table
from .part import Part, doubled, log_slope

M = 128
FITTED_FROM = 16
ALLOWED = 0.02
MOST_ERROR = 2e-3


class Linear(Part):
    name = "linear"
    command = "tessera linear --random 1,TOKENS,64 --device blackbox-64 --memory ideal --check --format json"
    width = 900
    runs = [{"TOKENS": n} for n in doubled(M, 1024 * M)]
    columns = ["tokens", "ratio", "calls", "cycles", "bytes", "elementwise", "rms", "over_bound"]

    def rows(self, words, text):
        report = json.loads(text)
        figures = [report["derived"][key]["value"]
                   for key in ("calls", "cycles", "bytes", "elementwise_elements")]
        errors = [report["error"][key]["value"] for key in ("rms_relative", "max_over_bound")]
        return [[words["TOKENS"], words["TOKENS"] // M] + figures + errors]

    def tables(self, data):
        return {"figures": table(["N", "N/M", "calls", "cycles", "bytes", "elements on the host",
                                  "rms error"],
                                 [[r[key] for key in self.columns[:-1]] for r in data
                                  if r["ratio"] in (1, 16, 128, 512, 1024)])}

    def claims(self, data):
        claims = []
        for key in ("calls", "cycles", "bytes"):
            measured = log_slope((r["ratio"], r[key]) for r in data
                                 if r["ratio"] >= FITTED_FROM)
            claims.append((f"{key}: slope 1 within {ALLOWED}", f"{measured:.4f}",
                           abs(measured - 1) <= ALLOWED))
        worst = max(data, key=lambda r: r["rms"])
        return claims + [
            (f"rms error at most {number(1000 * MOST_ERROR)} · 10⁻³, and within its bound",
             f"at most {number(1000 * worst['rms'])} · 10⁻³, at N = {worst['tokens']:,}; error / "
             f"bound {number(max(r['over_bound'] for r in data))}",
             worst["rms"] <= MOST_ERROR and all(r["over_bound"] <= 1 for r in data))]
