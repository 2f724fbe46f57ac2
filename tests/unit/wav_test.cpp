// SPDX-License-Identifier: MIT
// WAV files: what recorders write is read sample by sample, everything else is one clear message.
#include "host/io/wav.h"

#include <algorithm>
#include <cmath>

#include "host/io/output_file.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using test::Compared;
using test::message_of;

std::string number(uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
    return out;
}

std::string chunk(const std::string& name, const std::string& content) {
    return name + number(content.size(), 4) + content + std::string(content.size() % 2, '\0');
}

std::string format(uint32_t tag = 1, uint32_t channels = 1, uint32_t rate = 16000,
                   uint32_t bits = 16) {
    const uint32_t frame = channels * bits / 8;
    return number(tag, 2) + number(channels, 2) + number(rate, 4) + number(rate * frame, 4) +
           number(frame, 2) + number(bits, 2);
}

/// WAVE_FORMAT_EXTENSIBLE with this tag in its GUID.
std::string extensible(uint32_t tag, uint32_t valid_bits = 16, const std::string& rest = "\x71") {
    return format(0xfffe) + number(22, 2) + number(valid_bits, 2) + number(4, 4) + number(tag, 2) +
           std::string("\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b", 13) + rest;
}

std::string riff(const std::string& chunks) {
    return "RIFF" + number(chunks.size() + 4, 4) + "WAVE" + chunks;
}

std::string pcm(const std::vector<int>& samples) {
    std::string out;
    for (const int sample : samples) out += number(static_cast<uint64_t>(sample), 2);
    return out;
}

std::vector<float> parse(const std::string& bytes) {
    return host::parse_wav("x.wav", reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::string message_for(const std::string& bytes) {
    return message_of([&] { parse(bytes); });
}

std::vector<int> random_samples(size_t count) {
    auto random = test::test_random();
    std::vector<int> samples = {0, 1, -1, 32767, -32768};
    while (samples.size() < count) samples.push_back(static_cast<int>(random() % 65536) - 32768);
    return samples;
}

}  // namespace

TEST_CASE("every form of a WAV file of speech is read", "[io]") {
    Compared compared("samples");
    const std::vector<int> samples = random_samples(500);
    const std::string data = chunk("data", pcm(samples));
    const std::string plain = chunk("fmt ", format());
    std::string unknown_length = riff(plain + data);
    unknown_length.replace(4, 4, std::string(4, '\xff'));
    for (const std::string& bytes :
         {riff(plain + data), riff(chunk("fmt ", format() + number(0, 2)) + data),
          riff(chunk("fmt ", extensible(1)) + data),
          // Chunks in front, between and behind, of odd sizes too.
          riff(chunk("LIST", "abc") + plain + chunk("fact", "1234") + chunk("odd ", "x") + data +
               chunk("id3 ", "behind")),
          riff(chunk("none", "") + plain + data) + "bytes behind the end", unknown_length}) {
        const std::vector<float> read = parse(bytes);
        compared.equal(read.size(), samples.size());
        for (size_t i = 0; i < std::min(read.size(), samples.size()); ++i)
            compared.equal(read[i], static_cast<float>(std::ldexp(samples[i], -15)),
                           [&] { return "sample " + std::to_string(i); });
    }
}

TEST_CASE("WAV files are read from disk", "[io]") {
    const test::Scratch folder;
    const std::string path = folder / "x.wav";
    host::write_file(path, riff(chunk("fmt ", format()) + chunk("data", pcm({-16384, 8192}))));
    Compared compared("samples and words");
    compared.equal(host::read_wav(path), std::vector<float>{-0.5f, 0.25f});
    const std::string message = message_of([&] { host::read_wav(path + "x"); });
    compared.holds(message.find(path + "x: cannot open") == 0, [&] { return message; });
    host::write_file(path, "");
    compared.equal(message_of([&] { host::read_wav(path); }),
                   path + ": is not a WAV file: it starts with , not with RIFF....WAVE");
}

TEST_CASE("every other WAV file is refused with a reason", "[io]") {
    const std::string fmt = chunk("fmt ", format());
    const std::string data = chunk("data", pcm({1, 2, 3}));
    const std::string allowed = "allowed: 1 channel of 16-bit PCM at 16000 Hz";
    const auto with = [&](const std::string& content) {
        return riff(chunk("fmt ", content) + data);
    };
    struct Refused {
        std::string bytes;
        std::vector<std::string> named;
    };
    const std::vector<Refused> cases = {
        {with(format(1, 2)), {"audio format is 2 channels of 16-bit PCM at 16000 Hz", allowed}},
        {with(format(1, 1, 44100)), {"1 channel of 16-bit PCM at 44100 Hz", allowed, "sox"}},
        {with(format(1, 1, 16000, 8)), {"1 channel of 8-bit PCM at 16000 Hz", allowed}},
        {with(format(1, 6, 48000, 24)), {"6 channels of 24-bit PCM at 48000 Hz", allowed}},
        {with(format(3, 1, 16000, 32)), {"1 channel of 32-bit float", allowed}},
        {with(format(7)), {"format 7", allowed}},
        {with(format(1, 0)), {"0 channels", allowed}},
        {with(format().replace(12, 2, number(4, 2))), {"4 bytes a frame", allowed}},
        {with(extensible(3)), {"16-bit float", allowed}},
        {with(extensible(1, 12)), {"PCM with 12 valid bits", allowed}},
        {with(extensible(1, 16, "\x72")), {"format 65534", allowed}},
        {with(extensible(1).substr(0, 39)), {"'fmt ' is 39 bytes", "40 bytes or more"}},
        {with(format().substr(0, 14)), {"'fmt ' is 14 bytes", "16 bytes or more"}},
        {riff(fmt + chunk("data", "")), {"holds no samples", "0 bytes"}},
        {riff(fmt + chunk("data", "abc")), {"size of the data is 3 bytes", "a multiple of 2"}},
        {riff(fmt + "data" + number(0xffffffff, 4) + "ab"),
         {"size of the data is 4294967295 bytes", "at most the 2 bytes", "cut short"}},
        {riff(fmt + "LIST" + number(9, 4) + "ab"), {"chunk 'LIST' is 9 bytes", "at most the 2"}},
        {riff(fmt), {"holds no samples", "'data'"}},
        {riff(""), {"holds no samples", "'data'"}},
        {riff(data + fmt), {"no chunk 'fmt ' in front"}},
        {riff(fmt + fmt + data), {"two chunks 'fmt '"}},
        {"RIFX" + with(format()).substr(4), {"is not a WAV file", "starts with RIFX"}},
        {"RIFF1234AVI " + fmt, {"is not a WAV file", "RIFF1234AVI "}},
        {"OggS", {"is not a WAV file", "starts with OggS"}},
    };
    Compared compared("words in messages");
    for (const Refused& refused : cases) {
        const std::string message = message_for(refused.bytes);
        compared.equal(message.rfind("x.wav: ", 0), size_t{0}, [&] { return message; });
        for (const std::string& word : refused.named)
            compared.holds(message.find(word) != std::string::npos,
                           [&] { return word + " not in: " + message; });
    }
}

TEST_CASE("a WAV file cut anywhere is refused", "[io]") {
    Compared compared("lengths of a damaged file");
    const std::string whole = riff(chunk("odd ", "x") + chunk("fmt ", extensible(1)) +
                                   chunk("data", pcm(random_samples(20))));
    CHECK(message_for(whole).empty());
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
        const std::string message = message_for(whole.substr(0, bytes));
        compared.holds(message.rfind("x.wav: ", 0) == 0, [&] { return message; });
    }
}
