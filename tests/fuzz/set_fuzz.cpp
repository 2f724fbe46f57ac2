// SPDX-License-Identifier: MIT
// Arbitrary lines as --set options, and arbitrary bytes as a device's name.
#include "tests/fuzz/config_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace tessera;
    static const std::string device = fuzz::preset_text(host::embedded_devices(), "base");
    static const std::string memory = fuzz::preset_text(host::embedded_memories(), "ideal");
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::vector<std::string> sets(1);
    for (const char c : text) {
        if (c == '\n') {
            sets.emplace_back();
        } else {
            sets.back() += c;
        }
    }
    fuzz::resolve_and_check(device, memory, sets);
    const bool file =
        text.find('/') != std::string::npos || text.find(".json") != std::string::npos;
    if (!file) fuzz::expect_user_error_at_most([&] { host::resolve_config(text, {}, {}); });
    return 0;
}
