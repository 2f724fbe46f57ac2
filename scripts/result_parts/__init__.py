# SPDX-License-Identifier: MIT
"""The parts of docs/results, in the page's order."""
from .audit import Audit
from .calls import Calls
from .covers import Covers
from .errors import Errors
from .gemm import Gemm
from .linear import Linear
from .lists import Lists
from .page import Failure
from .profiles import Profiles
from .recall import Recall
from .row_causal import RowCausal
from .sampling import Sampling
from .sentinel import Sentinel
from .sparse import Sparse
from .strided import Strided
from .width import Width

PARTS = [Calls(), Sparse(), Linear(), Errors(), Sentinel(), Covers(), Sampling(),
         Audit(), Profiles(), Gemm(), Strided(), RowCausal(), Width(), Recall(),
         Lists()]


def part(name):
    """The part of this name, or a Failure that lists them."""
    for one in PARTS:
        if one.name == name:
            return one
    raise Failure(f"no part '{name}'; there are {', '.join(p.name for p in PARTS)}")
