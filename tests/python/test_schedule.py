# SPDX-License-Identifier: MIT
"""Schedules written in Python: the same bits in any order, and mistakes by name."""
import numpy
import pytest

import tessera

TILES, M = 6, 16


def by_key_tile():
    for key_tile in range(TILES):
        for query_tile in range(key_tile, TILES):
            yield 0, query_tile, key_tile


def shuffled(random):
    """Any query tile next, its key tiles in order."""
    at = [0] * TILES
    while True:
        open_tiles = [q for q in range(TILES) if at[q] <= q]
        if not open_tiles:
            return
        query_tile = int(random.choice(open_tiles))
        yield 0, query_tile, at[query_tile]
        at[query_tile] += 1


def test_any_order_has_the_same_bits(compared, random):
    q, k, v = random.standard_normal((3, TILES * M, 16))
    machine = {"device": "tiny", "mask": "causal", "memory": "ideal"}
    expected = tessera.run(q, k, v, **machine)
    resident = tessera.run(q, k, v, schedule="kv-resident", **machine)
    listed = tessera.run(q, k, v, schedule=by_key_tile, **machine)
    for path in resident.figures:
        if path.startswith("counters."):
            compared.true(listed[path] == resident[path], path)
    for _ in range(5):
        report = tessera.run(q, k, v, schedule=shuffled(random), **machine)
        compared.equal(report.verdict, "good")
        compared.all_true(report.o == expected.o)
        compared.equal(report["derived.calls"], TILES * (TILES + 1) / 2)
    foretold = tessera.predict(q, k, v, schedule=by_key_tile, **machine)
    compared.equal(foretold.cycles, listed["counters.cycles"])


def test_mistakes(compared, random):
    q, k, v = random.standard_normal((3, TILES * M, 16))
    pairs = list(by_key_tile())
    for schedule, message in ((pairs[:-1], "query tile 5 of stack 0 never meets key tile 5"),
                              (pairs[1:], "query tile 0 of stack 0 never meets key tile 0"),
                              (pairs + pairs[-1:], "is given key tile 5, due is none"),
                              (reversed(pairs), "query tile 5 of stack 0 is given key tile 5"),
                              ([(0, 99, 0)], "a list with a tile that is not there"),
                              ([(0, 1)], "three whole numbers"),
                              ([], "empty")):
        with pytest.raises(tessera.Error, match=message) as caught:
            tessera.run(q, k, v, device="tiny", mask="causal", schedule=schedule)
        compared.equal(caught.value.code, "user")
