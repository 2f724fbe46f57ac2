// SPDX-License-Identifier: MIT
// A decoder of GPT-2's layout, small enough for a test: config.json and model.safetensors.
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const kWidth = 16, kVocabulary = 32, kPositions = 64;

function tensors() {
  const shapes = {'wte.weight': [kVocabulary, kWidth], 'wpe.weight': [kPositions, kWidth], 'ln_f.weight': [kWidth],
    'ln_f.bias': [kWidth]};
  for (const norm of ['ln_1', 'ln_2'])
    Object.assign(shapes, {[`h.0.${norm}.weight`]: [kWidth], [`h.0.${norm}.bias`]: [kWidth]});
  for (const [name, size] of [['attn.c_attn', [kWidth, 3 * kWidth]], ['attn.c_proj', [kWidth, kWidth]],
    ['mlp.c_fc', [kWidth, 4 * kWidth]], ['mlp.c_proj', [4 * kWidth, kWidth]]])
    Object.assign(shapes, {[`h.0.${name}.weight`]: size, [`h.0.${name}.bias`]: [size[1]]});
  return shapes;
}

export function write_small_model(folder) {
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'config.json'), JSON.stringify({model_type: 'gpt2', n_layer: 1, n_embd: kWidth, n_head: 1,
    n_positions: kPositions, vocab_size: kVocabulary}));
  const header = {}, numbers = [];
  for (const [name, shape] of Object.entries(tensors())) {
    const count = shape.reduce((a, b) => a * b), begin = 4 * numbers.length;
    header[name] = {dtype: 'F32', shape, data_offsets: [begin, begin + 4 * count]};
    for (let i = 0; i < count; ++i) numbers.push(((numbers.length * 40503) % 65536) / 32768 - 1);
  }
  const text = Buffer.from(JSON.stringify(header)), length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, text, Buffer.from(Float32Array.from(numbers).buffer)]));
}
