// SPDX-License-Identifier: MIT
// Channels that are simulated together do what each does alone: random bursts on random DRAMs, some
// over all channels alike, some on a few.
#include <map>

#include "hw_model/memory/dram_channels.h"
#include "tests/support/compared.h"
#include "tests/support/dram_random.h"

using namespace tessera;

namespace {

struct Burst {
    bool write;
    uint64_t address, bytes;
    hw::Clock clock;
};

/// What came of a burst.
struct End {
    uint64_t columns = 0;
    hw::Clock done = 0;
    void add(const hw::DramColumns& c) {
        columns += c.count;
        done = std::max(done, c.done);
    }
};

std::vector<Burst> random_bursts(test::Random& random, const hw::DramOrganisation& o) {
    const uint64_t stripe = uint64_t{o.transaction_bytes} * 64 * o.channels;
    std::vector<Burst> bursts(random.to(50, 150));
    hw::Clock clock = 0;
    // Of eight bursts so many are not whole stripes.
    const uint32_t odd = random.to(0, 1) == 0 ? 0 : random.to(1, 3);
    for (Burst& burst : bursts) {
        clock += random.to(0, 3) == 0 ? random.to(0, 2000) : random.to(0, 30);
        const uint64_t address = random.to(0, 200) * stripe;
        burst = {random.to(0, 2) == 0, address, stripe * random.to(1, 2), clock};
        if (random.to(0, 7) >= odd) continue;
        burst.address += uint64_t{o.transaction_bytes} * random.to(0, 100);
        burst.bytes = uint64_t{o.transaction_bytes} * random.to(1, 20);
    }
    return bursts;
}

/// Each channel by itself, and of each burst all its columns.
struct Alone {
    std::vector<hw::DramStats> stats;
    std::map<uint64_t, End> ends;
    std::vector<uint64_t> columns;  ///< of each channel

    Alone(const hw::DramSpec& spec, const std::vector<Burst>& bursts, hw::Clock end) {
        const hw::DramMap map(spec.organisation);
        for (uint32_t c = 0; c < spec.organisation.channels; ++c) {
            hw::DramChannel channel(spec);
            for (uint64_t n = 0; n < bursts.size(); ++n) {
                hw::DramMap::Range range = map.in_channel(c, bursts[n].address, bursts[n].bytes);
                for (; range.first != range.end; ++range.first)
                    channel.arrive(hw::run_at(map.place(range.first), bursts[n].write, 1, n),
                                   bursts[n].clock);
            }
            std::vector<hw::DramColumns> issued;
            channel.run(end, issued);
            stats.push_back(channel.stats());
            columns.push_back(0);
            for (const hw::DramColumns& one : issued) {
                ends[one.user].add(one);
                columns.back() += one.count;
            }
        }
    }
};

}  // namespace

TEST_CASE("channels simulated together do what each does alone") {
    auto generator = test::test_random();
    test::Random random(generator);
    test::Compared ends("ends of bursts"), stats("counts of channels");
    uint64_t channels = 0, classes = 0;
    for (int n = 0; n < 60; ++n) {
        hw::DramSpec spec = test::random_dram(random);
        spec.organisation.channels = random.power(1, 3);
        const std::vector<Burst> bursts = random_bursts(random, spec.organisation);
        const hw::Clock last = bursts.back().clock + 1000000;
        const Alone alone(spec, bursts, last);

        hw::DramChannels together(spec);
        std::map<uint64_t, End> got;
        std::vector<uint64_t> columns_of(together.count());
        std::vector<hw::DramColumns> columns;
        const auto visit = [&](const std::vector<uint32_t>& members, const hw::DramColumns& c) {
            for (const uint32_t channel : members) columns_of[channel] += c.count;
        };
        size_t next = 0;
        for (hw::Clock until = 0; until < last;) {
            until = std::min(last,
                             std::max(until + random.to(1, 500), next < bursts.size() ? 0 : last));
            for (; next < bursts.size() && bursts[next].clock < until; ++next)
                together.arrive(bursts[next].write, bursts[next].address, bursts[next].bytes, next,
                                bursts[next].clock);
            together.run(until, columns, visit);
        }
        for (const hw::DramColumns& c : columns) got[c.user].add(c);
        channels += together.count();
        classes += together.classes();
        const auto at = [&] { return "DRAM " + std::to_string(n); };
        for (uint64_t b = 0; b < bursts.size(); ++b) {
            const uint64_t wanted = together.transactions(bursts[b].address, bursts[b].bytes);
            ends.equal(got[b].columns, wanted, at);
            ends.equal(got[b].columns, alone.ends.at(b).columns, at);
            ends.equal(got[b].done, alone.ends.at(b).done, at);
        }
        const std::vector<hw::DramStats> own = together.stats(last);
        for (size_t c = 0; c < own.size(); ++c) {
            const hw::DramStats &a = own[c], &b = alone.stats[c];
            for (const auto& [x, y] : {std::pair(a.reads, b.reads),
                                       {a.writes, b.writes},
                                       {a.hits, b.hits},
                                       {a.misses, b.misses},
                                       {a.conflicts, b.conflicts},
                                       {a.activates, b.activates},
                                       {a.precharges, b.precharges},
                                       {a.refreshes, b.refreshes},
                                       {a.refresh_clocks, b.refresh_clocks},
                                       {a.turnarounds, b.turnarounds},
                                       {a.forwarded, b.forwarded},
                                       {a.last_data, b.last_data},
                                       {columns_of[c], alone.columns[c]}})
                stats.equal(x, y, at);
        }
    }
    std::printf("%llu channels in %llu classes at the end\n",
                static_cast<unsigned long long>(channels),
                static_cast<unsigned long long>(classes));
    CHECK(classes < channels);
}
