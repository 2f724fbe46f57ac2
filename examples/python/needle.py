# SPDX-License-Identifier: MIT
"""A task of one's own: is a needle still found under a window? needle.py

Every token has a key and a value, and the last tokens ask for keys. Keys are bits as +8 and -8, so
that any other key scores 128 powers of two lower. What comes back is the value itself, and next to
it the key as a tag. So a needle that is not seen is told from one that is.
"""
import sys

import numpy

import tessera

TOKENS, ASKED, BITS = 512, 64, 9
SEED = 1


def bits(numbers):
    """[count, BITS]: +1 and -1."""
    return 2.0 * (numbers[:, None] >> numpy.arange(BITS) & 1) - 1


def main():
    random = numpy.random.default_rng(SEED)
    keys = random.permutation(TOKENS)
    values = random.integers(0, 256, TOKENS)
    places = random.integers(0, TOKENS, ASKED)  # of the needles
    q = 8 * bits(keys[places])
    k = 8 * bits(keys)
    v = numpy.column_stack([values, bits(keys)])
    wrong = 0
    print("window  found  visible")
    for window in (32, 128, 384, 512):
        report = tessera.run(q[None], k[None], v[None], device="base", memory="ideal",
                             mask="causal", window=window, scale=float(numpy.log(2)))
        o = report.o[0]
        # Query i stands at the position of key TOKENS - ASKED + i.
        back = TOKENS - ASKED + numpy.arange(ASKED) - places
        visible = (back >= 0) & (back < window)
        found = (numpy.abs(o[:, 1:] - q / 8) < 0.01).all(axis=1)
        wrong += int((found != visible).sum())
        wrong += int((numpy.rint(o[found, 0]) != values[places[found]]).sum())
        print(f"{window:6} {found.sum():6} {visible.sum():8}")
    print(f"compared {4 * ASKED} answers with what can be seen (seed {SEED}), {wrong} different")
    return 1 if wrong else 0


sys.exit(main())
