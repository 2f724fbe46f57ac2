// SPDX-License-Identifier: MIT
#include "host/cli/model_options.h"
#include "host/cli/option_checks.h"

namespace tessera::host {
namespace {

constexpr uint32_t kMostTokens = 1 << 16;

constexpr const char* kGenerateExamples = R"(Examples:
  tessera generate --model gpt2 --text "The capital of France is" --n 20
      text, token by token, and what each took
  tessera generate --model llama --tokens 1,15043,29892 --chunk 512 --precision rounded
      a prompt of tokens, in chunks of 512; single rows by the score stage
  tessera generate --model gpt2 --text "Once" --temperature 0.8 --top-k 40 --seed 7
      tokens drawn at random
The model: a folder with config.json, *.safetensors and, for text, tokenizer.json, as model hubs have
it (GPT-2, Llama, Mistral, Qwen2); see docs/use/decoders.md.
Exit codes: 0 good, 1 the check failed, 2 user error, 3 the result is known not to be exact)";

}  // namespace

void add_generate_options(CLI::App& generate, CommandLine& line) {
    generate.footer(kGenerateExamples);
    GenerateOptions& o = line.model.generate;
    add_common_model_options(generate, line, "");
    generate.get_option("--model")->required();
    const char* group = "Prompt";
    CLI::Option* const tokens =
        generate.add_option("--tokens", o.tokens, "tokens of the prompt, commas between")
            ->check(not_empty())
            ->type_name("LIST")
            ->group(group);
    generate.add_option("--text", o.text, "text of the prompt, in UTF-8")
        ->type_name("TEXT")
        ->excludes(tokens)
        ->group(group);
    generate.add_option("--chunk", o.chunk, "rows of the prompt at once (default: all)")
        ->check(from_one(kMostTokens))
        ->type_name("ROWS")
        ->group(group);
    generate
        .add_option("--page", o.page,
                    "keys and values in pages of so many rows, in random order (default: one "
                    "piece)")
        ->check(from_one(kMostTokens))
        ->type_name("ROWS")
        ->group(group);
    generate
        .add_flag("--compare-dense", o.compare_dense,
                  "also run dense attention on the same tokens: how far are the logits apart?")
        ->group("Result");
    group = "Tokens";
    generate.add_option("--n", o.most, "new tokens, at most (default 16)")
        ->check(from_one(kMostTokens))
        ->type_name("N")
        ->group(group);
    Sampling& sampling = o.sampling;
    generate
        .add_option("--temperature", sampling.temperature,
                    "draw tokens with probabilities softmax(logits / T) (default 0: the best)")
        ->check(finite_number())
        ->type_name("T")
        ->group(group);
    generate.add_option("--top-k", sampling.top_k, "only of the K best (default: all)")
        ->check(from_one(kMostTokens))
        ->type_name("K")
        ->group(group);
    generate
        .add_option("--top-p", sampling.top_p,
                    "only of the fewest that are so probable together (default 1)")
        ->check(finite_number())
        ->type_name("P")
        ->group(group);
    generate.add_option("--seed", sampling.seed, "of the draws (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->group(group);
    generate.add_flag("--ignore-end", o.ignore_end, "go on behind a token that ends the text")
        ->group(group);
    generate
        .add_flag("--beyond-positions", o.beyond_positions,
                  "allow more tokens than the model was trained for")
        ->group(group);
}

}  // namespace tessera::host
