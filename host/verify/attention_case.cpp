// SPDX-License-Identifier: MIT
// Random attention jobs through the firmware.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "firmware/partial.h"
#include "firmware/sentinel.h"
#include "firmware/summary_list.h"
#include "host/reference/error.h"
#include "host/report/command_names.h"
#include "host/verify/case.h"
#include "host/verify/job_mask.h"
#include "host/workload/layout.h"
#include "host/workload/schedule_check.h"
#include "host/workload/sentinel.h"
#include "spec/float.h"

namespace tessera::verify {
namespace {

/// A job with its data in the machine's memory.
struct AttentionJob {
    host::Layout layout;
    MaskArrays arrays;
    hw::PlatformConfig platform;
    Bytes image;         ///< q, k and v
    uint64_t bytes = 0;  ///< of all tensors

    const fw::AttentionJob& job() const { return layout.job; }
};

class Generator {
  public:
    Generator(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens)
        : random_(seed), p_(params), max_tokens_(max_tokens) {}

    AttentionJob make() {
        AttentionJob j;
        j.platform = random_platform();
        j.layout.driver.ring_descriptors = 4u << below(5);
        j.layout.driver.watchdog_cycles = chance(50) ? 0 : 1000000;
        choose_shape(j.layout.job, j.arrays);
        if (chance(30)) choose_sequences(j.layout);
        place_tensors(j);
        for (uint64_t at = 0; at + 2 <= j.image.size(); at += 2) {
            const uint64_t x = random_();
            put(j.image, at, (x & 0x807f) | (120 + (x >> 32) % 9) << 7);  // 2^-7 to 4
        }
        if (j.job().sentinel.form != fw::SentinelForm::kNone) write_sentinel_columns(j);
        spoil_padding(j);
        if (fw::schedule_type(j.layout.job.order).open_tiles != 0 && chance(20))
            j.platform.devices = j.layout.devices = 2 + below(3);
        for (host::SequenceJob& sequence : j.layout.sequences)
            sequence.first_device = below(j.layout.devices);
        for (const fw::AttentionJob& one : j.layout.jobs())
            host::check_schedule(one, p_.m, j.layout.devices);
        fw::DriverConfig& driver = j.layout.driver;
        driver.record_address = (j.bytes + 4095) / 4096 * 4096;
        driver.ring_address = driver.record_address + 4096;
        j.layout.record_stride = p_.bus_bytes;
        j.platform.memory.size_bytes = driver.ring_address + j.layout.devices * host::kRingBytes;
        return j;
    }

  private:
    uint32_t below(uint64_t n) { return static_cast<uint32_t>(random_() % n); }
    bool chance(uint32_t percent) { return below(100) < percent; }

    hw::PlatformConfig random_platform() {
        hw::PlatformConfig platform = machine_config(p_);
        hw::MemoryConfig& memory = platform.memory;
        memory.read_latency_cycles = chance(30) ? 1 + below(200) : 64;
        memory.write_latency_cycles = chance(30) ? 1 + below(200) : 64;
        if (chance(50)) memory.stall = {random_(), chance(20) ? 1000 : below(300), 1 + below(16)};
        if (chance(30)) platform.firmware = {below(60), below(30)};
        return platform;
    }

    void choose_shape(fw::AttentionJob& job, MaskArrays& arrays) {
        job.kv_heads = 1 + below(2);
        job.query_heads = job.kv_heads * (1 + below(2));
        job.nq = chance(20) ? 1 : 1 + below(max_tokens_);
        job.nk = chance(40) ? job.nq : 1 + below(max_tokens_);
        job.d_k = chance(50) ? p_.d : 1 + below(p_.d);
        job.d_v = chance(50) ? p_.d : 1 + below(p_.d);
        job.factor = 0x3e000000u + below(1 << 24);  // 2^-3 to 2^-1
        const uint32_t origin = chance(20) ? spec::kPositionLimit - max_tokens_ : below(1000);
        const bool at_end = job.nk > job.nq && chance(50);
        job.q_position = at_end ? origin + job.nk - job.nq : origin;
        job.k_position = origin;
        job.order = static_cast<fw::LoopOrder>(below(fw::schedule_count()));
        job.bf16_output = chance(50);
        job.want_lse = chance(30);
        if (p_.profile == spec::Profile::kBlackbox) choose_sentinel(job);
        random_mask(random_, p_.m, job, arrays);
        if (p_.profile != spec::Profile::kBlackbox) return;
        job.tile_flags = nullptr;  // of whole tiles
        // Gathered keys are a key tile of their own.
        const bool gathers = (job.mask.flags & spec::kMaskTail) != 0;
        if (gathers && job.sentinel.form == fw::SentinelForm::kNone) job.mask = spec::Mask();
    }

    /// One key tile can do without.
    void choose_sentinel(fw::AttentionJob& job) {
        fw::Sentinel& s = job.sentinel;
        if (chance(15)) {
            job.want_lse = false;
            job.nk = std::min(job.nk, p_.m);
            return;
        }
        const bool fits = job.d_v + 2 <= p_.d;
        constexpr fw::SentinelForm kForms[] = {
            fw::SentinelForm::kSplit, fw::SentinelForm::kTwoCalls, fw::SentinelForm::kColumns};
        s.form = kForms[below(fits ? 3 : 2)];
        s.query_column = job.d_k < p_.d;
        if (s.query_column)
            s.key = host::sentinel_key(job.factor);
        else
            job.factor -= 5 << 23;  // the zero key has to do: scores below 2^4
    }

    static void put(Bytes& image, uint64_t at, uint64_t element) {
        const auto bits = static_cast<uint16_t>(element);
        std::memcpy(&image[at], &bits, 2);
    }

    /// Levels of the queries, mostly ones that tell, zeros for the keys, and indicators.
    void write_sentinel_columns(AttentionJob& j) {
        const fw::AttentionJob& job = j.job();
        if (job.sentinel.query_column) {
            const uint32_t spread = chance(20) ? 400 : 20;
            each_row(job.q, job.query_heads, job.nq, [&](uint64_t row) {
                const auto level =
                    static_cast<float>(below(2 * spread)) - static_cast<float>(spread);
                uint32_t bits;
                std::memcpy(&bits, &level, sizeof bits);
                put(j.image, row + 2 * job.d_k, spec::fp32_to_bf16(bits));
            });
            each_row(job.k, job.kv_heads, job.nk,
                     [&](uint64_t row) { put(j.image, row + 2 * job.d_k, 0); });
        }
        if (job.sentinel.form != fw::SentinelForm::kColumns) return;
        each_row(job.v, job.kv_heads, job.nk, [&](uint64_t row) {
            put(j.image, row + 2 * job.d_v, 0);
            put(j.image, row + 2 * job.d_v + 2, 0x3f80);
        });
    }

    template <typename Visit>
    static void each_row(const fw::Tensor& t, uint32_t heads, uint32_t rows, Visit&& visit) {
        for (uint32_t head = 0; head < heads; ++head)
            for (uint32_t row = 0; row < rows; ++row) visit(fw::row_address(t, head, row));
    }

    /// Makes it a batch of sequences, each with some of the tokens.
    void choose_sequences(host::Layout& layout) {
        fw::AttentionJob& job = layout.job;
        if (job.documents != nullptr || job.tile_flags != nullptr) return;
        const bool at_end = job.q_position != job.k_position;
        layout.sequences.resize(1 + below(4));
        for (host::SequenceJob& sequence : layout.sequences) {
            sequence.nq = 1 + below(job.nq);
            sequence.nk = 1 + below(job.nk);
            sequence.k_position = job.k_position;
            sequence.q_position = job.k_position;
            if (at_end && sequence.nk > sequence.nq)
                sequence.q_position += sequence.nk - sequence.nq;
            sequence.mask = job.mask;
        }
        job.query_heads *= static_cast<uint32_t>(layout.sequences.size());
        job.kv_heads *= static_cast<uint32_t>(layout.sequences.size());
    }

    /// NaN where nobody may look.
    static void spoil_padding(AttentionJob& j) {
        constexpr uint16_t kNan = 0x7fc0;
        const std::vector<fw::AttentionJob> jobs = j.layout.jobs();
        const auto spoil = [&](const fw::Tensor& t, uint32_t heads, uint32_t from, uint32_t to) {
            for (uint32_t head = 0; head < heads; ++head)
                for (uint64_t at = fw::row_address(t, head, from);
                     at < fw::row_address(t, head, to); at += 2)
                    std::memcpy(&j.image[at], &kNan, 2);
        };
        for (const fw::AttentionJob& one : jobs) {
            spoil(one.q, one.query_heads, one.nq, j.job().nq);
            spoil(one.k, one.kv_heads, one.nk, j.job().nk);
            spoil(one.v, one.kv_heads, one.nk, j.job().nk);
        }
    }

    fw::Tensor place(uint32_t heads, uint32_t rows, uint32_t row_bytes, uint64_t& next) {
        fw::Tensor t;
        t.pitch = p_.beats(row_bytes) * p_.bus_bytes + (chance(30) ? p_.bus_bytes * below(4) : 0);
        t.address = next;
        t.head_stride = uint64_t{t.pitch} * rows;
        next += t.head_stride * heads;
        return t;
    }

    void place_tensors(AttentionJob& j) {
        fw::AttentionJob& job = j.layout.job;
        uint64_t next = 0;
        const uint32_t last_pass = fw::sentinel_passes(job.sentinel.form) - 1;
        job.q = place(job.query_heads, job.nq, 2 * fw::key_columns(job), next);
        job.k = place(job.kv_heads, job.nk, 2 * fw::key_columns(job), next);
        job.v = place(job.kv_heads, job.nk, 2 * fw::value_columns(job, last_pass), next);
        j.image.assign(next, 0);
        job.o = place(job.query_heads, job.nq, 4 * job.d_v, next);
        // Of each of up to four devices.
        const bool tile = fw::schedule_type(job.order).open_tiles == 1;
        j.layout.state_heads = tile ? 1 : job.query_heads / job.kv_heads;
        job.state =
            place(4 * j.layout.state_heads, tile ? p_.m : job.nq, p_.bus_bytes + 4 * job.d_v, next);
        job.lse = place(job.query_heads, job.nq, p_.bus_bytes, next);
        const bool sentinel = job.sentinel.form != fw::SentinelForm::kNone;
        if (p_.profile == spec::Profile::kStats || sentinel)
            job.partial = place(4 * fw::partial_slots(job), p_.m, fw::partial_bytes(job, p_), next);
        if (sentinel) {
            fw::Sentinel& s = job.sentinel;
            s.rows = place(1, fw::kSentinelRows, fw::sentinel_row_bytes(job), next);
            s.indicators = place(1, p_.m, 4, next);
            s.redo = place(4, p_.m,
                           p_.beats(2 * fw::key_columns(job)) * p_.bus_bytes + p_.bus_bytes, next);
        }
        job.summary_list = next;
        const std::vector<fw::AttentionJob> jobs = j.layout.jobs();
        for (size_t i = 0; i < jobs.size(); ++i) {
            if (!j.layout.sequences.empty())
                j.layout.sequences[i].summary_list = next - job.summary_list;
            next += fw::summary_list_bytes(jobs[i], p_);
        }
        j.bytes = next;
    }

    std::mt19937_64 random_;
    const spec::DeviceParams p_;
    const uint32_t max_tokens_;
};

/// Reads a bf16 tensor with padded rows, as [heads][rows][columns].
host::ElementReader reader(const Bytes& image, const fw::Tensor& t, uint32_t rows,
                           uint32_t columns) {
    return [&image, t, rows, columns](size_t first, size_t count, double* out) {
        for (size_t i = first; i < first + count; ++i) {
            const size_t row = i / columns;
            const uint64_t at =
                t.address + row / rows * t.head_stride + row % rows * t.pitch + i % columns * 2;
            uint16_t bits;
            std::memcpy(&bits, &image[at], 2);
            host::bf16_reader (&bits)(0, 1, out++);
        }
    };
}

double scale_of(uint32_t factor) {
    float x;
    std::memcpy(&x, &factor, 4);
    return static_cast<double>(x) * std::log(2.0);
}

host::ReferenceProblem reference_problem(const AttentionJob& j) {
    const fw::AttentionJob& job = j.job();
    host::ReferenceProblem r;
    r.query_heads = job.query_heads;
    r.kv_heads = job.kv_heads;
    r.nq = job.nq;
    r.nk = job.nk;
    r.d_k = job.d_k;
    r.d_v = job.d_v;
    r.scale = scale_of(job.factor);
    const uint32_t m = j.platform.params.m;
    const std::vector<fw::AttentionJob> jobs = j.layout.jobs();
    r.visible = [jobs, m](uint32_t head, uint32_t row, std::vector<host::KeyRange>& ranges) {
        const uint32_t heads = jobs.front().query_heads;
        const fw::AttentionJob& one = jobs[head / heads];
        ranges.clear();
        for (uint32_t key = 0; row < one.nq && key < one.nk; ++key)
            if (allows(one, m, head % heads, row, key)) ranges.push_back({key, key + 1});
        host::join(ranges);
    };
    for (const fw::AttentionJob& one : jobs) r.keys.insert(r.keys.end(), one.kv_heads, one.nk);
    r.q = reader(j.image, job.q, job.nq, job.d_k);
    r.k = reader(j.image, job.k, job.nk, job.d_k);
    r.v = reader(j.image, job.v, job.nk, job.d_v);
    return r;
}

void compare_with_double(const AttentionJob& j, const Outcome& outcome, Comparison& comparison) {
    if (!firmware_succeeded(outcome, comparison)) return;
    Bytes memory = outcome.memory;
    const host::MemoryAccess access = [&](uint64_t address, uint64_t) {
        return memory.data() + address;
    };
    const std::vector<float> o = host::read_output(j.layout, access);
    std::vector<double> lse;
    if (j.job().want_lse) lse = host::read_lse(j.layout, access, j.platform.params.bus_bytes);
    const host::BoundParams bound{j.platform.params.m, j.job().bf16_output, j.job().sentinel.form};
    compare_with_double(reference_problem(j), bound, o, lse, comparison);
}

void run_job(const AttentionJob& j, Machine& machine, Outcome& out) {
    machine.write_memory(0, j.image);
    machine.run(j.layout, out);
}

}  // namespace

CommandWords layout_words(const host::Layout& layout, const spec::DeviceParams& params) {
    return [layout, params](uint32_t device, uint64_t sequence) {
        const host::Layout own = layout.of_device(device);
        host::CommandNames names(own, params);
        names.go_to(sequence);
        return names.description();
    };
}

Case attention_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens) {
    const auto j = std::make_shared<AttentionJob>(Generator(seed, params, max_tokens).make());
    Case c;
    const size_t sequences = j->layout.sequences.size();
    c.name = fmt::format("attention, seed {}: {}{}", seed, mask_text(j->job()),
                         sequences == 0 ? "" : fmt::format(", batch of {}", sequences));
    c.platform = j->platform;
    c.memory_bytes = j->bytes;
    // The job's mask points into `j`.
    c.words = [j, words = layout_words(j->layout, j->platform.params)](
                  uint32_t device, uint64_t sequence) { return words(device, sequence); };
    c.body = [j](Machine& machine, Outcome& out) { run_job(*j, machine, out); };
    c.reference = [j](const Outcome& out, Comparison& comparison) {
        compare_with_double(*j, out, comparison);
    };
    return c;
}

}  // namespace tessera::verify
