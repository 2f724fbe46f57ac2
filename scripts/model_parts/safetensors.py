# SPDX-License-Identifier: MIT
"""Tensors as a safetensors file: sorted by name, so that the same tensors are the same bytes."""
import json
import struct

from .model import Malformed

ELEMENT_BYTES = {"BF16": 2, "F32": 4}


def write_safetensors(tensors):
    """{name: (type, shape, bytes)} as the bytes of a file."""
    header, end = {}, 0
    for name, (dtype, shape, data) in sorted(tensors.items()):
        elements = 1
        for extent in shape:
            elements *= extent
        if len(data) != elements * ELEMENT_BYTES[dtype]:
            raise Malformed(f"{name} has {len(data)} bytes; {dtype} of shape {list(shape)} has "
                            f"{elements * ELEMENT_BYTES[dtype]}")
        header[name] = {"dtype": dtype, "shape": list(shape),
                        "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors start at a multiple of 8
    return b"".join([struct.pack("<Q", len(text)), text,
                     *(data for _, (_, _, data) in sorted(tensors.items()))])


def bf16_integers(data, value_of):
    """The bytes of `data` as BF16, byte b as the integer value_of(b), which BF16 has to hold."""
    low, high = bytearray(256), bytearray(256)
    for byte in range(256):
        value = value_of(byte)
        (bits,) = struct.unpack("<I", struct.pack("<f", value))
        if bits & 0xffff and byte in data:
            raise Malformed(f"the weight {value} is no number of BF16")
        low[byte], high[byte] = bits >> 16 & 255, bits >> 24
    out = bytearray(2 * len(data))
    out[0::2], out[1::2] = data.translate(low), data.translate(high)
    return bytes(out)
