// SPDX-License-Identifier: MIT
// Inputs of every source, their place in device memory, and the way back out.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "firmware/merge/partial.h"
#include "firmware/runner/job_check.h"
#include "host/error.h"
#include "host/io/safetensors.h"
#include "host/operation/layout.h"
#include "spec/state.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

hw::PlatformConfig platform(uint32_t m, uint32_t d, uint32_t lanes, uint32_t bus) {
    hw::PlatformConfig config;
    config.params = {m, d, lanes, 4, bus, spec::Profile::kStateful};
    return config;
}

/// Device memory that remembers nothing but its bytes.
struct Memory {
    std::vector<uint8_t> bytes;
    explicit Memory(const Layout& layout) : bytes(layout.end, 0xee) {}
    MemoryAccess access() {
        return [this](uint64_t address, uint64_t count) {
            REQUIRE(address + count <= bytes.size());
            return bytes.data() + address;
        };
    }
};

Problem problem_of_shape(uint32_t heads, uint32_t kv_heads, uint32_t nq, uint32_t nk, uint32_t d_k,
                         uint32_t d_v) {
    Problem p;
    p.query_heads = heads;
    p.kv_heads = kv_heads;
    p.nq = nq;
    p.nk = nk;
    p.d_k = d_k;
    p.d_v = d_v;
    p.scale = default_scale(d_k);
    return p;
}

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const UserError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("regions are aligned, disjoint, and legal for firmware") {
    auto random = test::test_random();
    Compared regions("regions"), jobs("jobs");
    for (int n = 0; n < 300; ++n) {
        const uint32_t kv_heads = between(random, 1, 3);
        Problem p = problem_of_shape(kv_heads * between(random, 1, 3), kv_heads,
                                     between(random, 1, 90), between(random, 1, 90),
                                     between(random, 1, 64), between(random, 1, 64));
        p.schedule = between(random, 0, 1) == 0 ? fw::ScheduleId::kQueryResident
                                                : fw::ScheduleId::kKeyValueResident;
        p.mask.causal = between(random, 0, 1) == 1;
        p.want_lse = between(random, 0, 1) == 1;
        p.bf16_output = between(random, 0, 1) == 1;
        hw::PlatformConfig config = platform(16, 64, 2, 16u << between(random, 0, 3));
        if (between(random, 0, 1) == 1) config.params.profile = spec::Profile::kStats;
        if (p.schedule == fw::ScheduleId::kQueryResident) config.devices = between(random, 1, 4);
        const Layout layout = make_layout(p, config);
        uint64_t end = 1;  // address 0 is nobody's
        for (const Region& region : layout.regions) {
            regions.holds(region.address % 4096 == 0 && region.address >= end && region.bytes > 0,
                          [&] { return region.name; });
            end = region.address + region.bytes;
        }
        jobs.holds(
            end == layout.end && fw::check_job(layout.job, config.params) == fw::JobRule::kNone,
            [&] { return std::to_string(n); });
        // A device's own working rows and slots end where the next one's begin.
        for (const char* name : {"state", "partial"})
            for (const Region& region : layout.regions) {
                if (region.name != name || p.schedule != fw::ScheduleId::kQueryResident) continue;
                const auto part = [&](uint32_t device) {
                    const fw::AttentionJob job = layout.of_device(device).job;
                    return region.name == "state" ? job.state.address : job.partial.address;
                };
                const uint64_t slots = region.name == "state" ? 1 : fw::kPartialSlots;
                const fw::Tensor& t =
                    region.name == "state" ? layout.job.state : layout.job.partial;
                const uint64_t size = slots * config.params.m * t.pitch;
                jobs.equal(region.bytes, size * config.devices);
                for (uint32_t i = 0; i < config.devices; ++i)
                    jobs.equal(part(i), region.address + i * size);
            }
    }
}

TEST_CASE("what does not fit is refused with the numbers") {
    Compared messages("messages");
    const auto says = [&](const std::string& message, const char* part) {
        messages.holds(message.find(part) != std::string::npos, [&] { return message; });
    };
    hw::PlatformConfig config = platform(16, 64, 2, 32);
    config.memory.size_bytes = 1 << 20;
    const std::string memory =
        message_of([&] { make_layout(problem_of_shape(4, 4, 4096, 4096, 64, 64), config); });
    says(memory, "not enough memory");
    says(memory, "1048576");
    says(message_of([&] { check_problem(problem_of_shape(1, 1, 8, 8, 65, 8), config, "dev"); }),
         "d_k is 65; device dev allows at most D = 64");
    says(message_of([&] { check_problem(problem_of_shape(1, 1, 8, 8, 8, 65), config, "dev"); }),
         "d_v is 65");
    says(message_of([&] { check_problem(problem_of_shape(3, 2, 8, 8, 8, 8), config, "dev"); }),
         "multiple");
}

TEST_CASE("which sentinel a black box gets") {
    Compared choices("choices and messages");
    using Form = fw::SentinelForm;
    spec::DeviceParams params = platform(16, 64, 2, 32).params;
    const auto choose = [&](uint32_t nk, uint32_t d_k, uint32_t d_v, const SentinelWish& wish) {
        return choose_sentinel(problem_of_shape(1, 1, 64, nk, d_k, d_v), wish, params);
    };
    const auto message = [&](uint32_t d_v, const SentinelWish& wish) {
        return message_of([&] { choose(64, 64, d_v, wish); });
    };
    const auto says = [&](const std::string& text, const char* part) {
        choices.holds(text.find(part) != std::string::npos, [&] { return text; });
    };
    choices.holds(!choose(64, 8, 8, {}).given(), [] { return "stateful needs none"; });
    says(message(8, {Form::kColumns, {}}), "only with a device of profile blackbox");
    params.profile = spec::Profile::kBlackbox;
    choices.holds(!choose(16, 8, 8, {}).given(), [] { return "one key tile needs none"; });
    choices.holds(choose(16, 8, 8, {Form::kSplit, {}}).form == Form::kSplit,
                  [] { return "but gets what is asked for"; });
    choices.holds(choose(17, 64, 62, {}).form == Form::kColumns, [] { return "columns fit"; });
    choices.holds(choose(17, 64, 63, {}).form == Form::kSplit, [] { return "columns do not"; });
    choices.holds(!choose(17, 64, 64, {}).query_column, [] { return "no column of the query"; });
    choices.holds(choose(17, 63, 64, {}).query_column, [] { return "column of the query"; });
    choices.equal(choose(17, 8, 8, {}).offset, -20);
    choices.equal(choose(17, 8, 8, {Form::kTwoCalls, {}}).offset, 25);
    choices.equal(choose(17, 8, 8, {{}, 7}).offset, 7);
    says(message(63, {Form::kColumns, {}}), "d_v + 2 = 65 value columns are more than D = 64");
    says(message(8, {{}, 7}), "only with d_k + 1 = 65 at most D = 64");
    params.m = 1;
    says(message(8, {}), "no room for a sentinel");
    params.m = 16;
    params.d = 1;
    says(message_of([&] { choose(64, 1, 1, {}); }), "2 indicator columns are more than D = 1");
    Problem flags = problem_of_shape(1, 1, 64, 64, 8, 8);
    flags.mask.tiles = {"flags.npy", 1, 4, 4, std::vector<uint8_t>(16, 1)};
    says(message_of([&] { choose_sentinel(flags, {}, params); }), "workload.mask.tile_flags");
}

TEST_CASE("operands arrive in padded rows, and padding is zero") {
    Compared elements("elements and padding");
    Problem p;
    RandomShape shape{4, 19, 10, 2, 33, 7};
    const Inputs inputs = random_inputs(shape, 3, false, p);
    p.scale = 1;
    const Layout layout = make_layout(p, platform(16, 64, 2, 32));
    Memory memory(layout);
    write_operands(inputs, layout, memory.access());
    const auto compare = [&](const Operand& operand, const fw::Tensor& t, uint32_t heads,
                             uint32_t rows, uint32_t columns) {
        for (uint32_t row = 0; row < heads * rows; ++row)
            for (uint32_t c = 0; 2 * c < t.pitch; ++c) {
                uint16_t expected = 0, found;
                if (c < columns) operand.bf16(uint64_t{row} * columns + c, 1, &expected);
                const uint64_t at = t.address + row / rows * t.head_stride + row % rows * t.pitch;
                std::memcpy(&found, memory.bytes.data() + at + 2 * c, sizeof found);
                elements.equal(found, expected);
            }
    };
    compare(inputs.q, layout.job.q, 4, 19, 10);
    compare(inputs.k, layout.job.k, 2, 33, 10);
    compare(inputs.v, layout.job.v, 2, 33, 7);
}

TEST_CASE("outputs are read from where firmware stores them") {
    Compared elements("elements");
    for (const bool bf16 : {false, true}) {
        Problem p = problem_of_shape(2, 2, 5, 5, 4, 3);
        p.bf16_output = bf16;
        p.want_lse = true;
        const Layout layout = make_layout(p, platform(16, 64, 2, 16));
        Memory memory(layout);
        const auto put = [&](const fw::Tensor& t, uint32_t head, uint32_t row, uint32_t byte,
                             const void* data, size_t size) {
            std::memcpy(
                memory.bytes.data() + t.address + head * t.head_stride + row * t.pitch + byte, data,
                size);
        };
        for (uint32_t head = 0; head < 2; ++head)
            for (uint32_t row = 0; row < 5; ++row) {
                for (uint32_t c = 0; c < 3; ++c) {
                    const float x = static_cast<float>(head * 64 + row * 8 + c);  // exact in bf16
                    uint32_t bits;
                    std::memcpy(&bits, &x, sizeof bits);
                    const uint16_t half = static_cast<uint16_t>(bits >> 16);
                    if (bf16)
                        put(layout.job.o, head, row, 2 * c, &half, sizeof half);
                    else
                        put(layout.job.o, head, row, 4 * c, &x, sizeof x);
                }
                const float l = 1.5f;
                uint32_t words[2];
                std::memcpy(&words[0], &l, sizeof l);
                const int16_t m = row == 4 ? spec::kEmpty : static_cast<int16_t>(row) - 2;
                words[1] = spec::state_word({m, 3, 0});
                put(layout.job.lse, head, row, 0, words, sizeof words);
            }
        const std::vector<float> o = read_output(layout, memory.access());
        const std::vector<double> lse = read_lse(layout, memory.access(), 16);
        for (uint32_t i = 0; i < 30; ++i) {
            const uint32_t head = i / 15, row = i / 3 % 5, column = i % 3;
            elements.equal(o[i], static_cast<float>(head * 64 + row * 8 + column));
        }
        for (uint32_t i = 0; i < 10; ++i) {
            const double m = static_cast<double>(i % 5) - 2;
            const double expected = i % 5 == 4 ? -std::numeric_limits<double>::infinity()
                                               : (m + std::log2(1.5)) * std::log(2.0);
            elements.holds(lse[i] == expected || std::fabs(lse[i] - expected) < 1e-12,
                           [&] { return std::to_string(i); });
        }
    }
}

TEST_CASE("random inputs are standard normal, and the same for the same seed") {
    Problem p;
    const RandomShape shape{2, 5000, 8, 0, 0, 0};
    const Inputs a = random_inputs(shape, 7, false, p), b = random_inputs(shape, 7, false, p);
    const Inputs other = random_inputs(shape, 8, false, p);
    std::vector<uint16_t> x(80000), y(80000), z(80000);
    a.q.bf16(0, x.size(), x.data());
    b.q.bf16(0, y.size(), y.data());
    other.q.bf16(0, z.size(), z.data());
    CHECK(x != z);
    Compared values("values");
    double sum = 0, squares = 0, fourths = 0;
    std::vector<double> wide(x.size());
    bf16_reader(x.data())(0, x.size(), wide.data());
    for (size_t i = 0; i < x.size(); ++i) {
        values.equal(x[i], y[i]);
        sum += wide[i];
        squares += wide[i] * wide[i];
        fourths += std::pow(wide[i], 4);
    }
    const double n = static_cast<double>(x.size());  // five standard errors of each moment
    CHECK(std::fabs(sum / n) < 5 / std::sqrt(n));
    CHECK(std::fabs(squares / n - 1) < 5 * std::sqrt(2 / n));
    CHECK(std::fabs(fourths / n - 3) < 5 * std::sqrt(96 / n));
}

TEST_CASE("shapes of files: what is accepted, what is refused and why") {
    const auto folder = std::filesystem::temp_directory_path() / "tessera_workload_test";
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "x.safetensors").string();
    using Shape = std::vector<uint64_t>;
    Compared cases("cases");
    const auto open = [&](const Shape& q, const Shape& k, const Shape& v, Problem& p) {
        {
            SafetensorsWriter writer(
                path, {{"q", Dtype::kF32, q}, {"k", Dtype::kF32, k}, {"v", Dtype::kF32, v}}, {});
            for (const auto& [name, shape] : {std::pair{"q", q}, {"k", k}, {"v", v}}) {
                const std::vector<float> ones(*element_count(shape), 1.0f);
                writer.write(name, 0, ones.data(), ones.size());
            }
            writer.commit();
        }
        return open_inputs({path, "", "", ""}, false, false, p);
    };
    const auto good = [&](const Shape& q, const Shape& k, const Shape& v, const Problem& expected) {
        Problem p;
        const Inputs inputs = open(q, k, v, p);
        cases.holds(p.query_heads == expected.query_heads && p.kv_heads == expected.kv_heads &&
                        p.nq == expected.nq && p.nk == expected.nk && p.d_k == expected.d_k &&
                        p.d_v == expected.d_v && inputs.converted(),
                    [&] { return shape_text(q); });
    };
    good({5, 4}, {6, 4}, {6, 3}, problem_of_shape(1, 1, 5, 6, 4, 3));
    good({4, 5, 4}, {2, 6, 4}, {2, 6, 3}, problem_of_shape(4, 2, 5, 6, 4, 3));
    good({2, 4, 5, 4}, {2, 2, 6, 4}, {2, 2, 6, 3}, problem_of_shape(8, 4, 5, 6, 4, 3));
    const auto bad = [&](const Shape& q, const Shape& k, const Shape& v, const char* a,
                         const char* b) {
        const std::string message = message_of([&] {
            Problem p;
            open(q, k, v, p);
        });
        cases.holds(message.find(a) != std::string::npos && message.find(b) != std::string::npos,
                    [&] { return message; });
    };
    bad({5, 4}, {6, 5}, {6, 3}, "[5, 4]", "[6, 5]");
    bad({5, 4}, {6, 4}, {7, 3}, "[6, 4]", "[7, 3]");
    bad({3, 5, 4}, {2, 6, 4}, {2, 6, 3}, "[3, 5, 4]", "multiple");
    bad({2, 5, 4}, {2, 6, 4}, {1, 6, 3}, "[2, 6, 4]", "[1, 6, 3]");
    bad({5, 4}, {1, 5, 4}, {1, 5, 4}, "[5, 4]", "[1, 5, 4]");
    bad({2, 2, 5, 4}, {1, 2, 5, 4}, {1, 2, 5, 4}, "[2, 2, 5, 4]", "[1, 2, 5, 4]");
    bad({4}, {4}, {4}, "[4]", "[heads, tokens, dim]");
    bad({0, 4}, {5, 4}, {5, 4}, "[0, 4]", "at least 1");
    std::filesystem::remove_all(folder);
}

TEST_CASE("positions align the diagonal at the end or at the start") {
    Compared values("values");
    Problem p = problem_of_shape(1, 1, 3, 10, 4, 4);
    values.equal(p.diagonal(), 0);  // dense
    p.mask.causal = true;
    values.equal(p.diagonal(), 7);
    p.nq = 10;
    p.nk = 3;
    values.equal(p.diagonal(), -7);
    p.mask.align = Align::kStart;
    values.equal(p.diagonal(), 0);
    p.scale = 1;
    values.equal(p.factor(), 0x3fb8aa3bu);  // log2(e) in fp32
}
