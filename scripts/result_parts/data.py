# SPDX-License-Identifier: MIT
"""Tensors made for a figure, as safetensors files: q, k and v of one head, F32."""
import array
import json
import random
import struct

TOKENS, DIM = 4096, 64
NEEDLE = 2600  # the key that every query looks for


def normal_rows(draw, mean=0.0):
    return array.array("f", (draw.gauss(mean, 1) for _ in range(TOKENS * DIM)))


def diffuse(draw):
    """Normal queries and keys, values of mean 1 and standard deviation 1."""
    return normal_rows(draw), normal_rows(draw), normal_rows(draw, mean=1)


def mean_zero(draw):
    """The same, but outputs average to nothing."""
    return normal_rows(draw), normal_rows(draw), normal_rows(draw)


def needle(draw):
    """As diffuse, but one key has score 16 with every query, which leaves 0.1 % for the others."""
    q, k, v = diffuse(draw)
    for row in range(TOKENS):
        q[row * DIM] = 8
        k[row * DIM] = 16 if row == NEEDLE else 0
    return q, k, v


KINDS = {"diffuse": diffuse, "mean-zero": mean_zero, "needle": needle}
FOLDER = "build/results"  # in the root of the repository
REAL = "tests/data/use-lite-layer0-2x1024.safetensors"


def files(kinds):
    """Paths by kind, and of the real tensors."""
    return {**{kind: f"{FOLDER}/{kind}.safetensors" for kind in kinds}, "real": REAL}


def write(root, kinds):
    """The files of `kinds`, the same every time."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        tensors = KINDS[kind](random.Random(kind))
        size = TOKENS * DIM * 4
        header = json.dumps({name: {"dtype": "F32", "shape": [1, TOKENS, DIM],
                                    "data_offsets": [i * size, (i + 1) * size]}
                             for i, name in enumerate("qkv")}).encode()
        with (folder / f"{kind}.safetensors").open("wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            for tensor in tensors:
                tensor.tofile(file)  # x86-64 has the file's order of bytes


def read_output(path):
    """Rows of `o` of each head."""
    blob = path.read_bytes()
    length = struct.unpack("<Q", blob[:8])[0]
    entry = json.loads(blob[8:8 + length])["o"]
    begin, end = (8 + length + offset for offset in entry["data_offsets"])
    values = array.array("f", blob[begin:end])
    tokens, dim = entry["shape"][-2:]
    rows = [values[i:i + dim] for i in range(0, len(values), dim)]
    return [rows[i:i + tokens] for i in range(0, len(rows), tokens)]
