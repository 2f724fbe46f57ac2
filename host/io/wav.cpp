// SPDX-License-Identifier: MIT
#include "host/io/wav.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "host/error.h"
#include "host/io/mapped_file.h"

namespace tessera::host {
namespace {

constexpr uint64_t kRiffHeaderBytes = 12;  // "RIFF", a length, "WAVE"
constexpr uint64_t kChunkHeaderBytes = 8;  // a name, a length
constexpr uint64_t kFormatBytes = 16;      // of the chunk "fmt "
constexpr uint64_t kExtensibleBytes = 40;  // with the part that says what kExtensible is
constexpr uint16_t kPcm = 1, kFloat = 3, kExtensible = 0xfffe;
constexpr uint16_t kSampleBytes = 2, kSampleBits = 16;

template <typename T>
T little_endian(const uint8_t* data) {
    T value = 0;
    std::memcpy(&value, data, sizeof value);
    return value;
}

/// Is this 00000000-0000-0010-8000-00aa00389b71 with the tag in its first two bytes?
bool is_wave_subformat(const uint8_t* guid) {
    constexpr uint8_t kRest[] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};
    return std::memcmp(guid + 2, kRest, sizeof kRest) == 0;
}

struct Format {
    uint16_t tag = 0;
    uint16_t channels = 0;
    uint32_t rate = 0;
    uint16_t block_bytes = 0;  ///< from a sample of a channel to its next
    uint16_t bits = 0;
    uint16_t valid_bits = 0;  ///< of these, the upper ones

    std::string text() const {
        std::string kind = tag == kPcm     ? "PCM"
                           : tag == kFloat ? "float"
                                           : "format " + std::to_string(tag);
        if (valid_bits != bits) kind += " with " + std::to_string(valid_bits) + " valid bits";
        return std::to_string(channels) + (channels == 1 ? " channel of " : " channels of ") +
               std::to_string(bits) + "-bit " + kind + " at " + std::to_string(rate) + " Hz, " +
               std::to_string(block_bytes) + " bytes a frame";
    }
};

/// One file image, chunk by chunk.
class Parser {
  public:
    Parser(const std::string& file, const uint8_t* data, uint64_t bytes)
        : file_(file), data_(data), bytes_(bytes) {}

    std::vector<float> parse() {
        require_riff();
        while (bytes_ - at_ >= kChunkHeaderBytes) {
            const std::string_view name = text(at_, 4);
            const uint64_t size = little_endian<uint32_t>(data_ + at_ + 4);
            at_ += kChunkHeaderBytes;
            if (name == "data") return samples(size);
            if (size > bytes_ - at_)
                throw bad_value(file_, "size of the chunk '" + printable(name) + "'",
                                std::to_string(size) + " bytes", remaining());
            if (name == "fmt ") read_format(size);
            // A chunk of odd size has a byte of padding, which may be missing at the end.
            at_ = std::min(bytes_, at_ + size + size % 2);
        }
        throw UserError(file_ + ": holds no samples: it has no whole chunk 'data'");
    }

  private:
    void require_riff() {
        if (bytes_ < kRiffHeaderBytes || text(0, 4) != "RIFF" || text(8, 4) != "WAVE")
            throw UserError(file_ + ": is not a WAV file: it starts with " +
                            printable(text(0, std::min(bytes_, kRiffHeaderBytes))) +
                            ", not with RIFF....WAVE");
        at_ = kRiffHeaderBytes;
    }

    void read_format(uint64_t size) {
        if (has_format_) throw UserError(file_ + ": has two chunks 'fmt '; allowed: one");
        has_format_ = true;
        const uint8_t* chunk = data_ + at_;
        const bool extensible =
            size >= kFormatBytes && little_endian<uint16_t>(chunk) == kExtensible;
        const uint64_t wanted = extensible ? kExtensibleBytes : kFormatBytes;
        if (size < wanted)
            throw bad_value(file_, "size of the chunk 'fmt '", std::to_string(size) + " bytes",
                            std::to_string(wanted) + " bytes or more");
        format_.tag = little_endian<uint16_t>(chunk);
        format_.channels = little_endian<uint16_t>(chunk + 2);
        format_.rate = little_endian<uint32_t>(chunk + 4);
        format_.block_bytes = little_endian<uint16_t>(chunk + 12);
        format_.bits = format_.valid_bits = little_endian<uint16_t>(chunk + 14);
        if (!extensible) return;
        format_.valid_bits = little_endian<uint16_t>(chunk + 18);
        if (is_wave_subformat(chunk + 24)) format_.tag = little_endian<uint16_t>(chunk + 24);
    }

    std::vector<float> samples(uint64_t size) {
        require_speech();
        if (size == 0) throw UserError(file_ + ": holds no samples: its data have 0 bytes");
        if (size > bytes_ - at_)
            throw bad_value(file_, "size of the data", std::to_string(size) + " bytes",
                            remaining() + "; the file may be cut short, or come from a pipe");
        if (size % kSampleBytes != 0)
            throw bad_value(file_, "size of the data", std::to_string(size) + " bytes",
                            "a multiple of " + std::to_string(kSampleBytes));
        std::vector<float> out(size / kSampleBytes);
        for (float& sample : out) {
            sample = static_cast<float>(little_endian<int16_t>(data_ + at_)) / 32768.0f;
            at_ += kSampleBytes;
        }
        return out;
    }

    void require_speech() const {
        if (!has_format_)
            throw UserError(file_ + ": has no chunk 'fmt ' in front of its chunk 'data'");
        if (format_.tag != kPcm || format_.channels != 1 ||
            format_.rate != kSpeechSamplesPerSecond || format_.bits != kSampleBits ||
            format_.valid_bits != kSampleBits || format_.block_bytes != kSampleBytes)
            throw bad_value(file_, "audio format", format_.text(),
                            "1 channel of 16-bit PCM at 16000 Hz, 2 bytes a frame (sox IN.wav -r "
                            "16000 -c 1 -b 16 OUT.wav makes it)");
    }

    std::string remaining() const {
        return "at most the " + std::to_string(bytes_ - at_) + " bytes that the file has there";
    }
    std::string_view text(uint64_t begin, uint64_t size) const {
        return {reinterpret_cast<const char*>(data_) + begin, size};
    }

    const std::string& file_;
    const uint8_t* data_;
    uint64_t bytes_;
    uint64_t at_ = 0;
    Format format_;
    bool has_format_ = false;
};

}  // namespace

std::vector<float> parse_wav(const std::string& file, const uint8_t* data, uint64_t bytes) {
    return Parser(file, data, bytes).parse();
}

std::vector<float> read_wav(const std::string& path) {
    const MappedFile file(path);
    return parse_wav(path, file.data(), file.bytes());
}

}  // namespace tessera::host
