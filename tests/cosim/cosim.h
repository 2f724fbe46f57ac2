// SPDX-License-Identifier: MIT
// Co-simulation in the tests: series of cases on reference, model and RTL, the sum printed, any
// difference a failure.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "host/verify/verify.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

namespace tessera::test {

using MakeCase = std::function<verify::Case(uint64_t seed, const spec::DeviceParams& params)>;

/// Cases one after the other.
class Series {
  public:
    /// Runs it on reference, model and RTL; prints the report of a divergence.
    void run(const verify::Case& c);
    /// The same for a program without a reference; compares the first kDataBytes of memory.
    void run(const hw::PlatformConfig& platform, const verify::Body& body, const std::string& name);
    /// So much is different that the rest says nothing new.
    bool enough() const;
    /// Prints the sum; the test has failed if anything was different, or nothing compared.
    void finish() const;

  private:
    verify::Totals totals_;
    uint64_t different_ = 0;
};

/// One case for each seed on the device of that name.
void verify_seeds(const std::string& preset, const std::vector<uint64_t>& seeds,
                  const MakeCase& make);
/// `usual` cases (TESSERA_COSIM_COUNT overrides it), with seeds from TESSERA_SEED on.
void verify_many(const std::string& preset, uint64_t usual, const MakeCase& make);

/// Register accesses take four cycles each; this shifts the processor by single ones against the
/// device. Needs the firmware costs kPhaseCosts and the driver's ring of 64, last slot unused.
void shift_phase(fw::Bus& bus, uint64_t cycles);
inline constexpr hw::FirmwareCosts kPhaseCosts{1, 0};

}  // namespace tessera::test
