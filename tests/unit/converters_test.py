#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The converters of scripts/fetch_model, on small models that the test writes itself."""
import base64
import contextlib
import json
import struct
import sys
import unittest

sys.dont_write_bytecode = True  # nothing beside the sources

from fetch_model_support import Case, Malformed, f32, field, graph, node, onnx_file, \
    read_safetensors, tensor, varint
from model_parts import moonshine, onnx, safetensors, sentence_encoder, tfjs


class OnnxReader(Case):
    def small(self):
        branch = graph([node("MatMulInteger", ["x", "w"], ["y"])],
                       [tensor("in_branch", 3, [1], b"\x81")])
        other = graph([], [field(1, b"\x02\x03") + field(2, 1) + field(8, "packed") +
                           field(4, f32(1, 2, 3, 4, 5, 6))])
        attributes = field(5, field(1, "then_branch") + field(6, branch)) + \
            field(5, field(1, "else_branch") + field(6, other)) + field(5, field(3, 7))
        nodes = [node("Add", ["a", "b"], ["c"]), node("If", ["c"], ["d"], attributes)]
        tensors = [tensor("raw", 1, [2], f32(0.5, -2)), tensor("empty", 1, [0, 3], b""),
                   field(2, 2) + field(8, "bytes") + field(1, 3) + field(5, varint(250) + b"\1\2"),
                   tensor("other", 7, [1], bytes(8)),
                   # Unknown fields of every wire type.
                   tensor("odd", 3, [2], b"\x80\x7f") + field(99, 5) + field(98, b"text") +
                   varint(97 << 3 | 1) + bytes(8) + varint(96 << 3 | 5) + bytes(4)]
        return onnx_file(nodes, tensors)

    def test_reads_what_is_there(self):
        read = onnx.read_onnx(self.small())
        self.equal([(one.operation, one.inputs, one.outputs) for one in read.nodes],
                   [("Add", ["a", "b"], ["c"]), ("MatMulInteger", ["x", "w"], ["y"]),
                    ("If", ["c"], ["d"])])
        expected = {"raw": ("float", (2,), f32(0.5, -2)), "empty": ("float", (0, 3), b""),
                    "bytes": ("uint8", (3,), b"\xfa\1\2"), "other": ("type 7", (1,), b""),
                    "odd": ("int8", (2,), b"\x80\x7f"), "in_branch": ("int8", (1,), b"\x81"),
                    "packed": ("float", (2, 3), f32(1, 2, 3, 4, 5, 6))}
        self.equal(sorted(read.tensors), sorted(expected))
        for name, (kind, shape, data) in expected.items():
            found = read.tensor(name)
            self.equal((found.type, found.shape, found.data), (kind, shape, data), name)
        self.equal(read.tensor("raw").floats(), (0.5, -2.0))
        self.malformed("no initializer", lambda: read.tensor("none"))
        self.malformed("wanted: float", read.tensor("odd").floats)

    def test_refuses_damage(self):
        data = self.small()
        end = len(data) - len(field(8, field(1, "") + field(2, 14)))  # behind the graph
        for size in range(end):
            try:
                onnx.read_onnx(data[:size])
            except Malformed:
                pass
            else:
                self.fail(f"{size} bytes of {len(data)} are accepted")
            self.compared += 1
        for _ in range(3000):
            broken = bytearray(data)
            for _ in range(self.random.randint(1, 4)):
                broken[self.random.randrange(len(broken))] = self.random.randrange(256)
            with contextlib.suppress(Malformed):
                onnx.read_onnx(bytes(broken))
            self.compared += 1

    def test_names_the_damage(self):
        one = tensor("w", 1, [2], f32(1, 2))
        for word, body in {
                "has 8 bytes; float of shape [3] has 12":
                    graph([], [tensor("w", 1, [3], f32(1, 2))]),
                "two initializers are named w": graph([], [one, tensor("w", 1, [2], f32(1, 3))]),
                "in another file": graph([], [one + field(14, 1)]),
                "no text": graph([], [field(8, b"\xff")]),
                "more than 64 bits": b"\xff" * 11,
                "wire type 3": b"\x0b",
                "is a number": field(5, 1)}.items():
            self.malformed(word, lambda body=body: onnx.read_onnx(field(7, body)))
        self.malformed("no graph", lambda: onnx.read_onnx(field(1, 10)))


class Moonshine(Case):
    """One layer of two features, and convolutions of odd shapes."""

    def setUp(self):
        super().setUp()
        self.tensors, self.expected = {}, {}

    def vector(self, onnx_name, name, size):
        values = [struct.unpack("<f", f32(self.random.gauss(0, 1)))[0] for _ in range(size)]
        self.tensors[onnx_name] = tensor(onnx_name, 1, [size], f32(*values))
        self.expected[name] = ("F32", [size], tuple(values))

    def matrix(self, onnx_name, name, rows, columns):
        zero = self.random.randint(100, 150)
        data = bytes(self.random.randrange(256) for _ in range(rows * columns))
        self.tensors[name] = [tensor(onnx_name + "_quantized", 2, [rows, columns], data),
                              tensor(onnx_name + "_scale", 1, [], f32(0.25)),
                              tensor(onnx_name + "_zero_point", 2, [], bytes([zero]))]
        self.expected[name + ".weight"] = ("BF16", [rows, columns],
                                           tuple(float(byte - zero) for byte in data))
        self.expected[name + ".weight_scale"] = ("F32", [1], (0.25,))

    def projection(self, onnx_name, path, name, rows, columns):
        self.matrix(onnx_name, name, rows, columns)
        return node("MatMulInteger",
                    ["x", onnx_name + "_quantized", "xz", onnx_name + "_zero_point"],
                    [path + "/MatMul_output_0_output_quantized"])

    def convolution(self, name, outputs, inputs, positions, offset):
        weights = {(o, i, p): self.random.randint(-128, 127) for o in range(outputs)
                   for i in range(inputs) for p in range(positions)}
        self.tensors["encoder." + name] = [
            tensor(f"{name}.weight_quantized", 3, [outputs, inputs, positions],
                   bytes(weights[key] & 255 for key in sorted(weights))),
            tensor(f"{name}.weight_scale", 1, [1], f32(0.125)),
            tensor(f"{name}.weight_zero_point", 1, [1], f32(0.125 * offset))]
        self.expected[f"encoder.{name}.weight"] = (
            "BF16", [positions * inputs, outputs],
            tuple(float(weights[o, i, p] + offset) for p in range(positions)
                  for i in range(inputs) for o in range(outputs)))
        self.expected[f"encoder.{name}.weight_scale"] = ("F32", [1], (0.125,))

    def flat(self):
        return [one for entry in self.tensors.values()
                for one in (entry if isinstance(entry, list) else [entry])]

    def encoder(self):
        self.tensors = {}
        nodes = [self.projection(f"onnx::MatMul_{number}", f"/layers.0/self_attn/{part}",
                                 f"encoder.layers.0.self_attn.{part}", 2, 2)
                 for number, part in enumerate(("q_proj", "k_proj", "v_proj", "dense"))]
        nodes.append(self.projection("onnx::MatMul_9", "/layers.0/mlp/fc1",
                                     "encoder.layers.0.mlp.fc1", 2, 5))
        self.convolution("conv1", 3, 1, 7, 2)
        self.convolution("conv2", 4, 3, 2, -9)
        self.convolution("conv3", 2, 4, 3, -66)
        self.vector("conv2.bias", "encoder.conv2.bias", 4)
        self.vector("conv3.bias", "encoder.conv3.bias", 2)
        self.vector("onnx::Mul_1488", "encoder.groupnorm.weight", 3)
        self.vector("onnx::Add_1489", "encoder.groupnorm.bias", 3)
        self.vector("layer_norm.weight", "encoder.norm.weight", 2)
        self.vector("/rotary_emb/Cast_1_output_0", "rotary.inv_freq", 1)
        for name in ("input_layernorm.weight", "post_attention_layernorm.weight", "mlp.fc1.bias"):
            self.vector(f"layers.0.{name}", f"encoder.layers.0.{name}", 2)
        return onnx_file(nodes, self.flat())

    def decoder(self, second_branch_scale=0.25):
        self.tensors = {}
        path = "/model/decoder/layers.0/encoder_attn/q_proj"
        name = "decoder.layers.0.encoder_attn.q_proj"
        one = self.projection("onnx::MatMul_1_merged_0", path, name, 2, 2)
        zero = self.tensors[name][2][-1]
        integers = bytes(int(x) + zero for x in self.expected[name + ".weight"][2])
        second = [tensor("again_quantized", 2, [2, 2], integers),
                  tensor("again_scale", 1, [], f32(second_branch_scale)),
                  tensor("again_zero_point", 2, [], bytes([zero]))]
        other = node("MatMulInteger", ["x", "again_quantized", "xz", "again_zero_point"],
                     [path + "/MatMul_output_0_output_quantized"])
        self.matrix(moonshine.EMBEDDING, "decoder.embed_tokens", 6, 2)
        for name in ("layers.0.input_layernorm.weight", "layers.0.mlp.up_proj.bias", "norm.weight"):
            self.vector(f"model.decoder.{name}_merged_0", f"decoder.{name}", 2)
        branches = field(5, field(6, graph([one], []))) + field(5, field(6, graph([other], second)))
        return onnx_file([node("If", ["use_cache_branch"], ["logits"], branches)], self.flat())

    def files(self):
        tokens = b"<unk>\n<s>\n</s>\n" + b"\n".join(b"piece%d" % i for i in range(5))
        script = b'a="abc";b="' + base64.b64encode(tokens) + b'";'
        return tokens, {moonshine.ENCODER: self.encoder(), moonshine.DECODER: self.decoder(),
                        moonshine.SCRIPT: script}

    def test_converts_every_tensor(self):
        tokens, files = self.files()
        results = moonshine.convert(files)
        self.equal(results["vocabulary.txt"], tokens)
        found = read_safetensors(results["model.safetensors"])
        self.equal(sorted(found), sorted(self.expected))
        for name, (kind, shape, values) in self.expected.items():
            self.equal(found[name][:2], (kind, shape), name)
            for index, (actual, value) in enumerate(zip(found[name][2], values, strict=True)):
                self.equal(actual, value, f"{name}[{index}]")
        self.equal(moonshine.convert(files), results, "converted again")

    def test_refuses_what_does_not_fit(self):
        _, files = self.files()
        for word, change in {
                "twice, with different values": {moonshine.DECODER: self.decoder(0.5)},
                "no initializer is named conv1": {moonshine.ENCODER: self.decoder()},
                "no initializer is named " + moonshine.EMBEDDING:
                    {moonshine.DECODER: self.encoder()},
                "0 strings": {moonshine.SCRIPT: b"var a = 1;"},
                "2 strings": {moonshine.SCRIPT: 2 * files[moonshine.SCRIPT]},
                "what is computed by": {moonshine.DECODER: onnx_file(
                    [node("MatMulInteger", ["x", "y_quantized"], ["z"])], [])}}.items():
            self.malformed(word, lambda change=change: moonshine.convert({**files, **change}))

    def test_weights_fit_bf16(self):
        self.malformed("no number of BF16",
                       lambda: safetensors.bf16_integers(b"\0\3", lambda byte: 256 + byte))
        exact = safetensors.bf16_integers(bytes(range(256)), lambda byte: byte - 255)
        values = [struct.unpack("<f", b"\0\0" + exact[2 * i:2 * i + 2])[0] for i in range(256)]
        self.equal(values, [float(i - 255) for i in range(256)])


class SentenceEncoder(Case):
    def model(self, change=None):
        """model.json, shards and values: 6 of each name that the converter asks for."""
        listed, data, values = [], b"", {}
        for name, original in sentence_encoder.original_names().items():
            values[name] = struct.unpack("<6f", f32(*(self.random.gauss(0, 1) for _ in range(6))))
            listed.append({"name": original, "shape": [1, 1, 2, 3] if "kernel/part" in original
                           else [2, 3], "dtype": "float32"})
            data += f32(*values[name])
        listed.append({"name": "a constant", "shape": [], "dtype": "int32"})
        data += bytes(4)
        if change:
            change(listed)
        document = {"weightsManifest": [{"paths": ["one", "two"], "weights": listed}]}
        shards = {"dist/one": data[:50], "dist/two": data[50:]}
        return json.dumps(document).encode(), shards, values

    def convert(self, change=None, **more):
        document, shards, values = self.model(change)
        files = {sentence_encoder.GRAPH: document, sentence_encoder.PIECES: b"[]", **shards, **more}
        return sentence_encoder.convert(files), values

    def test_converts_every_tensor(self):
        names = set(sentence_encoder.original_names())
        results, values = self.convert()
        found = read_safetensors(results["model.safetensors"])
        self.equal(set(found), names)
        for name in names:
            self.equal(found[name], ("F32", [2, 3], values[name]), name)
        # A few by hand, as the package spells them.
        originals = sentence_encoder.original_names()
        scope = "Encoder_en/KonaTransformer/Encode/"
        self.equal(originals["layers.1.self_attn.qkv_proj.weight"], "module/" + scope + "Layer_1/"
                   "TransformerLayer/MultiheadAttention/qkv_transform_single/kernel/part_0")
        self.equal(originals["layers.0.mlp.fc1.weight"], "module_apply_default/" + scope +
                   "TransformerStack/Layer_0/TransformerLayer/FFN/conv1/Tensordot/Reshape_1")
        self.equal(originals["layers.0.residual.bias"], "module_apply_default/" + scope +
                   "Layer_0/TransformerLayer/dense/bias/ConcatPartitions/concat")
        self.equal([name for name in names if "residual" in name and ".1." in name], [])

    def test_refuses_what_does_not_fit(self):
        for word, change in {
                "no weight is named": lambda listed: listed[0].update(name="other"),
                "is there twice": lambda listed: listed[1].update(name=listed[0]["name"]),
                "not known": lambda listed: listed[0].update(dtype="string"),
                "quantised": lambda listed: listed[0].update(quantization={"scale": 1}),
                "wanted: float32": lambda listed: listed[0].update(dtype="int32"),
                "of which": lambda listed: listed[-1].update(shape=[2]),
                "belong to no weight": lambda listed: listed.pop(),
                "no list of weights": lambda listed: listed[0].pop("shape")}.items():
            self.malformed(word, lambda change=change: self.convert(change))
        self.malformed("no JSON", lambda: tfjs.read_tfjs(b"{", None))
        self.malformed("no list of weights", lambda: tfjs.read_tfjs(b"[]", None))
        document, shards, _ = self.model()
        del shards["dist/two"]
        self.malformed("names two", lambda: sentence_encoder.convert(
            {sentence_encoder.GRAPH: document, sentence_encoder.PIECES: b"[]", **shards}))

    def test_vocabulary(self):
        pieces = [["\ufffd", 0], ["\u2581the", -3.56637144089], [":", None], [":30", 30],
                  ["\u2605", -1e-7]]
        lines = sentence_encoder.vocabulary(json.dumps(pieces).encode()).decode().split("\n")
        self.equal(lines.pop(), "")
        for (piece, score), line in zip(pieces, lines, strict=True):
            self.equal(line.split("\t")[0], piece)
            self.equal(float(line.split("\t")[1]), score or 0.0)
        for entry in ('["a"]', '"a"', '["a", "b"]', '["a", true]', "[1, 2]", '["a", NaN]',
                      '["", 1]', '["a\\tb", 1]', '["a\\n", 1]'):
            self.malformed("piece 1", lambda entry=entry: sentence_encoder.vocabulary(
                f'[["x", 1], {entry}]'.encode()))


if __name__ == "__main__":
    unittest.main(verbosity=0)  # no dots in front of what it compared
