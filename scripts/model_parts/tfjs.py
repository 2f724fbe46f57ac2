# SPDX-License-Identifier: MIT
"""Weights of a TensorFlow.js model: a list in model.json, and shards with their bytes in turn."""
import json

from .model import Malformed

ELEMENT_BYTES = {"float32": 4, "int32": 4, "bool": 1}


def read_json(data, what):
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what} is no JSON: {error}") from error


def read_tfjs(model, shard):
    """{name: (type, shape, bytes)}. `model` is model.json, `shard` gives the bytes of a shard."""
    try:
        weights = {}
        for group in read_json(model, "model.json")["weightsManifest"]:
            data, end = b"".join(shard(path) for path in group["paths"]), 0
            for entry in group["weights"]:
                name, dtype, size = entry["name"], entry["dtype"], ELEMENT_BYTES.get(entry["dtype"])
                if size is None or "quantization" in entry:
                    raise Malformed(f"{name} is {dtype}, quantised or of a type that is not known")
                for extent in entry["shape"]:
                    size *= extent
                if size > len(data) - end:
                    raise Malformed(f"{name} has {size} bytes, "
                                    f"of which {len(data) - end} are there")
                if name in weights:
                    raise Malformed(f"{name} is there twice")
                weights[name] = (dtype, entry["shape"], data[end:end + size])
                end += size
            if end != len(data):
                raise Malformed(f"{len(data) - end} bytes of the shards belong to no weight")
        return weights
    except (AttributeError, KeyError, TypeError) as error:
        raise Malformed(f"model.json is no list of weights: {error!r}") from error
