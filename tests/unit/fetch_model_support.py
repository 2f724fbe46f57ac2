# SPDX-License-Identifier: MIT
"""What the tests of scripts/fetch_model share: a test case that counts, and small files.

The encoders here share nothing with the readers that are tested.
"""
import json
import os
import pathlib
import random
import struct
import sys
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

from model_parts.model import Malformed


class Case(unittest.TestCase):
    """Counts what it compares and says so, as every test has to."""

    def setUp(self):
        self.compared = self.different = 0
        self.random = random.Random(int(os.environ.get("TESSERA_SEED", "1")))

    def equal(self, actual, expected, where=""):
        self.compared += 1
        if actual != expected:
            self.different += 1
            self.fail(f"{where}: {str(actual)[:300]} is not {str(expected)[:300]}")

    def contains(self, text, word):
        self.equal(word in text, True, f"{word!r} in {text!r}")

    def malformed(self, word, body):
        """`body` has to refuse, and to say why."""
        try:
            body()
        except Malformed as error:
            self.contains(str(error), word)
        else:
            self.equal("accepted", f"refused: {word}")

    def tearDown(self):
        print(f"compared {self.compared} items of {self.id().split('.', 1)[1]}, "
              f"{self.different} different", flush=True)
        self.assertGreater(self.compared, 0)


# Protocol Buffers, as far as a test needs them.
def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, kind, shape, raw):
    return b"".join(field(1, extent) for extent in shape) + field(2, kind) + field(8, name) + \
        field(9, raw)


def node(operation, inputs, outputs, attributes=b""):
    return b"".join(field(1, name) for name in inputs) + \
        b"".join(field(2, name) for name in outputs) + field(4, operation) + attributes


def graph(nodes, tensors):
    return b"".join(field(1, one) for one in nodes) + b"".join(field(5, one) for one in tensors)


def onnx_file(nodes, tensors):
    return field(1, 10) + field(2, "a test") + field(7, graph(nodes, tensors)) + \
        field(8, field(1, "") + field(2, 14))


def f32(*values):
    return struct.pack(f"<{len(values)}f", *values)


def read_safetensors(data):
    """{name: (type, shape, values)}"""
    (length,) = struct.unpack_from("<Q", data)
    header, begin, found = json.loads(data[8:8 + length]), 8 + length, {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        raw = data[begin + first:begin + last]
        if entry["dtype"] == "BF16":
            raw = b"".join(b"\0\0" + raw[at:at + 2] for at in range(0, len(raw), 2))
        found[name] = (entry["dtype"], entry["shape"], struct.unpack(f"<{len(raw) // 4}f", raw))
    return found
