// SPDX-License-Identifier: MIT
#include "host/cli/input_files.h"

#include <set>

#include "host/cli/option_values.h"
#include "host/error.h"

namespace tessera::host {
namespace {

/// "q=query,k=key" into the names of q, k and v.
void set_names(const std::string& text, std::array<std::string, 3>& names) {
    constexpr std::string_view kTensors = "qkv";
    std::set<char> given;
    for (const std::string& part : parts_of(text)) {
        const size_t which =
            part.size() > 2 && part[1] == '=' ? kTensors.find(part[0]) : std::string_view::npos;
        if (which == std::string_view::npos || !given.insert(part[0]).second)
            throw bad_value("command line", "--tensors", printable(text),
                            "q=NAME, k=NAME and v=NAME, each at most once, with commas between");
        names[which] = part.substr(2);
    }
}

}  // namespace

InputFiles input_files(const RunOptions& options) {
    InputFiles files{options.input, options.q, options.k, options.v};
    files.sink_logits = options.sink_logits;
    files.tile_mask = options.tile_mask;
    if (!options.tensors.empty()) set_names(options.tensors, files.names);
    if (!options.layout.empty())
        files.order = choose<HeadOrder>(
            "--layout", options.layout,
            {{"bhtd", HeadOrder::kHeadsFirst}, {"bthd", HeadOrder::kTokensFirst}});
    return files;
}

}  // namespace tessera::host
