// SPDX-License-Identifier: MIT
#include "host/problem/cover_check.h"

#include <fmt/format.h>

#include <string>

#include "host/cover/cover.h"
#include "host/error.h"

namespace tessera::host {
namespace {

const char* kind_name(CoverKind kind) {
    for (const CoverKindInfo& info : cover_kinds())
        if (info.kind == kind) return info.name;
    return "unknown";
}

}  // namespace

void check_cover(const Problem& p, uint32_t m, uint32_t devices) {
    if (!p.cover) return;
    const auto refuse = [](const char* what, const std::string& allowed) {
        throw bad_value("command line", "--oracle", std::string("self, ") + what, allowed);
    };
    if (p.nq != p.nk) refuse("with unequal lengths", "as many queries as keys");
    if (p.mask.local() || p.mask.prefix != 0 || !p.mask.documents.empty() || p.mask.tiles.given())
        refuse("with a mask of terms", "--mask dense or --mask causal, without other terms");
    if (p.ragged())
        refuse("with lengths of sequences",
               "without --key-lengths, --query-lengths and --cu-seqlens-q");
    if (p.sink_logits)
        refuse("with --sink-logits", "without it: a cover's first calls begin with empty states");
    if (p.stacked) refuse("with --stack-heads", "without it: a row is a token");
    if (devices > p.query_heads)
        throw bad_value(
            "command line", "--num-devices", std::to_string(devices),
            fmt::format("1 to {} with --oracle self, which deals whole heads", p.query_heads));
    if (!plan_cover(p.nq, m, *p.cover))
        throw bad_value("command line", "--cover", kind_name(*p.cover),
                        fmt::format("a kind that covers {} tokens by at most {} calls of {}; half "
                                    "takes the most tokens",
                                    p.nq, kMaxLines, m));
}

}  // namespace tessera::host
