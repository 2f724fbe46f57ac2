// SPDX-License-Identifier: MIT
// Model and RTL with something broken: illegal descriptors, bus errors, bad indices, a short
// watchdog, soft resets in full flight. Firmware polls registers all the time, and every value it
// reads is compared, as is a good run after the reset.
#include <stdexcept>

#include "tests/cosim/cosim.h"

using namespace tessera;
using spec::Reg;

namespace {

/// A job in which everything waits for everything: of two ATTENDs on one state bank the second
/// follows a LOAD_STATE that follows the first, and stores of the other bank are long under way.
std::vector<spec::Command> entangled_job(const spec::DeviceParams& p) {
    using spec::Opcode;
    const uint32_t m = p.m, d = p.d;
    const auto attend = [&](uint32_t operands, uint32_t state, uint32_t flags) {
        spec::Command c = test::make_attend(m, m, d, d);
        c.k_bank = c.v_bank = operands;
        c.state_bank = state;
        c.flags |= flags;
        return c;
    };
    spec::Command gather = test::make_load(Opcode::kLoadK, 1, 4096, m, d, p);
    gather.flags |= spec::kFlagGather;
    gather.index_address = 32768;
    gather.index_limit = 16;
    const uint64_t out = 256 * 1024;
    return {test::make_load(Opcode::kLoadState, 1, 16384, m, d, p),
            test::make_store(Opcode::kStoreState, 1, out, m, d, p),
            test::make_load(Opcode::kLoadQ, 0, 0, m, d, p),
            test::make_load(Opcode::kLoadK, 0, 4096, m, d, p),
            test::make_load(Opcode::kLoadV, 0, 8192, m, d, p),
            attend(0, 0, 0),
            test::make_load(Opcode::kLoadState, 0, 16384, m, d, p),
            attend(0, 0, spec::kFlagContinue),
            attend(0, 0, 0),
            gather,
            test::make_load(Opcode::kLoadV, 1, 12288, m, d, p),
            attend(1, 1, 0),
            test::make_store(Opcode::kStoreO, 1, out + 16384, m, d, p, spec::kFlagNormalise),
            test::make_store(Opcode::kStoreO, 0, out + 32768, m, d, p, spec::kFlagNormalise),
            test::make_fence()};
}

verify::Bytes entangled_image() {
    verify::Bytes image(65536);
    std::mt19937_64 random(7);
    for (size_t a = 0; a < image.size(); a += 2) {
        const auto x = static_cast<uint32_t>(random());
        const uint32_t value = (x & 0x807f) | (124 + (x >> 16) % 5) << 7;
        std::memcpy(&image[a], &value, 2);
    }
    for (uint32_t i = 0; i < 16; ++i) std::memcpy(&image[32768 + 4 * i], &i, 4);
    return image;
}

/// The job, and BAD_RING in any of its cycles; ENGINE_STATE in any phase from then on.
verify::Case entangled_case(uint64_t seed, const spec::DeviceParams& params) {
    std::mt19937_64 random(seed);
    verify::Case c;
    c.name = "an error anywhere, seed " + std::to_string(seed);
    c.platform = test::machine_config(params);
    c.platform.firmware = test::kPhaseCosts;
    c.platform.memory.read_latency_cycles = 2 + static_cast<uint32_t>(random() % 60);
    c.platform.memory.write_latency_cycles = static_cast<uint32_t>(random() % 600);
    c.memory_bytes = verify::kDataBytes;
    const uint64_t at = random() % 1000, phase = random() % 4;
    const std::vector<spec::Descriptor> descriptors = test::encode_all(entangled_job(params));
    const auto program = [=](test::Machine& machine, fw::Bus& bus, test::Outcome& out) {
        fw::Driver driver(bus);
        if (!driver.init(machine.driver_config(64)).ok()) throw std::runtime_error("driver");
        std::memcpy(machine.memory(test::kRingAddress, 4096), descriptors.data(),
                    descriptors.size() * sizeof(spec::Descriptor));
        const auto note = [&](Reg reg) { out.notes.push_back(test::read_register(bus, reg)); };
        test::write_register(bus, Reg::kRingTail, static_cast<uint32_t>(descriptors.size()));
        test::shift_phase(bus, at % 4);
        for (uint64_t i = 0; i < at / 4; ++i) note(Reg::kEngineState);
        test::write_register(bus, Reg::kControl, 0);
        test::write_register(bus, Reg::kRingSize, 48);
        test::write_register(bus, Reg::kControl, spec::kControlEnable);
        test::shift_phase(bus, phase);
        for (int i = 0; i < 300; ++i) note(Reg::kEngineState);
        note(Reg::kErrorCode);
    };
    c.body = [program](test::Machine& machine, test::Outcome& out) {
        machine.write_memory(0, entangled_image());
        machine.run([&](fw::Bus& bus) { program(machine, bus, out); }, out);
    };
    return c;
}

}  // namespace

TEST_CASE("errors on tiny") { test::verify_many("tiny", 300, verify::error_case); }
TEST_CASE("errors on broad") { test::verify_many("broad", 15, verify::error_case); }
TEST_CASE("errors on odd") { test::verify_many("odd", 60, verify::error_case); }
TEST_CASE("errors that once told model and RTL apart") {
    test::verify_seeds(
        "tiny",
        {100183, 100281, 100427, 100815, 100855, 100858, 100881, 101523, 102220, 102320, 102343},
        verify::error_case);
}
TEST_CASE("an error anywhere in a job") { test::verify_many("tiny", 300, entangled_case); }
