// SPDX-License-Identifier: MIT
// A job through the driver on a device without time: a mock front end, and the golden device for
// what commands do to memory.
#pragma once
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "firmware/runner/runner.h"
#include "host/verify/golden_device.h"
#include "host/verify/tensor_image.h"
#include "tests/unit/mock_device.h"

namespace tessera::test {

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
        if (status.ok()) status = fw::Runner(driver).run(job);
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

}  // namespace tessera::test
