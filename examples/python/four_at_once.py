# SPDX-License-Identifier: MIT
"""A schedule written as a generator: four_at_once.py

Four query tiles share each key tile, so keys and values are read a quarter as often. Their running
states do not fit into the two state banks of the device: they travel through memory. Which is
cheaper depends on the memory, and here both are measured. The order is checked like that of any
other schedule, and the result has the same bits.
"""
import numpy

import tessera

TOKENS, DIMENSION, M = 2048, 64, 128


def four_at_once(at_once=4):
    """Yields (stack, query tile, key tile) of one head under a causal mask."""
    tiles = TOKENS // M
    for first in range(0, tiles, at_once):
        for key_tile in range(first + at_once):
            for query_tile in range(max(first, key_tile), first + at_once):
                yield 0, query_tile, key_tile


def main():
    q, k, v = numpy.random.default_rng(1).standard_normal((3, TOKENS, DIMENSION),
                                                          dtype=numpy.float32)
    results = {}
    for name, schedule in (("query-resident", "query-resident"), ("paired", "paired"),
                           ("four at once", four_at_once)):
        report = tessera.run(q, k, v, mask="causal", memory="ddr4-2400r", schedule=schedule)
        results[name] = report
        reads = report["counters.bytes_k"] + report["counters.bytes_v"]
        print(f"{name:14} {report['counters.cycles']:10,.0f} cycles, "
              f"{reads / 1e6:5.2f} MB of keys and values, {report.verdict}")
    same = all(numpy.array_equal(report.o, results["paired"].o) for report in results.values())
    print("all have the same bits" if same else "bits differ")


main()
