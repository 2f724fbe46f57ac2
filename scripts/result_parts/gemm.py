# SPDX-License-Identifier: MIT
"""Gemm as a transformer needs it: one row times weights in each form, and the rows of an encoder."""
import json
import math

from .page import number, table
from .part import Part

M, D, LANES, INTERLEAVE, BUS = 128, 64, 16, 4, 64  # of `base`
MEMORIES = ["ideal", "hbm2-2000-8ch"]
FORMS = ["rows", "columns", "scores"]
LAYERS = 6
# n and k of the products of a decoder layer of Moonshine Tiny, and how many there are; then the
# logits. Queries, keys and values are one product.
LAYER = {(864, 288): 1, (288, 288): 3, (2304, 288): 1, (288, 1152): 1}
LOGITS = (32768, 288)
# Of its encoder at 1,623 tokens, 39 s of speech.
ENCODER = {"q, k, v": (1623, 864, 288), "dense": (1623, 288, 288), "fc1": (1623, 1152, 288),
           "fc2": (1623, 288, 1152), "conv2": (3248, 576, 2016), "conv3": (1623, 288, 1728)}
EVEN = {288: 58}  # blocks of k that are all as wide, where the last of 64 would be half as wide
MOST_TOKEN = {"ideal": 800_000, "hbm2-2000-8ch": 870_000}
LEAST_OF_BOUND = {"ideal": 0.96, "hbm2-2000-8ch": 0.87}


def shape(m, n, k):
    return f"{m},{n},{k}"


def runs():
    token = [{"SHAPE": shape(1, n, k), "MEMORY": memory, "FORM": form, "BLOCK": 0}
             for n, k in [*LAYER, LOGITS] for memory in MEMORIES for form in FORMS]
    encoder = [{"SHAPE": shape(*mnk), "MEMORY": memory, "FORM": "rows", "BLOCK": block}
               for mnk in ENCODER.values() for memory in MEMORIES
               for block in dict.fromkeys([0, EVEN.get(mnk[2], 0)])]
    return token + encoder


def bound(m, n, k):
    """The largest utilisation that the shape allows: half of the cells multiply with I, and a lane
    group and a tile of columns cost the same whether they are full or not. k costs what it is."""
    group = LANES * INTERLEAVE
    return 0.5 * m / (math.ceil(m / group) * group) * n / (math.ceil(n / D) * D)


class Gemm(Part):
    name = "gemm"
    command = ("tessera gemm --random SHAPE --device base --memory MEMORY --form FORM --precision "
               "rounded --inner-block BLOCK --timing-only --format json")
    runs = runs()
    columns = ["form", "memory", "m", "n", "k", "block", "calls", "cycles", "utilisation"]

    def rows(self, words, text):
        derived = json.loads(text)["derived"]
        return [[words["FORM"], words["MEMORY"], *map(int, words["SHAPE"].split(",")),
                 words["BLOCK"], *[derived[key]["value"]
                                   for key in ("calls", "cycles", "mac_utilisation")]]]

    def command_block(self):
        return (f"```sh\n# SHAPE, MEMORY, FORM and BLOCK as in the tables; BLOCK 0: as many as fit\n"
                f"{self.command}\n```\n")

    def token(self, data, form, memory):
        """Cycles of all products of a decoder token."""
        cycles = {(r["n"], r["k"]): r["cycles"] for r in data
                  if r["m"] == 1 and r["form"] == form and r["memory"] == memory}
        return LAYERS * sum(count * cycles[nk] for nk, count in LAYER.items()) + cycles[LOGITS]

    def port(self):
        """Cycles in which the port brings a token's weights."""
        weights = LAYERS * sum(count * n * k for (n, k), count in LAYER.items()) + math.prod(LOGITS)
        return 2 * weights // BUS

    def tables(self, data):
        one = [[f"1, {n:,}, {k:,}", *[next(r["cycles"] for r in data if r["m"] == 1 and
                                           (r["n"], r["k"], r["form"], r["memory"]) ==
                                           (n, k, form, memory))
                                      for memory in MEMORIES for form in FORMS]]
               for n, k in [*LAYER, LOGITS]]
        one.append(["all of a token", *[self.token(data, form, memory)
                                        for memory in MEMORIES for form in FORMS]])
        headings = ["m, n, k"] + [f"`{form}`, `{memory}`" for memory in MEMORIES for form in FORMS]
        many = [[name, shape(*mnk).replace(",", ", "), block or "most", percent(bound(*mnk)),
                 *[percent(next(r["utilisation"] for r in data if r["memory"] == memory and
                                (r["m"], r["n"], r["k"], r["block"]) == (*mnk, block)))
                   for memory in MEMORIES]]
                for name, mnk in ENCODER.items()
                for block in dict.fromkeys([0, EVEN.get(mnk[2], 0)])]
        return {"token": table(headings, one),
                "encoder": table(["product", "m, n, k", "block of k", "shape allows"] +
                                 [f"`{memory}`" for memory in MEMORIES], many)}

    def claims(self, data):
        claims = [(f"a token by `scores` on `{memory}`: at most {number(most)} cycles; the port "
                   f"alone takes {number(self.port())}",
                   number(self.token(data, "scores", memory)),
                   self.token(data, "scores", memory) <= most)
                  for memory, most in MOST_TOKEN.items()]
        best = {}
        for r in data:
            if r["m"] > 1:
                key = (r["memory"], r["m"], r["n"], r["k"])
                best[key] = max(best.get(key, 0), r["utilisation"])
        for memory, least in LEAST_OF_BOUND.items():
            shares = {key[1:]: used / bound(*key[1:]) for key, used in best.items()
                      if key[0] == memory}
            worst = min(shares, key=shares.get)
            claims.append((f"the encoder's products on `{memory}` reach {percent(least)} of what "
                           "their shapes allow",
                           f"at least {percent(shares[worst])}, {shape(*worst)}",
                           shares[worst] >= least))
        return claims


def percent(share):
    return f"{100 * share:.1f} %"
