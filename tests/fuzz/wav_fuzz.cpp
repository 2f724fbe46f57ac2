// SPDX-License-Identifier: MIT
// Arbitrary bytes as a WAV file, and as the chunks of one whose format is right.
#include "host/io/wav.h"

#include <string>

#include "tests/fuzz/fuzz.h"

namespace {

void parse(const std::string& image) {
    tessera::fuzz::expect_user_error_at_most([&] {
        const auto* data = reinterpret_cast<const uint8_t*>(image.data());
        const std::vector<float> samples = tessera::host::parse_wav("fuzz", data, image.size());
        tessera::fuzz::require(!samples.empty(), "at least one sample");
        tessera::fuzz::require(2 * samples.size() <= image.size(), "no more than the file has");
        for (const float sample : samples)
            tessera::fuzz::require(sample >= -1 && sample < 1, "samples between -1 and 1");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string content(reinterpret_cast<const char*>(data), size);
    parse(content);
    using namespace std::string_literals;
    parse("RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0"s + content);
    return 0;
}
