// SPDX-License-Identifier: MIT
#include "host/cli/mask_options.h"

#include <fmt/ranges.h>

#include "host/cli/field_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/problem/mask_terms.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

/// "--prefix, --window, --sinks or --block": terms that mean something in positions by themselves.
std::string terms_that_look_back() {
    std::vector<std::string> options;
    for (const MaskTerm& term : mask_terms()) {
        AttentionMask alone;
        alone.*term.tokens = 1;
        if (alone.positional()) options.push_back(std::string("--") + term.name);
    }
    const std::string last = options.back();
    options.pop_back();
    return fmt::format("{} or {}", fmt::join(options, ", "), last);
}

}  // namespace

void add_mask_options(CLI::App& run, Experiment::Mask& mask) {
    const char* group = "Mask (docs/use/cli.md)";
    add_choice<MaskKind>(run, "--mask", mask.kind,
                         "kind of mask: dense, causal, or sparse, which is causal with --block "
                         "2^floor(log2 sqrt(keys)) --summary 1 (default: causal with " +
                             terms_that_look_back() + ", else dense)")
        ->group(group);
    for (const MaskTerm& term : mask_terms())
        run.add_option(std::string("--") + term.name, mask.*term.asked, with_options(term.help))
            ->check(from_one(spec::kPositionLimit))
            ->type_name("N")
            ->group(group);
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
