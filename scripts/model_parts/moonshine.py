# SPDX-License-Identifier: MIT
"""Moonshine Tiny, speech to English text: two quantised ONNX graphs and a vocabulary in JavaScript.

A quantised matrix is W = scale * (q - zero point). It becomes NAME.weight, the integers q - zero
point in BF16, which holds them exactly, and NAME.weight_scale. Biases and norms stay F32. Matrices
are [in][out], the B of a gemm A B. A convolution [out][in][positions] becomes
[positions * in][out]: the B of a gemm whose rows of A are contiguous pieces of [time][channel].
"""
import base64
import re

from .model import Malformed, Model
from .onnx import read_onnx
from .safetensors import bf16_integers, write_safetensors

ENCODER = "dist/model/tiny/quantized/encoder_model.onnx"
DECODER = "dist/model/tiny/quantized/decoder_model_merged.onnx"
SCRIPT = "dist/moonshine.min.js"  # has the vocabulary as a string

PROJECTION = re.compile(
    r"(?:/model/decoder)?/(layers\.\d+/\w+/\w+)/MatMul_output_0_output_quantized")
ENCODER_VECTOR = re.compile(r"layers\.\d+\.(?:\w+layernorm\.weight|mlp\.fc\d\.bias)")
DECODER_VECTOR = re.compile(
    r"model\.decoder\.(layers\.\d+\.(?:\w+layernorm\.weight|mlp\.\w+\.bias)|norm\.weight)_merged_0")
# The exporter gave some tensors of the encoder other names, or none.
ENCODER_NAMES = {"encoder.conv2.bias": "conv2.bias", "encoder.conv3.bias": "conv3.bias",
                 "encoder.groupnorm.weight": "onnx::Mul_1488",
                 "encoder.groupnorm.bias": "onnx::Add_1489",
                 "encoder.norm.weight": "layer_norm.weight",
                 "rotary.inv_freq": "/rotary_emb/Cast_1_output_0"}
EMBEDDING = "model.decoder.embed_tokens.weight_merged_0"


def scalar_of(tensor, kind):
    if tensor.type != kind or len(tensor.data) != (4 if kind == "float" else 1):
        raise Malformed(f"{tensor.name} is {tensor.type} of shape {list(tensor.shape)}; "
                        f"wanted: one {kind}")
    return tensor.floats()[0] if kind == "float" else tensor.data[0]


def put(tensors, name, tensor):
    """Both branches of the decoder use the same weights: a second time they have to be equal."""
    if tensors.setdefault(name, tensor) != tensor:
        raise Malformed(f"{name} is there twice, with different values")


def put_vector(tensors, name, tensor):
    tensor.floats()  # of this type
    put(tensors, name, ("F32", [len(tensor.data) // 4], tensor.data))


def put_matrix(tensors, name, graph, onnx_name):
    """A matrix of bytes with its zero point and scale beside it."""
    weight = graph.tensor(onnx_name + "_quantized")
    zero = scalar_of(graph.tensor(onnx_name + "_zero_point"), "uint8")
    scale = graph.tensor(onnx_name + "_scale")
    scalar_of(scale, "float")
    if weight.type != "uint8" or len(weight.shape) != 2:
        raise Malformed(f"{weight.name} is {weight.type} of shape {list(weight.shape)}; "
                        "wanted: a matrix of uint8")
    data = bf16_integers(weight.data, lambda byte: byte - zero)
    put(tensors, name + ".weight", ("BF16", list(weight.shape), data))
    put(tensors, name + ".weight_scale", ("F32", [1], scale.data))


def put_convolution(tensors, name, graph, onnx_name):
    """w = scale * q + zero, where zero is a multiple of the scale: w = scale * (q + offset)."""
    weight, scale = graph.tensor(onnx_name + "_quantized"), graph.tensor(onnx_name + "_scale")
    if weight.type != "int8" or len(weight.shape) != 3:
        raise Malformed(f"{weight.name} is {weight.type} of shape {list(weight.shape)}; "
                        "wanted: [out][in][positions] of int8")
    step = scalar_of(scale, "float")
    zero = scalar_of(graph.tensor(onnx_name + "_zero_point"), "float")
    offset = round(zero / step)
    if abs(offset * step - zero) > 1e-6 * max(1, abs(zero)):
        raise Malformed(f"{weight.name}: the zero {zero} is no multiple of the scale {step}")
    outputs, inputs, positions = weight.shape
    data = b"".join(weight.data[channel * positions + position::inputs * positions]
                    for position in range(positions) for channel in range(inputs))
    data = bf16_integers(data, lambda byte: byte - 256 * (byte > 127) + offset)
    put(tensors, name + ".weight", ("BF16", [positions * inputs, outputs], data))
    put(tensors, name + ".weight_scale", ("F32", [1], scale.data))


def put_projections(tensors, side, graph):
    """The matrices have numbers for names: the layer is in the name of what they compute."""
    for node in graph.nodes:
        if node.operation != "MatMulInteger":
            continue
        match = PROJECTION.fullmatch(node.outputs[0]) if node.outputs else None
        if not match or len(node.inputs) < 2 or not node.inputs[1].endswith("_quantized"):
            raise Malformed(f"what is computed by {node.operation} of {', '.join(node.inputs)}?")
        name = f"{side}.{match.group(1).replace('/', '.')}"
        put_matrix(tensors, name, graph, node.inputs[1].removesuffix("_quantized"))


def encoder_tensors(graph):
    tensors = {}
    put_projections(tensors, "encoder", graph)
    for name in ("conv1", "conv2", "conv3"):
        put_convolution(tensors, f"encoder.{name}", graph, f"{name}.weight")
    for name, onnx_name in ENCODER_NAMES.items():
        put_vector(tensors, name, graph.tensor(onnx_name))
    for name, tensor in graph.tensors.items():
        if ENCODER_VECTOR.fullmatch(name):
            put_vector(tensors, f"encoder.{name}", tensor)
    return tensors


def decoder_tensors(graph):
    tensors = {}
    put_projections(tensors, "decoder", graph)
    put_matrix(tensors, "decoder.embed_tokens", graph, EMBEDDING)
    for name, tensor in graph.tensors.items():
        match = DECODER_VECTOR.fullmatch(name)
        if match:
            put_vector(tensors, f"decoder.{match.group(1)}", tensor)
    return tensors


def vocabulary(script):
    """The tokens, a line each: a string in base64, known by the tokens that it begins with."""
    begin = base64.b64encode(b"<unk>\n<s>\n</s>\n")[:-1]
    found = re.findall(re.escape(begin) + rb"[A-Za-z0-9+/]*={0,2}", script)
    if len(found) != 1:
        raise Malformed(f"{len(found)} strings look like a vocabulary; wanted: one")
    try:
        return base64.b64decode(found[0], validate=True)
    except ValueError as error:
        raise Malformed(f"the vocabulary is no base64: {error}") from error


def convert(files):
    tensors = {**encoder_tensors(read_onnx(files[ENCODER])),
               **decoder_tensors(read_onnx(files[DECODER]))}
    return {"model.safetensors": write_safetensors(tensors),
            "vocabulary.txt": vocabulary(files[SCRIPT])}


MODEL = Model(
    name="moonshine-tiny",
    package="@moonshine-ai/moonshine-js",
    version="0.1.29",
    sha256="864e17a00ed494857c71693e835306fa038e0f82002c76e3056d67d574e1c2d8",
    files={
        ENCODER: "c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a",
        DECODER: "eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367",
        SCRIPT: "5531de142441cec986ee8e171461fbe4a06c071aefe1be8e4356b708ccf32eb9",
        "LICENSE": "37fc5d9a86547a0dd64a07cff439ba2a6b79cc8f6555a05121fed32866591159",
    },
    license="LICENSE",
    notice="Moonshine Tiny, Copyright (c) 2025 Useful Sensors, Inc.: MIT License for code and "
           "English model (LICENSE, section 1). The vocabulary is that of the LLaMA tokenizer, as "
           "the package brings it.",
    convert=convert,
    results={
        "model.safetensors": "f3385c6a68e929df43cbcce9929939ed87137bd0532bc667f65940d434f699c0",
        "vocabulary.txt": "0f97b4337921e6e7e9b4620fc73338ee570aecd3c16038bc23870a887e995045",
    })
