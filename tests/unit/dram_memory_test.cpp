// SPDX-License-Identifier: MIT
// The DRAM behind its socket: what it promises for each burst, and that the outcome does not depend
// on when it happens to look.
#include "hw_model/memory/dram_memory.h"

#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <random>

#include "host/run/forked.h"
#include "host/verify/random_memory.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using hw::Cycle;
using test::Compared;

namespace {

struct Burst {
    bool write = false;
    uint32_t device = 0;
    uint64_t address = 0;
    uint32_t beats = 0;
    Cycle presented = 0, told = 0, first = 0, last = 0, response = 0;
};

constexpr uint32_t kBus = 32;
constexpr uint64_t kMemoryBytes = 1 << 20;

/// Presents random bursts in random cycles and notes when it is told what.
class Initiator : public hw::Unit {
  public:
    Initiator(const sc_core::sc_module_name& name, uint64_t seed, uint32_t bursts, bool look,
              hw::Memory& memory)
        : Unit(name),
          socket("socket"),
          random_(seed),
          looks_(seed + 1),
          look_(look),
          memory_(memory) {
        socket.register_nb_transport_bw(this, &Initiator::answer);
        bursts_.resize(bursts);
        extensions_.resize(bursts);
        for (uint32_t i = 0; i < bursts; ++i) payloads_.emplace_back();
        wake(1);
    }
    ~Initiator() override {
        for (size_t i = 0; i < payloads_.size(); ++i) payloads_[i].clear_extension(&extensions_[i]);
    }
    tlm_utils::simple_initiator_socket<Initiator> socket;
    const std::vector<Burst>& bursts() const { return bursts_; }

  private:
    void step(Cycle now) override {
        // Looks of no use to anybody, from a generator of their own.
        if (look_ && looks_() % 2 == 0) memory_.wake(now + looks_() % 50);
        if (now < next_ || sent_ == bursts_.size()) {
            if (sent_ != bursts_.size() && look_) wake(now + 1);
            return;
        }
        present(sent_++, now);
        next_ = now + 1 + (random_() % 3 == 0 ? random_() % 200 : random_() % 3);
        wake(look_ ? now + 1 : next_);
    }
    void present(size_t i, Cycle now) {
        Burst& b = bursts_[i];
        b.write = random_() % 3 == 0;
        b.beats = 1 + static_cast<uint32_t>(random_() % (b.write ? 32 : 128));
        b.address = random_() % (kMemoryBytes / kBus - b.beats) * kBus;
        b.presented = now;
        extensions_[i].beats = b.beats;
        extensions_[i].user = i;
        tlm::tlm_generic_payload& p = payloads_[i];
        p.set_command(b.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
        p.set_address(b.address);
        p.set_data_length(b.beats * kBus);
        p.set_data_ptr(nullptr);
        p.set_extension(&extensions_[i]);
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = hw::to_time(spec::kAcceptCycles);
        socket->nb_transport_fw(p, phase, delay);
    }
    tlm::tlm_sync_enum answer(tlm::tlm_generic_payload& payload, tlm::tlm_phase&,
                              sc_core::sc_time&) {
        hw::BurstExtension* e = nullptr;
        payload.get_extension(e);
        Burst& b = bursts_[e->user];
        b.told = hw::now_cycle();
        b.first = e->schedule.first;
        b.last = e->schedule.last;
        b.response = e->schedule.response;
        return tlm::TLM_COMPLETED;
    }

    std::mt19937_64 random_, looks_;
    const bool look_;
    hw::Memory& memory_;
    std::vector<Burst> bursts_;
    std::vector<hw::BurstExtension> extensions_;
    std::deque<tlm::tlm_generic_payload> payloads_;
    size_t sent_ = 0;
    Cycle next_ = 0;
};

hw::MemoryConfig config_of(uint64_t seed) {
    hw::MemoryConfig config = verify::random_dram(seed);
    config.size_bytes = kMemoryBytes;
    return config;
}

std::vector<Burst> run(uint64_t seed, bool look) {
    const host::Forked forked = host::run_forked([&] {
        hw::MemoryImage image(kMemoryBytes);
        hw::DramMemory memory("memory", config_of(seed), 1, image, 1000000);
        Initiator initiator("initiator", seed, 150, look, memory);
        initiator.socket.bind(memory.socket);
        sc_core::sc_start();
        host::Bytes bytes(initiator.bursts().size() * sizeof(Burst));
        std::memcpy(bytes.data(), initiator.bursts().data(), bytes.size());
        return bytes;
    });
    REQUIRE(forked.failure == "");
    std::vector<Burst> bursts(forked.bytes.size() / sizeof(Burst));
    std::memcpy(bursts.data(), forked.bytes.data(), forked.bytes.size());
    return bursts;
}

/// Contiguous beats, in order each way, told in time, and not before the DRAM can have it.
bool keeps_promises(const std::vector<Burst>& bursts, const hw::MemoryConfig& config) {
    const uint64_t tCK_ps = config.dram.tCK_ps;
    const uint64_t access = (config.dram.timing.nCL + config.dram.timing.nBL) * tCK_ps / 1000;
    Cycle next[2] = {0, 0};
    for (const Burst& b : bursts) {
        const Cycle taken = b.presented + spec::kAcceptCycles;
        Cycle least = taken;
        if (!b.write) least += config.request_cycles + access + config.response_cycles;
        const bool good =
            b.first >= least && b.first >= next[b.write] && b.last == b.first + b.beats - 1 &&
            b.told >= b.presented && b.told < b.first &&
            (!b.write || b.response == b.last + config.request_cycles + config.response_cycles);
        if (!good) return false;
        next[b.write] = b.last + 1;
    }
    return true;
}

}  // namespace

TEST_CASE("bursts are answered in time and order, whenever the memory looks") {
    auto random = test::test_random();
    Compared compared("bursts");
    for (int round = 0; round < 60; ++round) {
        const uint64_t seed = random();
        const std::vector<Burst> calm = run(seed, false), restless = run(seed, true);
        compared.holds(
            keeps_promises(calm, config_of(seed)) && keeps_promises(restless, config_of(seed)),
            [&] { return "a promise is broken, seed " + std::to_string(seed); });
        for (size_t i = 0; i < calm.size(); ++i)
            compared.holds(calm[i].first == restless[i].first && calm[i].last == restless[i].last &&
                               calm[i].response == restless[i].response,
                           [&] {
                               return "seed " + std::to_string(seed) + ", burst " +
                                      std::to_string(i) + ": " + std::to_string(calm[i].first) +
                                      " or " + std::to_string(restless[i].first);
                           });
    }
}
