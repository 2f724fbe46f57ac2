// SPDX-License-Identifier: MIT
// Arbitrary bytes as a safetensors file, and as the header of one whose length field is right.
#include <cstring>
#include <vector>

#include "host/io/safetensors.h"
#include "tests/fuzz/fuzz.h"

namespace {

void parse(const uint8_t* data, size_t bytes) {
    namespace host = tessera::host;
    tessera::fuzz::expect_user_error_at_most([&] {
        const host::SafetensorsContent content = host::parse_safetensors("fuzz", data, bytes);
        uint64_t total = 0;
        for (const host::TensorView& view : content.tensors) {
            tessera::fuzz::require_sound(view, data, bytes);
            total += view.bytes();
        }
        uint64_t header = 0;
        std::memcpy(&header, data, sizeof header);
        tessera::fuzz::require(8 + header + total == bytes, "every byte belongs to one tensor");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t kDataBytes = 24;
    parse(data, size);
    std::vector<uint8_t> image(8 + size + kDataBytes, 0x7f);
    const uint64_t length = size;
    std::memcpy(image.data(), &length, sizeof length);
    if (size != 0) std::memcpy(image.data() + 8, data, size);
    parse(image.data(), image.size());
    return 0;
}
