// SPDX-License-Identifier: MIT
// What the tests of jobs in words share: words as numbers, a device without engines, requests.
#pragma once
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "firmware/driver/driver_config.h"
#include "firmware/plan/tensor.h"
#include "spec/job.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/unit/mock_device.h"

namespace tessera::test {

inline constexpr spec::DeviceParams kMailboxDevice{8, 16, 4, 2, 16, spec::Profile::kStateful};
inline constexpr uint64_t kMailboxRecord = 0x7000;
inline constexpr fw::DriverConfig kMailboxConfig{MockDevice::kCsr, MockDevice::kRing, 64,
                                                 kMailboxRecord, 0};

/// Words as a little-endian machine of any width has them.
template <typename Words>
std::vector<uint32_t> words_of(const Words& job) {
    std::vector<uint8_t> bytes(sizeof job);
    std::memcpy(bytes.data(), &job, sizeof job);
    std::vector<uint32_t> words;
    for (size_t i = 0; i < bytes.size(); i += 4)
        words.push_back(bytes[i] | uint32_t{bytes[i + 1]} << 8 | uint32_t{bytes[i + 2]} << 16 |
                        uint32_t{bytes[i + 3]} << 24);
    return words;
}

/// The 64 bits of words n and n + 1 that hold their own numbers.
inline uint64_t at_word(uint32_t n) { return n | uint64_t{n + 1} << 32; }
inline fw::Tensor tensor_at_word(uint32_t n) { return {at_word(n), at_word(n + 2), n + 4}; }

/// Word n holds n, but for `others`.
inline void check_numbers(const std::vector<uint32_t>& words, size_t count,
                          const std::vector<std::pair<uint32_t, uint32_t>>& others,
                          Compared& compared) {
    compared.equal(words.size(), count);
    for (uint32_t n = 0; n < words.size(); ++n) {
        uint32_t expected = n;
        for (const auto& [word, value] : others)
            if (word == n) expected = value;
        compared.equal(words[n], expected, [&] { return "word " + std::to_string(n); });
    }
}

/// Runs firmware on a device without engines. Every command that reaches it, in words.
template <typename Run>
std::vector<uint32_t> executed(const spec::DeviceParams& device, Run&& run) {
    std::vector<uint32_t> words;
    MockDevice mock(device, 1);
    mock.execute = [&](const spec::Command& c) {
        for (const uint32_t word : spec::encode(c).word) words.push_back(word);
    };
    mock.read_memory = [](uint64_t, uint32_t& value) { value = 0; };
    run(mock);
    CHECK(mock.faults.empty());
    return words;
}

inline spec::MailboxWords mailbox_of(uint32_t kind, uint32_t count, uint64_t jobs,
                                     uint64_t workspace) {
    spec::MailboxWords mailbox;
    const fw::DriverConfig& config = kMailboxConfig;
    mailbox.driver = {spec::double_word(config.csr_base), spec::double_word(config.ring_address),
                      spec::double_word(config.record_address), config.ring_descriptors, 0};
    mailbox.request = {kind, count, spec::double_word(jobs), spec::double_word(workspace)};
    mailbox.answer.code = 99;
    return mailbox;
}

}  // namespace tessera::test
