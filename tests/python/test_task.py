# SPDX-License-Identifier: MIT
"""Tasks: right answers as their definition has them, worked out here."""
import numpy
import pytest

import tessera


def test_cells_of_regular_programming(compared):
    report = tessera.task("reg", size=40, model="sparse", device="small", memory="ideal", seed=3)
    compared.equal(report.right, 40)
    compared.equal(report.expected_right, 40)
    compared.equal(report.remarks, [])
    compared.equal(report.fields, ["symbol"])
    compared.equal(report.tokens.shape, (80, 1))
    # A cell is 5 dp(h) + s(g) + i modulo 64: with the draws of the manual.
    cells = report.tokens[40:, 0]
    compared.all_true((cells >= 0) & (cells < 64))
    compared.all_true(report.answers[39:79] == report.tokens[40:])
    compared.all_true(report.truth[:39] == tessera.NO_SYMBOL)
    compared.equal(report["cost.cycles"], report.to_dict()["cost"]["cycles"]["value"])


def test_what_a_window_hides(compared):
    whole = tessera.task("listops", tokens=200, seed=5, memory="ideal")
    narrow = tessera.task("listops", tokens=200, seed=5, memory="ideal", window=16)
    compared.equal(whole.accuracy, 1.0)
    compared.true(narrow.accuracy < 1)
    compared.equal(narrow.right, narrow.expected_right)
    compared.equal(narrow.unexpected, 0)
    values = whole.fields.index("value")
    operators = whole.tokens[:, 0] >= 10
    compared.all_true(whole.answers[operators, values] == whole.truth[operators, values])


def test_token_by_token(compared):
    shares = []
    steps = tessera.task("lis", size=12, device="small", memory="ideal", generate=True,
                         progress=lambda phase, share: shares.append((phase, share)))
    once = tessera.task("lis", size=12, device="small", memory="ideal")
    compared.all_true(steps.tokens == once.tokens)
    compared.equal(steps.right, 12)
    compared.equal(len(shares), 13)
    compared.equal(shares[-1], ("simulating", 1.0))
    compared.all_true(numpy.diff([share for _, share in shares]) > 0)


def test_mistakes(compared):
    for arguments, message in (({"name": "nothing"}, "allowed: kv, mqar"),
                               ({"name": "reg", "pairs": 3}, "none here with reg"),
                               ({"name": "reg", "folder": "x"}, "outputs.folder is x"),
                               ({"name": "reg", "window": -1}, "window")):
        with pytest.raises(tessera.Error, match=message) as caught:
            tessera.task(**arguments)
        compared.equal(caught.value.code, "user")
    with pytest.raises(tessera.Error) as caught:
        tessera.task("reg", generate=True, memory="ideal", progress=lambda phase, share: False)
    compared.equal(caught.value.code, "cancelled")
