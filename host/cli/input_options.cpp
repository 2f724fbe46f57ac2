// SPDX-License-Identifier: MIT
#include "host/cli/input_options.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>

#include "host/cli/option_checks.h"
#include "host/experiment/limits.h"

namespace tessera::host {
namespace {

constexpr const char* kInputGroup = "Input (one of --input, --q --k --v, --random)";

/// "q=query,k=key" into the names of q, k and v.
void set_tensor_names(const std::string& text, Experiment::TensorNames& names) {
    std::string* const places[] = {&names.q, &names.k, &names.v};
    constexpr std::string_view kTensors = "qkv";
    std::set<char> given;
    for (const std::string& part : parts_of(text)) {
        const size_t which =
            part.size() > 2 && part[1] == '=' ? kTensors.find(part[0]) : std::string_view::npos;
        if (which == std::string_view::npos || !given.insert(part[0]).second)
            throw bad_value("command line", "--tensors", printable(text),
                            "q=NAME, k=NAME and v=NAME, each at most once, with commas between");
        *places[which] = part.substr(2);
    }
}

/// "heads,tokens,dim" of --random.
void set_shape(const std::string& text, Experiment::Random& random) {
    const std::vector<std::string> parts = parts_of(text);
    uint64_t* const places[] = {&random.heads, &random.tokens, &random.dimension};
    bool good = parts.size() == std::size(places);
    for (size_t i = 0; good && i < parts.size(); ++i) good = parses_as(parts[i], *places[i]);
    if (!good)
        throw bad_value(
            "command line", "--random", printable(text),
            fmt::format("three whole numbers HEADS,TOKENS,DIM, each 1 to {}", kMaxLength));
}

/// A file with operands, which is then where they come from.
CLI::Option* add_file(CLI::App& run, const char* name, std::string& file, Source kind,
                      Source& source, const char* help) {
    const auto set = [&file, &source, kind](const std::string& text) {
        file = text;
        source = kind;
    };
    return run.add_option_function<std::string>(name, set, help)
        ->check(not_empty())
        ->type_name("FILE")
        ->group(kInputGroup);
}

}  // namespace

void add_input_options(CLI::App& run, Experiment::Workload& workload, bool verify) {
    const char* group = kInputGroup;
    Source& source = workload.source;
    Experiment::Arrays& arrays = workload.arrays;
    Experiment::Random& random = workload.random;
    auto* input =
        add_file(run, "--input", workload.file, Source::kFile, source,
                 "safetensors file with tensors q, k and v, or the index of a file in shards");
    const auto set_names = [&workload](const std::string& text) {
        set_tensor_names(text, workload.tensor_names);
    };
    run.add_option_function<std::string>(
           "--tensors", set_names,
           "names of the tensors in --input: q=NAME,k=NAME,v=NAME (default q, k, v)")
        ->check(not_empty())
        ->type_name("NAMES")
        ->needs(input)
        ->group(group);
    add_file(run, "--q", arrays.q, Source::kArrays, source, ".npy file of the queries");
    add_file(run, "--k", arrays.k, Source::kArrays, source, ".npy file of the keys");
    add_file(run, "--v", arrays.v, Source::kArrays, source, ".npy file of the values");
    auto* shape =
        run.add_option_function<std::string>(
               "--random", [&random](const std::string& text) { set_shape(text, random); },
               "tensors of this shape with standard normal numbers")
            ->check(not_empty())
            ->type_name("HEADS,TOKENS,DIM")
            ->group(group);
    const auto add = [&](const char* name, auto& value, const char* text) {
        const bool seed = std::string_view(name) == "--seed";  // any number is one
        return run.add_option(name, value, text)
            ->check(seed ? whole_number() : from_one(kMaxLength))
            ->type_name("N")
            ->needs(shape)
            ->group(group);
    };
    auto* seed = add("--seed", random.seed, "seed of the random tensors (default 1)");
    if (verify) {
        seed->remove_needs(shape);
        seed->description("seed of the random tensors, or of the first random job (default 1)");
    }
    add("--kv-heads", random.key_value_heads, "number of random key/value heads (default: HEADS)");
    add("--keys", random.key_tokens, "number of random key/value tokens (default: TOKENS)");
    add("--dim-v", random.value_dimension, "dimension of the random values (default: DIM)");
    const auto set_order = [&workload](const std::string& text) {
        workload.head_order = choose<HeadOrder>(
            "--layout", text,
            {{"bhtd", HeadOrder::kHeadsFirst}, {"bthd", HeadOrder::kTokensFirst}});
    };
    run.add_option_function<std::string>(
           "--layout", set_order,
           "order of dimensions in files: bhtd, [batch, heads, tokens, dim] (default), or "
           "bthd, [batch, tokens, heads, dim]; likewise without a batch")
        ->check(not_empty())
        ->type_name("NAME")
        ->excludes(shape)
        ->group(group);
    run.add_flag("--allow-nonfinite", workload.allow_nonfinite, "accept NaN and Inf in the input")
        ->excludes(shape)
        ->group(group);
}

}  // namespace tessera::host
