// SPDX-License-Identifier: MIT
#include "host/cli/mask_options.h"

#include <fmt/format.h>

#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/error.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

uint32_t positions(const char* option, uint64_t value) {
    if (value <= spec::kPositionLimit) return static_cast<uint32_t>(value);
    throw bad_value("command line", option, std::to_string(value),
                    fmt::format("1 to {}", spec::kPositionLimit));
}

/// Summaries of a block that is chosen when the keys have been counted.
void set_sparse(AttentionMask& mask) {
    if (mask.local() || mask.summary != 0 || mask.prefix != 0)
        throw bad_value(
            "command line", "--mask", kSparseMask,
            "without --prefix, --window, --sinks, --block and --summary; it sets the last two");
    mask.summary = 1;
}

}  // namespace

void add_mask_options(CLI::App& run, RunOptions& o) {
    const char* group = "Mask (docs/use/cli.md)";
    run.add_option("--mask", o.mask,
                   "kind of mask: dense, causal, or sparse, which is causal with --block "
                   "2^floor(log2 sqrt(keys)) --summary 1 (default: causal with --prefix, --window, "
                   "--sinks or --block, else dense)")
        ->type_name("NAME")
        ->group(group);
    const auto add = [&](const char* name, uint64_t& value, const char* text) {
        run.add_option(name, value, text)
            ->check(from_one(spec::kPositionLimit))
            ->type_name("N")
            ->group(group);
    };
    add("--prefix", o.prefix, "let all queries see the first N keys, also queries before them");
    add("--window", o.window, "see the last N keys, with --mask dense as many ahead");
    add("--sinks", o.sinks, "see the first N keys, alone or besides --window");
    add("--block", o.block, "see the keys of the query's own block of N positions, a power of two");
    add("--summary", o.summary, "see the last N keys of every earlier block; needs --block");
    run.add_option("--documents,--segments", o.documents,
                   "first tokens of packed documents, which see only themselves: 0,100,250")
        ->check(not_empty())
        ->type_name("LIST")
        ->group(group);
    run.add_option(
           "--tile-mask", o.tile_mask,
           "file with a flag for each pair of tiles, [q tiles, k tiles] or [heads, q tiles, "
           "k tiles]: .npy, or safetensors with a tensor mask")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    run.add_option("--align", o.align,
                   "alignment of unequal lengths: end (last query at last key, default) or start")
        ->type_name("NAME")
        ->group(group);
}

AttentionMask mask_of(const RunOptions& o) {
    AttentionMask mask;
    mask.prefix = positions("--prefix", o.prefix);
    mask.window = positions("--window", o.window);
    mask.sinks = positions("--sinks", o.sinks);
    mask.block = positions("--block", o.block);
    mask.summary = positions("--summary", o.summary);
    if (o.mask == kSparseMask) set_sparse(mask);
    mask.causal = o.mask.empty()
                      ? mask.local() || mask.prefix != 0
                      : choose<bool>("--mask", o.mask,
                                     {{"dense", false}, {"causal", true}, {kSparseMask, true}});
    if (!o.documents.empty())
        mask.documents = number_list("--documents", o.documents,
                                     "whole numbers with commas between them: 0,100,250");
    mask.align =
        choose<Align>("--align", o.align, {{"end", Align::kEnd}, {"start", Align::kStart}});
    return mask;
}

}  // namespace tessera::host
