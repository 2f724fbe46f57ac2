// SPDX-License-Identifier: MIT
// The state of a sink against exp() in long double, what is refused, what files say, and the
// reference's rows with a sink against a sum in long double.
#include "host/problem/sink_logits.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "host/float_bits.h"
#include "host/operation/sink_states.h"
#include "host/problem/inputs.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/tensor_file.h"
#include "tests/unit/files.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::message_of;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Just inside what a device holds: 32,767 / log2(e).
constexpr double kMaxLogit = 22712.35;

/// Relative error of the state's weight. exp(logit) itself leaves the range of any float.
long double weight_error(double logit, const spec::RowState& state) {
    const long double l = static_cast<long double>(float_of(state.l));
    const long double power = static_cast<long double>(logit) * 1.442695040888963407359924681L;
    return std::fabs(l / std::exp2(power - static_cast<long double>(state.m)) - 1);
}

double uniform(std::mt19937_64& random) {
    return static_cast<double>(random() >> 11) * 0x1p-52 - 1;
}

/// `logits` as tensor `name` beside q of so many heads, k and v, and tensors of these names.
std::string write_file(const test::Scratch& folder, const std::vector<float>& logits,
                       const std::vector<uint64_t>& shape, uint64_t heads,
                       const std::vector<std::string>& others = {}) {
    const std::string path = folder / "x.safetensors";
    std::vector<TensorSpec> specs = {test::f32("q", {heads, 3, 4}), test::f32("k", {heads, 3, 4}),
                                     test::f32("v", {heads, 3, 4}), test::f32("s", shape)};
    for (const std::string& name : others) specs.push_back(test::f32(name.c_str(), {1}));
    SafetensorsWriter writer(path, specs, {});
    for (const TensorSpec& spec : specs) {
        const std::vector<float> ones(*element_count(spec.shape), 1.0f);
        writer.write(spec.name, 0, spec.name == "s" ? logits.data() : ones.data(), ones.size());
    }
    writer.commit();
    return path;
}

InputFiles files_of(const std::string& path, const std::string& logits,
                    const std::string& tile_mask) {
    InputFiles files;
    files.safetensors = path;
    files.sink_logits = logits;
    files.tile_mask = tile_mask;
    return files;
}

Inputs open(const std::string& path, const std::string& logits, Problem& p) {
    p.sink_logits = !logits.empty();
    return open_inputs(files_of(path, logits, ""), false, false, p);
}

}  // namespace

TEST_CASE("the state of a sink is exp(logit), to the rounding of fp32") {
    auto random = test::test_random();
    Compared states("states of sinks");
    std::vector<double> logits = {
        0,         -0.0,       1,    -1,    1e-30, -1e-30, std::log(2.0), -std::log(2.0),
        kMaxLogit, -kMaxLogit, 88.7, -88.7, 710,   -745};
    for (int n = 0; n < 20000; ++n)
        logits.push_back(uniform(random) * (n % 2 == 0 ? 20 : kMaxLogit));
    for (const double logit : logits) {
        check_sink_logit("test", 0, logit);
        const spec::RowState state = sink_state(logit);
        const float l = float_of(state.l);
        states.holds(l >= 0.5f && l <= 1 && state.flags == 0 && state.m != spec::kEmpty &&
                         weight_error(logit, state) <= 0x1p-24L + 0x1p-36L,
                     [&] { return std::to_string(logit) + ": l " + std::to_string(l); });
    }
    const spec::RowState none = sink_state(-kInfinity);
    states.equal(none.m, spec::kEmpty);
    states.equal(none.l, 0u);
}

TEST_CASE("logits that no device holds are refused, with head and value") {
    Compared messages("messages");
    for (const double logit : {kInfinity, std::nan(""), 22713.0, -22713.0, 1e300, -1e300}) {
        const std::string text = message_of([&] { check_sink_logit("f: tensor s", 7, logit); });
        messages.holds(text.find("f: tensor s: the logit of head 7 is") == 0 &&
                           text.find("-22712.3 to 22712.3") != std::string::npos,
                       [&] { return text; });
    }
    for (const double logit : {-kInfinity, 22712.3, -22712.3, kMaxLogit})
        messages.equal(message_of([&] { check_sink_logit("f", 0, logit); }), "");
}

TEST_CASE("logits of a file: one for each head of q, for all sequences of a batch") {
    const test::Scratch folder;
    Compared cases("cases");
    Problem p;
    const Inputs good = open(write_file(folder, {0.25f, -3}, {2}, 2), "s", p);
    cases.equal(good.sink_logits, std::vector<double>{0.25, -3});
    cases.equal(good.notes.size(), 0u);
    cases.equal(open(write_file(folder, {0, 1}, {2}, 2), "", p).sink_logits.size(), 0u);
    const auto refused = [&](const std::vector<float>& logits, const std::vector<uint64_t>& shape,
                             const char* name, const char* part) {
        const std::string text =
            message_of([&] { open(write_file(folder, logits, shape, 2), name, p); });
        cases.holds(text.find(part) != std::string::npos, [&] { return text; });
    };
    refused({0, 1, 2}, {3}, "s", "tensor s has shape [3]; allowed for workload.sink_logits: [2]");
    refused({0, 1}, {1, 2}, "s", "has shape [1, 2]");
    refused({0, NAN}, {2}, "s", "the logit of head 1 is nan");
    refused({INFINITY, 0}, {2}, "s", "the logit of head 0 is inf");
    refused({0, 1}, {2}, "t", "t");
    // With shapes alone nobody looks at an element, but the shape has to be right.
    const auto shapes = [&](const std::vector<float>& logits, const std::vector<uint64_t>& of) {
        return open_inputs(files_of(write_file(folder, logits, of, 2), "s", ""), false, true, p);
    };
    cases.equal(shapes({0, NAN}, {2}).sink_logits.size(), 0u);
    cases.holds(message_of([&] {
                    shapes({0, 1, 2}, {3});
                }).find("has shape [3]") != std::string::npos,
                [] { return "shapes alone"; });
    RandomShape shape;
    shape.heads = 2;
    shape.tokens = shape.dim = 3;
    shape.batch = 2;
    p.sink_logits = true;
    const Inputs batch = random_inputs(shape, 5, false, p);
    REQUIRE(batch.sink_logits.size() == 4);
    for (size_t i = 0; i < 2; ++i) cases.equal(batch.sink_logits[i], batch.sink_logits[2 + i]);
    p.sink_logits = false;
    const Inputs plain = random_inputs(shape, 5, false, p);
    std::vector<uint16_t> with(36), without(36);
    batch.v.bf16(0, 36, with.data());
    plain.v.bf16(0, 36, without.data());
    cases.equal(with, without);  // drawn behind the others
}

TEST_CASE("tensors that sound as if they counted are named, others are not") {
    const test::Scratch folder;
    Compared notes("notes");
    Problem p;
    const auto note = [&](const std::vector<std::string>& names, const std::string& logits) {
        const std::vector<std::string> all =
            open(write_file(folder, {0, 1}, {2}, 2, names), logits, p).notes;
        REQUIRE(all.size() <= 1);
        return all.empty() ? std::string() : all.front();
    };
    notes.equal(note({"o", "lse", "weights"}, "s"), "");
    for (const std::string name : {"attn.Sinks", "MASK", "alibi_slopes", "k_scale", "rel_bias"})
        notes.holds(note({name, "o"}, "s").find("these tensors are ignored: " + name + "; ") !=
                        std::string::npos,
                    [&] { return name; });
    notes.holds(note({"a_mask", "b_mask"}, "").find("a_mask, b_mask; ") != std::string::npos,
                [] { return "two"; });
    std::vector<std::string> many;
    many.reserve(11);
    for (int i = 0; i < 11; ++i) many.push_back("mask" + std::to_string(10 + i));
    notes.holds(note(many, "").find("mask17 and 3 more; ") != std::string::npos,
                [] { return "many"; });
    const std::string path = write_file(folder, {0, 1}, {2}, 2, {"mask"});
    notes.equal(open_inputs(files_of(path, "", path), false, false, p).notes.size(), 0u);
    notes.equal(open_inputs(files_of(path, "", "y"), false, false, p).notes.size(), 1u);
}

TEST_CASE("the reference has a sink's weight in the denominator and nowhere else") {
    auto random = test::test_random();
    Compared values("elements and log-sum-exps");
    for (int n = 0; n < 200; ++n) {
        const auto below = [&](uint32_t most) { return static_cast<uint32_t>(random() % most); };
        ReferenceProblem p;
        p.query_heads = 2;
        p.kv_heads = 1;
        p.nq = 1 + below(6);
        p.nk = 1 + below(9);
        p.d_k = p.d_v = 2;
        p.scale = 1;
        std::vector<float> q(2 * 2 * p.nq), k(2 * p.nk), v(2 * p.nk);
        for (auto* all : {&q, &k, &v})
            for (float& x : *all) x = static_cast<float>(uniform(random) * 4);
        p.q = fp32_reader(q.data());
        p.k = fp32_reader(k.data());
        p.v = fp32_reader(v.data());
        const double logits[] = {uniform(random) * 20, n % 3 == 0 ? -kInfinity : 2.5};
        p.sink_logit = [&](uint32_t head, uint32_t) { return logits[head]; };
        p.visible = [](uint32_t, uint32_t row, std::vector<KeyRange>& ranges) {
            if (row % 3 == 0)
                ranges.clear();
            else
                ranges.front().end = std::min(ranges.front().end, row);
        };
        const ReferenceResult r = reference_attention(p, {true, 1, {}});
        for (uint32_t row = 0; row < 2 * p.nq; ++row) {
            const uint32_t at = row % p.nq, keys = at % 3 == 0 ? 0 : std::min(p.nk, at);
            long double sum = std::exp(static_cast<long double>(logits[row / p.nq])), o[2] = {0, 0};
            for (uint32_t j = 0; j < keys; ++j) {
                const long double score = static_cast<long double>(q[2 * row]) * k[2 * j] +
                                          static_cast<long double>(q[2 * row + 1]) * k[2 * j + 1];
                sum += std::exp(score);
                for (uint32_t c = 0; c < 2; ++c) o[c] += std::exp(score) * v[2 * j + c];
            }
            const auto lse = static_cast<double>(std::log(sum));
            values.holds(r.lse[row] == lse || std::fabs(r.lse[row] - lse) < 1e-12,
                         [&] { return "lse " + std::to_string(r.lse[row]); });
            for (uint32_t c = 0; c < 2; ++c) {
                const auto exact = keys == 0 ? 0 : static_cast<double>(o[c] / sum);
                values.holds(std::fabs(r.o[2 * row + c] - exact) < 1e-12,
                             [&] { return std::to_string(exact); });
            }
        }
    }
}

TEST_CASE("all rows of a head begin alike, with zeros behind the state") {
    Compared words("words");
    const std::vector<double> logits = {0.5, -kInfinity, -1000};
    const fw::Tensor t{32, 3 * 48, 48};
    std::vector<uint8_t> memory(32 + 3 * t.head_stride, 0xee);
    write_sink_states(t, logits, [&](uint64_t at, uint64_t) { return memory.data() + at; });
    for (size_t head = 0; head < logits.size(); ++head)
        for (uint32_t row = 0; row < 3; ++row)
            for (uint32_t word = 0; word < 12; ++word) {
                const spec::RowState state = sink_state(logits[head]);
                uint32_t value = 0;
                std::memcpy(
                    &value,
                    &memory[fw::row_address(t, static_cast<uint32_t>(head), row) + 4 * word], 4);
                words.equal(value, word == 0 ? state.l : word == 1 ? spec::state_word(state) : 0u);
            }
    words.equal(memory[31], 0xee);
}
