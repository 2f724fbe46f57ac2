// SPDX-License-Identifier: MIT
// A job through the driver on a device without time: a mock front end, and the golden device for
// what commands do to memory. Memory is NaN where nobody has put anything.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "firmware/driver.h"
#include "host/verify/golden_device.h"
#include "tests/unit/mock_device.h"

namespace tessera::test {

/// Hands out memory, and puts matrices into it.
class NanMemory {
  public:
    explicit NanMemory(const spec::DeviceParams& params) : params_(params) {}
    std::vector<uint8_t> bytes;

    /// A tensor with rows of so many bytes, and now and then with a wider pitch.
    template <typename Random>
    fw::Tensor place(uint32_t heads, uint32_t rows, uint32_t row_bytes, Random& random) {
        fw::Tensor t;
        t.address = bytes.size();
        t.pitch = (params_.beats(row_bytes) + (random() % 4 == 0 ? 1 : 0)) * params_.bus_bytes;
        t.head_stride = uint64_t{t.pitch} * rows;
        bytes.resize(bytes.size() + heads * t.head_stride, 0xff);
        return t;
    }
    void put(const fw::Tensor& t, uint32_t head, uint32_t row, uint32_t column, uint16_t bf16) {
        std::memcpy(&bytes[fw::row_address(t, head, row) + uint64_t{2} * column], &bf16, 2);
    }
    /// The identity of so many rows.
    template <typename Random>
    fw::Tensor identity(uint32_t rows, Random& random) {
        constexpr uint16_t kOne = 0x3f80;
        const fw::Tensor t = place(1, rows, 2 * rows, random);
        for (uint32_t i = 0; i < rows; ++i)
            for (uint32_t j = 0; j < rows; ++j) put(t, 0, i, j, i == j ? kOne : 0);
        return t;
    }

  private:
    spec::DeviceParams params_;
};

/// Commands of a job as they are executed.
class GoldenJob {
  public:
    GoldenJob(const spec::DeviceParams& params, const std::vector<uint8_t>& memory, uint64_t seed)
        : params_(params), golden_(params, padded(memory)), mock_(params, seed) {
        mock_.execute = [this](const spec::Command& c) { execute(c); };
    }

    std::vector<std::string> faults;
    std::map<spec::Opcode, uint64_t> commands;

    template <typename Job>
    fw::Status run(const Job& job) {
        fw::Driver driver(mock_);
        const uint64_t record = golden_.memory().size() - params_.bus_bytes;
        fw::Status status = driver.init({MockDevice::kCsr, MockDevice::kRing, 64, record, 0});
        if (status.ok()) status = driver.run(job);
        faults.insert(faults.end(), mock_.faults.begin(), mock_.faults.end());
        return status;
    }
    uint32_t word(uint64_t address, uint32_t bytes) const {
        uint32_t value = 0;
        std::memcpy(&value, &golden_.memory()[address], bytes);
        return value;
    }

  private:
    /// With room for the FENCE's record.
    std::vector<uint8_t> padded(std::vector<uint8_t> memory) const {
        memory.resize(memory.size() + params_.bus_bytes);
        return memory;
    }
    void execute(const spec::Command& c) {
        ++commands[c.opcode];
        const uint64_t end = c.address + uint64_t{c.pitch} * c.rows;
        if (c.is_load())
            for (const auto& [first, last] : unfenced_)
                if (c.address < last && first < end)
                    faults.emplace_back("no FENCE between a store and a load");
        if (c.is_store()) unfenced_.emplace_back(c.address, end);
        if (c.opcode == spec::Opcode::kFence) unfenced_.clear();
        golden_.execute(c);
    }

    spec::DeviceParams params_;
    verify::GoldenDevice golden_;
    MockDevice mock_;
    std::vector<std::pair<uint64_t, uint64_t>> unfenced_;
};

/// A bf16 number of a size that sums of many still hold.
template <typename Random>
uint16_t some_bf16(Random& random) {
    const uint64_t x = random();
    return static_cast<uint16_t>((x & 0x807f) | (120 + (x >> 32) % 9) << 7);  // 2^-7 to 4
}

}  // namespace tessera::test
