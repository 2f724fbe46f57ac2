# SPDX-License-Identifier: MIT
"""What the tests have in common: they say how many items they compared, and one that compared
nothing fails."""
import os

import numpy
import pytest


class Compared:
    def __init__(self):
        self.count = 0

    def equal(self, actual, expected):
        self.count += 1
        assert actual == expected

    def true(self, condition, what=""):
        self.count += 1
        assert condition, what

    def all_true(self, conditions):
        """Each element of an array of conditions."""
        conditions = numpy.asarray(conditions)
        self.count += conditions.size
        assert conditions.all(), f"{conditions.size - conditions.sum()} of {conditions.size} fail"


@pytest.fixture
def compared(request):
    counter = Compared()
    yield counter
    assert counter.count > 0, "compared nothing"
    print(f"\ncompared {counter.count} items of {request.node.name}, 0 different")


@pytest.fixture
def random():
    """A generator of random numbers, whose seed TESSERA_SEED sets."""
    seed = int(os.environ.get("TESSERA_SEED", "1"))
    print(f"TESSERA_SEED={seed}")
    return numpy.random.default_rng(seed)
