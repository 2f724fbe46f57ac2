// SPDX-License-Identifier: MIT
// WAV (RIFF) files of speech: one channel of 16-bit PCM at 16 kHz. Chunks that are not known are
// skipped. The length that the RIFF header states is not looked at, since writers to a pipe cannot
// know it; that of the data counts.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::host {

inline constexpr uint32_t kSpeechSamplesPerSecond = 16000;

/// The samples of a whole file image of `bytes` bytes, each its integer / 32768; at least one.
/// `file` is its name in messages. UserError for other formats, and for a file that is cut short.
std::vector<float> parse_wav(const std::string& file, const uint8_t* data, uint64_t bytes);

/// The same of the file `path`.
std::vector<float> read_wav(const std::string& path);

}  // namespace tessera::host
