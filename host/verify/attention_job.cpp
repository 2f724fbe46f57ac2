// SPDX-License-Identifier: MIT
#include "host/verify/attention_job.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "host/float_bits.h"
#include "host/operation/cover_layout.h"
#include "host/operation/sink_states.h"
#include "host/problem/sink_logits.h"
#include "host/reference/error.h"
#include "host/run/command_names.h"

namespace tessera::verify {

void JobGenerator::choose_machine(AttentionJob& j) {
    j.platform = machine_config(p_);
    hw::MemoryConfig& memory = j.platform.memory;
    memory.read_latency_cycles = chance(30) ? 1 + below(200) : 64;
    memory.write_latency_cycles = chance(30) ? 1 + below(200) : 64;
    if (chance(50)) memory.stall = {random_(), chance(20) ? 1000 : below(300), 1 + below(16)};
    if (chance(30)) j.platform.firmware = {below(60), below(30)};
    j.layout.driver.ring_descriptors = 4u << below(5);
    j.layout.driver.watchdog_cycles = chance(50) ? 0 : 1000000;
}

uint64_t JobGenerator::place_operands(AttentionJob& j, uint32_t key_columns,
                                      uint32_t value_columns) {
    fw::AttentionJob& job = j.layout.job;
    uint64_t next = 0;
    const uint32_t keys = key_tensor_rows(job);
    const uint32_t queries = tensor_rows(job.query_list, job.nq);
    job.q = place(job.query_heads, job.row_causal ? 2 * queries : queries, 2 * key_columns, next);
    job.k = place(job.kv_heads, keys, 2 * key_columns, next);
    job.v = place(job.kv_heads, keys, 2 * value_columns, next);
    j.image.assign(next, 0);
    job.o = place(job.query_heads, job.nq, 4 * job.d_v, next);
    return next;
}

fw::Tensor JobGenerator::place(uint32_t heads, uint32_t rows, uint32_t row_bytes, uint64_t& next) {
    fw::Tensor t;
    t.pitch = p_.beats(row_bytes) * p_.bus_bytes + (chance(30) ? p_.bus_bytes * below(4) : 0);
    t.address = next;
    t.head_stride = uint64_t{t.pitch} * rows;
    next += t.head_stride * heads;
    return t;
}

void JobGenerator::copy_backwards(AttentionJob& j) {
    const fw::AttentionJob& job = j.job();
    const auto copy = [&](const fw::Tensor& tensor, uint32_t heads) {
        for (uint32_t head = 0; head < heads; ++head)
            for (uint32_t row = 0; row < job.nq; ++row)
                std::memcpy(&j.image[fw::row_address(tensor, head, 2 * job.nq - 1 - row)],
                            &j.image[fw::row_address(tensor, head, row)], tensor.pitch);
    };
    copy(job.q, job.query_heads);
    copy(job.k, job.kv_heads);
    copy(job.v, job.kv_heads);
}

void JobGenerator::fill(Bytes& image) {
    for (uint64_t at = 0; at + 2 <= image.size(); at += 2) {
        const uint64_t x = random_();
        put(image, at, (x & 0x807f) | (120 + (x >> 32) % 9) << 7);  // 2^-7 to 4
    }
}

void JobGenerator::put(Bytes& image, uint64_t at, uint64_t element) {
    const auto bits = static_cast<uint16_t>(element);
    std::memcpy(&image[at], &bits, 2);
}

void JobGenerator::place_rings(AttentionJob& j) const {
    fw::DriverConfig& driver = j.layout.driver;
    driver.record_address = (j.bytes + 4095) / 4096 * 4096;
    driver.ring_address = driver.record_address + 4096;
    j.layout.record_stride = p_.bus_bytes;
    j.platform.memory.size_bytes = driver.ring_address + j.layout.devices * host::kRingBytes;
}

namespace {

/// Reads a bf16 tensor with padded rows as [heads][rows][columns]; `place` says which row of it
/// each is.
host::ElementReader reader(const Bytes& image, const fw::Tensor& t,
                           const std::function<uint32_t(uint32_t)>& place, uint32_t rows,
                           uint32_t columns) {
    return [&image, t, place, rows, columns](size_t first, size_t count, double* out) {
        for (size_t i = first; i < first + count; ++i) {
            const auto head = static_cast<uint32_t>(i / columns / rows);
            const auto row = static_cast<uint32_t>(i / columns % rows);
            const uint64_t at = fw::row_address(t, head, place(row)) + i % columns * 2;
            uint16_t bits;
            std::memcpy(&bits, &image[at], 2);
            host::bf16_reader (&bits)(0, 1, out++);
        }
    };
}

/// Of all sequences that have a job, or the whole as one.
std::vector<host::SequencePlace> places_of(const host::Layout& layout) {
    std::vector<host::SequencePlace> places;
    for (const host::SequenceJob& sequence : layout.sequences) places.push_back(sequence.place);
    if (places.empty()) places.push_back({0, 0, 0, 0, 0, layout.job.nq, layout.job.nk});
    return places;
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
    r.scale = static_cast<double>(host::float_of(job.factor)) * std::log(2.0);
    const uint32_t m = j.platform.params.m;
    r.visible = [jobs = j.layout.jobs(), places = places_of(j.layout), m](
                    uint32_t head, uint32_t row, std::vector<host::KeyRange>& ranges) {
        const uint32_t heads = jobs.front().query_heads;
        ranges.clear();
        for (size_t s = 0; s < jobs.size(); ++s) {
            const host::SequencePlace& at = places[s];
            if (head - at.query_head >= heads || row - at.first_query >= at.nq) continue;
            for (uint32_t key = 0; key < at.nk; ++key)
                if (allows(jobs[s], m, head - at.query_head, row - at.first_query, key))
                    ranges.push_back({at.first_key + key, at.first_key + key + 1});
        }
        host::join(ranges);
    };
    if (job.sink_logits)
        r.sink_logit = [&j, heads = job.query_heads / j.layout.batch, places = places_of(j.layout)](
                           uint32_t head, uint32_t row) {
            for (const host::SequencePlace& at : places)
                if (head - at.query_head < heads && row - at.first_query < at.nq)
                    return j.sink_logits[head];
            return host::kNoSink;  // padding
        };
    const auto query = [&job](uint32_t i) {
        return job.query_list.given() ? job.query_list.rows[i] : i;
    };
    const auto key = [&job](uint32_t i) { return key_row(job, i); };
    r.q = reader(j.image, job.q, query, job.nq, job.d_k);
    r.k = reader(j.image, job.k, key, job.nk, job.d_k);
    r.v = reader(j.image, job.v, key, job.nk, job.d_v);
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
    const host::BoundParams bound{j.platform.params.m, j.job().bf16_output, j.job().sentinel.form,
                                  host::most_calls(j.layout)};
    compare_with_double(reference_problem(j), bound, o, lse, comparison);
}

void run_job(const AttentionJob& j, Machine& machine, Outcome& out) {
    machine.write_memory(0, j.image);
    host::write_sink_states(
        j.job().sink_state, j.sink_logits,
        [&](uint64_t address, uint64_t bytes) { return machine.memory(address, bytes); });
    machine.run(j.layout, out);
}

}  // namespace

CommandWords layout_words(const host::Layout& layout, const spec::DeviceParams& params) {
    return [layout, params](uint32_t device, uint64_t number,
                            const std::vector<host::CommandRange>& retried) {
        const host::Layout own = layout.of_device(device);
        host::CommandNames names(own, params, retried);
        names.go_to(number);
        return names.description();
    };
}

Case case_of_job(std::string name, const std::shared_ptr<const AttentionJob>& j) {
    Case c;
    c.name = std::move(name);
    c.platform = j->platform;
    c.memory_bytes = j->bytes;
    // The job's mask may point into `j`.
    c.words = [j, words = layout_words(j->layout, j->platform.params)](
                  uint32_t device, uint64_t number,
                  const std::vector<host::CommandRange>& retried) {
        return words(device, number, retried);
    };
    c.body = [j](Machine& machine, Outcome& out) { run_job(*j, machine, out); };
    c.reference = [j](const Outcome& out, Comparison& comparison) {
        compare_with_double(*j, out, comparison);
    };
    return c;
}

}  // namespace tessera::verify
