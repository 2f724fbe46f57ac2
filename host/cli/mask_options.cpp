// SPDX-License-Identifier: MIT
#include "host/cli/mask_options.h"

#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "spec/params.h"

namespace tessera::host {
void add_mask_options(CLI::App& run, Experiment::Mask& mask) {
    const char* group = "Mask (docs/use/cli.md)";
    add_choice<MaskKind>(
        run, "--mask", mask.kind,
        "kind of mask: dense, causal, or sparse, which is causal with --block "
        "2^floor(log2 sqrt(keys)) --summary 1 (default: causal with --prefix, --window, "
        "--sinks or --block, else dense)")
        ->group(group);
    const auto add = [&](const char* name, uint64_t& value, const char* text) {
        run.add_option(name, value, text)
            ->check(from_one(spec::kPositionLimit))
            ->type_name("N")
            ->group(group);
    };
    add("--prefix", mask.prefix, "let all queries see the first N keys, also queries before them");
    add("--window", mask.window, "see the last N keys, with --mask dense as many ahead");
    add("--sinks", mask.sinks, "see the first N keys, alone or besides --window");
    add("--block", mask.block,
        "see the keys of the query's own block of N positions, a power of two");
    add("--summary", mask.summary, "see the last N keys of every earlier block; needs --block");
    const auto set_documents = [&mask](const std::string& list) {
        mask.documents = number_list("--documents", list, kDocumentsAllowed);
    };
    run.add_option_function<std::string>(
           "--documents,--segments", set_documents,
           "first tokens of packed documents, which see only themselves: 0,100,250")
        ->check(not_empty())
        ->type_name("LIST")
        ->group(group);
    run.add_option(
           "--tile-mask", mask.tile_flags,
           "file with a flag for each pair of tiles, [q tiles, k tiles] or [heads, q tiles, "
           "k tiles]: .npy, or safetensors with a tensor mask")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    add_choice<Align>(
        run, "--align", mask.align,
        "alignment of unequal lengths: end (last query at last key, default) or start")
        ->group(group);
}

}  // namespace tessera::host
