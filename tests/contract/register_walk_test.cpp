// SPDX-License-Identifier: MIT
// The register table, walked over the bus on the model and on the RTL: every word of the window and
// a few behind it, reset values, which bits a write changes, holes and read-only registers.
#include "rtl/sim/rtl_device.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;
using spec::Reg;

namespace {

/// Notes: for each word {read good, value, write of ones good, value after, value after zeros}.
void walk(test::Machine& machine, test::Outcome& out) {
    machine.run(
        [&](fw::Bus& bus) {
            for (uint32_t offset = 0; offset < spec::kWindowBytes + 64; offset += 4) {
                const uint64_t at = host::kCsrBase + offset;
                uint32_t value = 0;
                out.notes.push_back(bus.read32(at, value));
                out.notes.push_back(value);
                // CONTROL is written by everything else: here only ENABLE on an illegal ring.
                if (offset == static_cast<uint32_t>(Reg::kControl)) continue;
                out.notes.push_back(bus.write32(at, 0xffffffff));
                out.notes.push_back(bus.read32(at, value) ? value : 0);
                (void)bus.write32(at, 0);
                out.notes.push_back(bus.read32(at, value) ? value : 0);
            }
            for (const uint32_t odd : {1u, 2u, 0x45u, 0x103u}) {
                uint32_t value = 0;
                out.notes.push_back(bus.read32(host::kCsrBase + odd, value));
            }
        },
        out);
}

void check(const std::string& preset, bool rtl) {
    hw::PlatformConfig config = test::machine_config(test::device_params(preset));
    if (rtl) config.make_device = tessera::rtl::make_rtl_device;
    const test::Outcome o = test::run_machine(config, walk);
    REQUIRE(o.failure == "");
    test::Compared values("register values and answers");
    size_t i = 0;
    for (uint32_t offset = 0; offset < spec::kWindowBytes + 64; offset += 4) {
        const auto where = [&] { return "offset " + std::to_string(offset); };
        const spec::RegisterInfo* info = spec::find_register(offset);
        const bool counter = offset >= spec::kCounterBase && offset < spec::kWindowBytes;
        uint64_t reset = info != nullptr ? test::reset_value(*info, config.params) : 0;
        // The walk has just armed RING_NOTIFY, with values that RING_HEAD has reached.
        if (info != nullptr && info->reg == Reg::kIrqStatus) reset = spec::kIrqRing;
        values.equal(o.notes[i++], uint64_t{info != nullptr || counter}, where);
        values.equal(o.notes[i++], reset, where);
        if (offset == static_cast<uint32_t>(Reg::kControl)) continue;
        const bool writable = info != nullptr && info->access != spec::Access::kReadOnly;
        const bool keeps = writable && info->access == spec::Access::kReadWrite;
        const bool clears = writable && info->access == spec::Access::kWrite1ToClear;
        values.equal(o.notes[i++], uint64_t{writable}, where);
        values.equal(o.notes[i++], keeps ? uint64_t{info->writable} : clears ? 0 : reset, where);
        values.equal(o.notes[i++], keeps || clears ? 0 : reset, where);
    }
    while (i < o.notes.size()) values.equal(o.notes[i++], 0u);
}

}  // namespace

TEST_CASE("registers of the model") { check("tiny", false); }
TEST_CASE("registers of the RTL") { check("tiny", true); }
TEST_CASE("registers of the RTL with odd parameters") { check("odd", true); }
