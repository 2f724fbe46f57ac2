// SPDX-License-Identifier: MIT
// Arbitrary bytes as an .npy file, and as the header of one whose length field is right.
#include <vector>

#include "host/io/npy.h"
#include "tests/fuzz/fuzz.h"

namespace {

void parse_for(tessera::host::TensorUse use, const uint8_t* data, size_t bytes) {
    tessera::fuzz::expect_user_error_at_most([&] {
        const auto view = tessera::host::parse_npy("fuzz", "q", data, bytes, use);
        tessera::fuzz::require_sound(view, data, bytes);
        tessera::fuzz::require(view.data + view.bytes() == data + bytes, "data up to the end");
        tessera::fuzz::require(tessera::host::is_allowed(view.dtype, use), "a type for its use");
    });
}

void parse(const uint8_t* data, size_t bytes) {
    parse_for(tessera::host::TensorUse::kNumbers, data, bytes);
    parse_for(tessera::host::TensorUse::kFlags, data, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t kDataBytes = 24;
    parse(data, size);
    if (size > 0xffff) return 0;
    std::vector<uint8_t> image = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    image.push_back(static_cast<uint8_t>(size & 255));
    image.push_back(static_cast<uint8_t>(size >> 8));
    image.insert(image.end(), data, data + size);
    image.resize(image.size() + kDataBytes, 0x7f);
    parse(image.data(), image.size());
    return 0;
}
