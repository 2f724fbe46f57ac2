// SPDX-License-Identifier: MIT
// The original sentence encoder: its tokenizer in JavaScript and its graph in TensorFlow.js. Reads a
// JSON list of texts, writes {tokens, embedding} of each. usage: node sentences.cjs FOLDER, which has
// the node_modules of package.json.
const fs = require("fs");
const path = require("path");

async function main() {
  const modules = path.resolve(process.argv[2], "node_modules/@energetic-ai");
  const { initModel } = require(path.join(modules, "embeddings"));
  const { modelSource } = require(path.join(modules, "model-embeddings-en"));
  const model = await initModel(modelSource);
  const results = [];
  for (const text of JSON.parse(fs.readFileSync(0, "utf-8")))
    results.push({
      tokens: Array.from(model.tokenizer.encode(text)),
      embedding: Array.from(await model.embed(text)),
    });
  process.stdout.write(JSON.stringify(results));
}

main();
