// SPDX-License-Identifier: MIT
// Moonshine's own graphs in onnxruntime: the encoder's output and the first best tokens.
// usage: node speech.cjs FOLDER GRAPHS OUT WAV...
// FOLDER has the node_modules of package.json, GRAPHS the two .onnx files. Of each WAV (16 bit, one
// channel, 16 kHz, a header of 44 bytes) it writes NAME.f32 into OUT. stdout: a JSON list of
// {tokens, margin}, the smallest distance of the two best logits of any step.
const fs = require("fs");
const path = require("path");

const BEGIN = 1, END = 2, LAYERS = 6, HEADS = 8, WIDTH = 36;

function samplesOf(file) {
  const bytes = fs.readFileSync(file).subarray(44);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i) / 32768);
}

function bestTwo(logits) {
  let best = 0, second = -1;
  for (let i = 1; i < logits.length; i++)
    if (logits[i] > logits[best]) { second = best; best = i; }
    else if (second < 0 || logits[i] > logits[second]) second = i;
  if (second < 0) second = best;
  return [best, logits[best] - logits[second]];
}

async function tokensOf(ort, decoder, encoded, most) {
  const past = {};
  for (let layer = 0; layer < LAYERS; layer++)
    for (const side of ["decoder", "encoder"])
      for (const what of ["key", "value"])
        past[`past_key_values.${layer}.${side}.${what}`] =
          new ort.Tensor("float32", new Float32Array(0), [0, HEADS, 1, WIDTH]);
  const tokens = [BEGIN];
  let margin = Infinity;
  while (tokens.length <= most && (tokens.length === 1 || tokens[tokens.length - 1] !== END)) {
    const first = tokens.length === 1;
    const last = BigInt64Array.from([BigInt(tokens[tokens.length - 1])]);
    const done = await decoder.run({
      input_ids: new ort.Tensor("int64", last, [1, 1]),
      encoder_hidden_states: encoded,
      use_cache_branch: new ort.Tensor("bool", [!first]),
      ...past,
    });
    const [token, distance] = bestTwo(done.logits.data);
    tokens.push(token);
    margin = Math.min(margin, distance);
    // Keys and values of the encoder come with the first step alone.
    for (const name of Object.keys(past))
      if (first || name.includes(".decoder."))
        past[name] = done[name.replace("past_key_values", "present")];
  }
  return { tokens, margin };
}

async function main() {
  const [folder, graphs, out, ...files] = process.argv.slice(2);
  const ort = require(path.resolve(folder, "node_modules/onnxruntime-node"));
  const open = (name) => ort.InferenceSession.create(path.join(graphs, name), { logSeverityLevel: 3 });
  const encoder = await open("encoder_model.onnx");
  const decoder = await open("decoder_model_merged.onnx");
  const results = [];
  for (const file of files) {
    const samples = samplesOf(file);
    const input = new ort.Tensor("float32", samples, [1, samples.length]);
    const encoded = (await encoder.run({ input_values: input })).last_hidden_state;
    fs.writeFileSync(path.join(out, path.basename(file, ".wav") + ".f32"),
      Buffer.from(encoded.data.buffer, encoded.data.byteOffset, encoded.data.byteLength));
    results.push(await tokensOf(ort, decoder, encoded, Math.trunc((6 * samples.length) / 16000)));
  }
  process.stdout.write(JSON.stringify(results));
}

main();
