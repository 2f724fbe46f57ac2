// SPDX-License-Identifier: MIT
// Arbitrary bytes as a device file and as a memory file.
#include "tests/fuzz/config_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace tessera;
    static const std::string device = fuzz::preset_text(host::embedded_devices(), "base");
    static const std::string memory = fuzz::preset_text(host::embedded_memories(), "ideal");
    const std::string text(reinterpret_cast<const char*>(data), size);
    fuzz::resolve_and_check(text, memory, {});
    fuzz::resolve_and_check(device, text, {});
    return 0;
}
