// SPDX-License-Identifier: MIT
#include "host/problem/ignored_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "host/error.h"

namespace tessera::host {
namespace {

constexpr size_t kNamed = 8;

bool sounds_relevant(std::string name) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* part : {"sink", "mask", "slope", "alibi", "scale", "bias"})
        if (name.find(part) != std::string::npos) return true;
    return false;
}

}  // namespace

std::string note_on_ignored(const SafetensorsFile& file, const std::vector<std::string>& used) {
    std::vector<std::string> ignored;
    for (const TensorView& t : file.tensors())
        if (std::find(used.begin(), used.end(), t.name) == used.end() && sounds_relevant(t.name))
            ignored.push_back(printable(t.name));
    if (ignored.empty()) return "";
    const size_t named = std::min(ignored.size(), kNamed), more = ignored.size() - named;
    ignored.resize(named);
    return fmt::format(
        "{}: these tensors are ignored: {}{}; tessera run reads logits of sinks with "
        "`workload.sink_logits` "
        "NAME and flags of tiles with `workload.mask.tile_flags` FILE, and takes a factor with "
        "`workload.scale` X",
        file.path(), fmt::join(ignored, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

}  // namespace tessera::host
