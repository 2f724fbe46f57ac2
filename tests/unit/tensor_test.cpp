// SPDX-License-Identifier: MIT
// Conversion of file elements to bf16, fp32 and double against arithmetic in double, and the search
// for elements that no device can take.
#include "host/io/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "host/error.h"
#include "spec/float.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using host::Dtype;
using test::Compared;
using test::message_of;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

template <typename T>
host::TensorView view_of(const std::vector<T>& values, Dtype dtype, std::vector<uint64_t> shape) {
    host::TensorView view;
    view.file = "x.st";
    view.name = "q";
    view.dtype = dtype;
    view.shape = std::move(shape);
    view.data = reinterpret_cast<const uint8_t*>(values.data());
    view.elements = values.size();
    return view;
}

/// The value of a bf16, NaN for any NaN.
double value_of(uint16_t half) {
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value = 0;
    std::memcpy(&value, &bits, 4);
    return static_cast<double>(value);
}

/// The nearest bf16 by the text of the contract: ties to even, below 2^-126 a zero of the sign.
double nearest_bf16(double x) {
    if (std::isnan(x) || std::isinf(x) || x == 0) return x;
    if (std::fabs(x) < std::ldexp(1.0, -126)) return std::copysign(0.0, x);
    const double step = std::ldexp(1.0, std::ilogb(x) - 7);
    const double rounded = std::nearbyint(x / step) * step;
    return std::fabs(rounded) >= std::ldexp(1.0, 128) ? std::copysign(kInf, x) : rounded;
}

bool same(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

/// Compares all three conversions of `values`, of which `exact` are the values.
template <typename T>
void compare_conversions(const std::vector<T>& values, Dtype dtype,
                         const std::vector<double>& exact, Compared& compared) {
    const host::TensorView view = view_of(values, dtype, {values.size()});
    std::vector<uint16_t> half(values.size());
    std::vector<float> single(values.size());
    std::vector<double> wide(values.size());
    view.to_bf16(0, values.size(), half.data());
    view.to_float(0, values.size(), single.data());
    view.to_double(0, values.size(), wide.data());
    for (size_t i = 0; i < values.size(); ++i) {
        const auto where = [&] { return "value " + std::to_string(exact[i]); };
        compared.holds(same(value_of(half[i]), nearest_bf16(exact[i])), where);
        compared.holds(half[i] == spec::kNanBf16 || !std::isnan(exact[i]), where);
        compared.holds(
            same(static_cast<double>(single[i]), static_cast<double>(static_cast<float>(exact[i]))),
            where);
        compared.holds(same(wide[i], exact[i]), where);
    }
}

/// Of bits sign, 5 exponent, 10 fraction.
double f16_value(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const double fraction = static_cast<double>(bits & 1023);
    const double magnitude = exponent == 31  ? (fraction == 0 ? kInf : kNan)
                             : exponent == 0 ? std::ldexp(fraction, -24)
                                             : std::ldexp(1024.0 + fraction, exponent - 25);
    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

/// Of bits sign, `exponents` exponent, `fractions` fraction; Inf and NaN are not told apart.
double small_float(uint32_t bits, int exponents, int fractions) {
    const int exponent = static_cast<int>(bits >> fractions & ((1u << exponents) - 1));
    const int bias = (1 << (exponents - 1)) - 1;
    const double fraction = static_cast<double>(bits & ((1u << fractions) - 1));
    const double one = std::ldexp(1.0, fractions);
    const double magnitude = exponent == 0 ? std::ldexp(fraction / one, 1 - bias)
                                           : std::ldexp(1 + fraction / one, exponent - bias);
    return (bits >> (exponents + fractions) & 1) != 0 ? -magnitude : magnitude;
}

/// OCP 8-bit floats: E5M2 is as IEEE would have it, E4M3 has one NaN of each sign and no Inf.
double e5m2_value(uint32_t bits) {
    if ((bits & 0x7c) != 0x7c) return small_float(bits, 5, 2);
    if ((bits & 3) != 0) return kNan;
    return (bits & 0x80) != 0 ? -kInf : kInf;
}
double e4m3_value(uint32_t bits) { return (bits & 0x7f) == 0x7f ? kNan : small_float(bits, 4, 3); }

}  // namespace

TEST_CASE("every 8-bit float converts, exactly", "[io]") {
    Compared compared("conversions of 8-bit values");
    std::vector<uint8_t> bits(256);
    std::vector<double> e4m3(256), e5m2(256);
    for (uint32_t i = 0; i < 256; ++i) {
        bits[i] = static_cast<uint8_t>(i);
        e4m3[i] = e4m3_value(i);
        e5m2[i] = e5m2_value(i);
    }
    compare_conversions(bits, Dtype::kF8E4M3, e4m3, compared);
    compare_conversions(bits, Dtype::kF8E5M2, e5m2, compared);
    // As the formats' own tables have it.
    const std::vector<std::pair<uint32_t, double>> e4m3_table = {
        {0x01, 0x1p-9}, {0x07, 0.875 * 0x1p-6}, {0x08, 0x1p-6}, {0x38, 1}, {0x7e, 448}};
    const std::vector<std::pair<uint32_t, double>> e5m2_table = {
        {0x01, 0x1p-16}, {0x03, 0.75 * 0x1p-14}, {0x04, 0x1p-14}, {0x3c, 1}, {0x7b, 57344}};
    const auto hold = [&](const auto& table, Dtype dtype) {
        for (const auto& [code, value] : table) {
            const std::vector<uint8_t> one = {static_cast<uint8_t>(code)};
            uint16_t half = 0;
            view_of(one, dtype, {1}).to_bf16(0, 1, &half);
            compared.equal(value_of(half), value);
        }
    };
    hold(e4m3_table, Dtype::kF8E4M3);
    hold(e5m2_table, Dtype::kF8E5M2);
    const host::NonFinite of_e4m3 = view_of(bits, Dtype::kF8E4M3, {256}).find_nonfinite();
    const host::NonFinite of_e5m2 = view_of(bits, Dtype::kF8E5M2, {256}).find_nonfinite();
    compared.equal(of_e4m3.nans, uint64_t{2});
    compared.equal(of_e4m3.infs + of_e4m3.overflows, uint64_t{0});
    compared.equal(of_e4m3.first, uint64_t{0x7f});
    compared.equal(of_e5m2.nans, uint64_t{6});
    compared.equal(of_e5m2.infs, uint64_t{2});
    compared.equal(of_e5m2.first, uint64_t{0x7c});
}

TEST_CASE("every f16 and every bf16 converts", "[io]") {
    Compared compared("conversions of 16-bit values");
    std::vector<uint16_t> bits(65536);
    std::vector<double> half_values(65536), bf16_values(65536);
    for (uint32_t i = 0; i < 65536; ++i) {
        bits[i] = static_cast<uint16_t>(i);
        half_values[i] = f16_value(bits[i]);
        bf16_values[i] = value_of(bits[i]);
    }
    compare_conversions(bits, Dtype::kF16, half_values, compared);
    compare_conversions(bits, Dtype::kBf16, bf16_values, compared);
}

TEST_CASE("f32 and f64 convert with one rounding", "[io]") {
    Compared compared("conversions of f32 and f64");
    std::vector<double> wide = {0.0, -0.0, 1.0, kInf, -kInf, kNan, 1e300, -1e300, 1e-300,
                                // by way of f32 this would end on a tie and go down
                                1.0 + std::ldexp(1.0, -8) + std::ldexp(1.0, -40)};
    auto random = test::test_random();
    for (const int exponent : {-1074, -140, -127, -126, -125, -1, 0, 1, 126, 127, 128, 1000}) {
        const double unit = std::ldexp(1.0, exponent);
        for (const double factor : {1.0, 1 + 0x1p-7, 1 + 0x1p-8, 1 + 3 * 0x1p-8, 2 - 0x1p-8,
                                    2 - 0x1p-9, 2 - 0x1p-23, 2 - 0x1p-52, 1 + 0x1p-52})
            wide.push_back(unit * factor);
    }
    for (int i = 0; i < 200'000; ++i) {
        const auto bits = random();
        double value = 0;
        if (i % 2 == 0) {
            std::memcpy(&value, &bits, 8);
        } else {  // near the range of bf16, ties among them
            value = std::ldexp(static_cast<double>(bits >> 54), static_cast<int>(bits & 255) - 135);
        }
        wide.push_back(value);
    }
    std::vector<float> single;
    std::vector<double> single_values;
    for (const double value : wide) {
        single.push_back(static_cast<float>(value));
        single_values.push_back(static_cast<double>(single.back()));
    }
    compare_conversions(wide, Dtype::kF64, wide, compared);
    compare_conversions(single, Dtype::kF32, single_values, compared);
}

TEST_CASE("conversion reads any alignment and any range", "[io]") {
    Compared compared("ranges");
    std::vector<uint8_t> bytes(4 * 16 + 3);
    for (uint32_t shift = 0; shift < 4; ++shift) {
        for (uint32_t i = 0; i < 16; ++i) {
            const float value = 3.0f * static_cast<float>(i);
            std::memcpy(bytes.data() + shift + 4 * i, &value, 4);
        }
        host::TensorView view = view_of(bytes, Dtype::kF32, {16});
        view.data += shift;
        view.elements = 16;
        for (uint64_t first = 0; first <= 16; ++first) {
            std::vector<float> out(17, -1.0f);
            view.to_float(first, 16 - first, out.data());
            for (uint64_t i = 0; i < 16 - first; ++i)
                compared.equal(out[i], 3.0f * static_cast<float>(first + i));
            compared.equal(out[16 - first], -1.0f);
        }
        float out[2] = {};
        CHECK_THROWS_AS(view.to_float(16, 1, out), std::out_of_range);
        CHECK_THROWS_AS(view.to_float(17, 0, out), std::out_of_range);
        CHECK_THROWS_AS(view.to_float(2, UINT64_MAX, out), std::out_of_range);
    }
}

TEST_CASE("elements that no device can take are found and placed", "[io]") {
    Compared compared("findings");
    const auto search = [&](auto values, Dtype dtype, auto nan, auto inf, auto large, auto good) {
        for (size_t at = 0; at < values.size(); ++at) {
            for (int kind = 0; kind < 3; ++kind) {
                auto damaged = values;
                damaged[at] = kind == 0 ? nan : kind == 1 ? inf : large;
                const host::NonFinite found = view_of(damaged, dtype, {2, 3, 2}).find_nonfinite();
                const bool finite_as_bf16 = kind == 2 && large == good;
                compared.equal(found.first, finite_as_bf16 ? UINT64_MAX : uint64_t{at});
                compared.equal(found.nans, uint64_t{kind == 0});
                compared.equal(found.infs, uint64_t{kind == 1});
                compared.equal(found.overflows, uint64_t{kind == 2 && !finite_as_bf16});
            }
        }
        std::fill(values.begin(), values.end(), good);
        compared.equal(view_of(values, dtype, {2, 3, 2}).find_nonfinite().count(), uint64_t{0});
    };
    const std::vector<uint16_t> half(12, 0x3c00);
    const auto u16 = [](int bits) { return static_cast<uint16_t>(bits); };
    search(half, Dtype::kBf16, u16(0xffc1), u16(0xff80), u16(0x7f7f), u16(0x7f7f));
    search(half, Dtype::kF16, u16(0x7c01), u16(0x7c00), u16(0xfbff), u16(0xfbff));
    const float largest = 0x1.fep127f;  // the largest bf16
    search(std::vector<float>(12, -0.0f), Dtype::kF32, std::nanf(""), -HUGE_VALF, 0x1.ffp127f,
           0x1.fefffep127f);
    search(std::vector<double>(12, 1e-310), Dtype::kF64, kNan, kInf, 0x1.ffp127,
           std::nextafter(0x1.ffp127, 0.0));
    compared.equal(view_of(std::vector<float>{largest}, Dtype::kF32, {1}).find_nonfinite().count(),
                   uint64_t{0});

    std::vector<float> values(2 * 3 * 4 * 5, 1.0f);
    values[((1 * 3 + 2) * 4 + 3) * 5 + 4] = std::nanf("");
    const std::map<std::vector<uint64_t>, std::string> places = {
        {{120}, "[119]"},
        {{24, 5}, "token 23, dim 4"},
        {{6, 4, 5}, "head 5, token 3, dim 4"},
        {{2, 3, 4, 5}, "batch 1, head 2, token 3, dim 4"},
        {{1, 2, 3, 4, 5}, "[0, 1, 2, 3, 4]"}};
    for (const auto& [shape, place] : places) {
        const host::TensorView view = view_of(values, Dtype::kF32, shape);
        const std::string message = message_of([&] { view.require_finite(); });
        compared.equal(message,
                       "x.st: tensor q holds 1 NaN, 0 Inf and 0 values too large for "
                       "bf16; the first is nan at " +
                           place +
                           "; allowed: finite values (workload.allow_nonfinite takes them as "
                           "they are)");
    }
}

TEST_CASE("with tokens first, ranges and places are those of tokens all the same", "[io]") {
    Compared compared("elements");
    const uint64_t batch = 2, tokens = 4, heads = 3, dim = 2;
    const std::vector<host::TokenRange> ranges = {{0, 1}, {1, 4}};
    for (uint64_t i = 0; i < batch * tokens * heads * dim; ++i) {
        std::vector<float> values(batch * tokens * heads * dim, 1.0f);
        values[i] = std::nanf("");
        host::TensorView view = view_of(values, Dtype::kF32, {batch, tokens, heads, dim});
        view.order = host::HeadOrder::kTokensFirst;
        const uint64_t d = i % dim, head = i / dim % heads, token = i / dim / heads % tokens;
        const uint64_t sequence = i / dim / heads / tokens;
        const bool real = sequence == 0 ? token < 1 : token >= 1;
        const auto where = [&] { return std::to_string(i); };
        compared.equal(view.find_nonfinite(ranges).nans, uint64_t{real}, where);
        const std::string message = message_of([&] { view.require_finite(ranges); });
        const std::string place = " at batch " + std::to_string(sequence) + ", token " +
                                  std::to_string(token) + ", head " + std::to_string(head) +
                                  ", dim " + std::to_string(d) + ";";
        compared.equal(message.find(place) != std::string::npos, real, where);
    }
}

TEST_CASE("each use of a tensor has its types, and messages list just these", "[io]") {
    Compared compared("types");
    const std::vector<uint8_t> bytes(8);
    for (const char* name : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "I16", "U16", "I32", "U32",
                             "I64", "U64", "BF16", "F16", "F32", "F64"}) {
        const auto dtype = host::dtype_from_name(name);
        REQUIRE(dtype);
        compared.equal(std::string(host::dtype_name(*dtype)), std::string(name));
        host::TensorView view = view_of(bytes, *dtype, {1});
        view.elements = 1;
        uint16_t out = 0;
        const std::string message = message_of([&] { view.to_bf16(0, 1, &out); });
        constexpr const char* kNumbers = "BF16, F16, F32, F64, F8_E4M3, F8_E5M2";
        constexpr const char* kFlags = "BOOL, U8, I8";
        const auto listed = [&](const char* list) {
            return (", " + std::string(list) + ",").find(" " + std::string(name) + ",") !=
                   std::string::npos;
        };
        const std::string refused = "x.st: dtype of tensor q is " + std::string(name);
        compared.equal(message,
                       listed(kNumbers) ? std::string() : refused + "; allowed: " + kNumbers);
        compared.equal(message_of([&] { view.require_use(host::TensorUse::kFlags); }),
                       listed(kFlags) ? std::string() : refused + "; allowed: " + kFlags);
    }
    compared.equal(host::dtype_from_name("f32").has_value(), false);
    compared.equal(host::element_count({}).value(), uint64_t{1});
    compared.equal(host::element_count({uint64_t{1} << 32, uint64_t{1} << 32}).has_value(), false);
    compared.equal(host::shape_text({4, 4096, 64}), std::string("[4, 4096, 64]"));
}
