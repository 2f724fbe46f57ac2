// SPDX-License-Identifier: MIT
// Arbitrary bytes as a safetensors file, as the header of one whose length field is right, and as
// the index of one in shards.
#include <cstring>
#include <vector>

#include "host/io/safetensors.h"
#include "host/io/safetensors_index.h"
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
        for (const auto& [name, unknown] : content.unknown) {
            tessera::fuzz::require(!host::dtype_from_name(unknown.dtype), "an unknown type");
            total += unknown.bytes;
        }
        uint64_t header = 0;
        std::memcpy(&header, data, sizeof header);
        tessera::fuzz::require(8 + header + total == bytes, "every byte belongs to one tensor");
    });
}

void parse_index(const uint8_t* data, size_t bytes) {
    namespace host = tessera::host;
    tessera::fuzz::expect_user_error_at_most([&] {
        const std::string_view text(reinterpret_cast<const char*>(data), bytes);
        for (const auto& [tensor, shard] : host::parse_safetensors_index("fuzz", text)) {
            const std::string path = "/" + shard + "/";
            tessera::fuzz::require(shard.front() != '/' && path.find("/../") == std::string::npos,
                                   "shards below the index's folder");
        }
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t kDataBytes = 24;
    parse(data, size);
    parse_index(data, size);
    std::vector<uint8_t> image(8 + size + kDataBytes, 0x7f);
    const uint64_t length = size;
    std::memcpy(image.data(), &length, sizeof length);
    if (size != 0) std::memcpy(image.data() + 8, data, size);
    parse(image.data(), image.size());
    return 0;
}
