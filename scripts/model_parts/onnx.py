# SPDX-License-Identifier: MIT
"""ONNX graphs: nodes and initializers of a model, those of subgraphs too.

Reads the wire format of Protocol Buffers (a key, then a varint, 4 or 8 bytes, or a length and so
many bytes) and of it the fields of onnx.proto that are named below. Others are skipped, as the
format wants it. Whatever is cut short or does not fit is Malformed.
"""
import dataclasses
import struct

from .model import Malformed

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5  # wire types

# Numbers of fields in onnx.proto.
MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER = 1, 5
NODE_INPUT, NODE_OUTPUT, NODE_OPERATION, NODE_ATTRIBUTE = 1, 2, 4, 5
ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS = 6, 11
TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_INTEGERS, TENSOR_NAME, TENSOR_RAW = 1, 2, 4, 5, 8, 9
TENSOR_LOCATION = 14

# TensorProto.DataType: its name here, bytes of an element, and which field holds it besides raw.
FLOAT, UINT8, INT8 = 1, 2, 3
TYPES = {FLOAT: ("float", 4), UINT8: ("uint8", 1), INT8: ("int8", 1)}


@dataclasses.dataclass
class Tensor:
    name: str
    type: str  # "float", "uint8", "int8"; for others "type N", without data
    shape: tuple
    data: bytes  # little-endian, the last dimension fastest

    def floats(self):
        if self.type != "float":
            raise Malformed(f"{self.name} is {self.type}; wanted: float")
        return struct.unpack(f"<{len(self.data) // 4}f", self.data)


@dataclasses.dataclass
class Node:
    operation: str
    inputs: list
    outputs: list


@dataclasses.dataclass
class Graph:
    nodes: list = dataclasses.field(default_factory=list)
    tensors: dict = dataclasses.field(default_factory=dict)  # initializers by name

    def tensor(self, name):
        if name not in self.tensors:
            raise Malformed(f"no initializer is named {name}")
        return self.tensors[name]


def read_varint(data, at):
    """The number at `at`, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Malformed("a number is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise Malformed("a number has more than 64 bits")


def read_fields(data):
    """(field, wire type, value) of a message: a number, or a view on its bytes."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        field, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = read_varint(data, at)
            yield field, wire, value
            continue
        if wire == LENGTH:
            size, at = read_varint(data, at)
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            size = 8 if wire == EIGHT_BYTES else 4
        else:
            raise Malformed(f"field {field} has the wire type {wire}; known are 0, 1, 2 and 5")
        if size > len(data) - at:
            raise Malformed(f"field {field} has {size} bytes, of which {len(data) - at} are there")
        yield field, wire, data[at:at + size]
        at += size


def text_of(value):
    try:
        return bytes(message_of(value, "a name")).decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"a name is no text: {error}") from error


def message_of(value, what):
    """The bytes of a field that has to be a message."""
    if isinstance(value, int):
        raise Malformed(f"{what} is a number; wanted: a message")
    return value


def numbers_of(wire, value):
    """A repeated number: one by one, or packed."""
    if wire == VARINT:
        yield value
        return
    at = 0
    while at < len(value):
        number, at = read_varint(value, at)
        yield number


def read_tensor(data):
    name, kind, shape, raw, floats, integers = "", 0, [], None, [], []
    for field, wire, value in read_fields(data):
        if field == TENSOR_DIMS:
            shape += numbers_of(wire, value)
        elif field == TENSOR_TYPE:
            kind = value
        elif field == TENSOR_NAME:
            name = text_of(value)
        elif field == TENSOR_RAW:
            raw = bytes(message_of(value, "raw data"))
        elif field == TENSOR_FLOATS:
            floats.append(bytes(message_of(value, "float data")))
        elif field == TENSOR_INTEGERS:
            integers += numbers_of(wire, value)
        elif field == TENSOR_LOCATION and value != 0:
            raise Malformed(f"{name}: its data are in another file; wanted: in this one")
    if kind not in TYPES:
        return Tensor(name, f"type {kind}", tuple(shape), b"")
    type_name, element_bytes = TYPES[kind]
    if raw is None:
        raw = b"".join(floats) if kind == FLOAT else bytes(number & 255 for number in integers)
    elements = 1
    for extent in shape:
        elements *= extent
    if len(raw) != elements * element_bytes:
        raise Malformed(f"{name} has {len(raw)} bytes; {type_name} of shape {shape} has "
                        f"{elements * element_bytes}")
    return Tensor(name, type_name, tuple(shape), raw)


def read_node(data, graph):
    node = Node("", [], [])
    for field, _, value in read_fields(data):
        if field == NODE_INPUT:
            node.inputs.append(text_of(value))
        elif field == NODE_OUTPUT:
            node.outputs.append(text_of(value))
        elif field == NODE_OPERATION:
            node.operation = text_of(value)
        elif field == NODE_ATTRIBUTE:
            # Control flow has its branches as attributes.
            for inner, _, branch in read_fields(message_of(value, "an attribute")):
                if inner in (ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS):
                    read_graph(message_of(branch, "a subgraph"), graph)
    graph.nodes.append(node)


def read_graph(data, graph):
    for field, _, value in read_fields(data):
        if field == GRAPH_NODE:
            read_node(message_of(value, "a node"), graph)
        elif field == GRAPH_INITIALIZER:
            tensor = read_tensor(message_of(value, "an initializer"))
            if graph.tensors.get(tensor.name, tensor) != tensor:
                raise Malformed(f"two initializers are named {tensor.name}, and they differ")
            graph.tensors[tensor.name] = tensor


def read_onnx(data):
    """The graph of a whole file."""
    graph, found = Graph(), False
    for field, _, value in read_fields(memoryview(data)):
        if field == MODEL_GRAPH:
            read_graph(message_of(value, "the graph"), graph)
            found = True
    if not found:
        raise Malformed("there is no graph in it")
    return graph
