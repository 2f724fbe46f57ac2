// SPDX-License-Identifier: MIT
#include "host/io/tensor.h"

#include <cstring>
#include <stdexcept>

#include "host/error.h"
#include "spec/float.h"

namespace tessera::host {
namespace {

struct DtypeRow {
    Dtype dtype;
    const char* name;
    uint32_t bytes;
};
constexpr DtypeRow kDtypes[] = {
    {Dtype::kBf16, "BF16", 2}, {Dtype::kF16, "F16", 2},        {Dtype::kF32, "F32", 4},
    {Dtype::kF64, "F64", 8},   {Dtype::kBool, "BOOL", 1},      {Dtype::kU8, "U8", 1},
    {Dtype::kI8, "I8", 1},     {Dtype::kF8E5M2, "F8_E5M2", 1}, {Dtype::kF8E4M3, "F8_E4M3", 1},
    {Dtype::kI16, "I16", 2},   {Dtype::kU16, "U16", 2},        {Dtype::kI32, "I32", 4},
    {Dtype::kU32, "U32", 4},   {Dtype::kI64, "I64", 8},        {Dtype::kU64, "U64", 8},
};

const DtypeRow& row(Dtype dtype) {
    for (const DtypeRow& r : kDtypes) {
        if (r.dtype == dtype) return r;
    }
    throw std::logic_error("dtype without a row");
}

// How the bits of one element type are read. kFinite: largest magnitude below Inf; kBf16Finite:
// largest magnitude that does not round up to Inf as bf16.
struct Bf16 {
    using Bits = uint16_t;
    static constexpr Bits kMagnitude = 0x7fff, kFinite = 0x7f7f, kBf16Finite = 0x7f7f;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(wide(x)); }
    static uint32_t wide(Bits x) { return static_cast<uint32_t>(x) << 16; }
};

struct F16 {
    using Bits = uint16_t;
    static constexpr Bits kMagnitude = 0x7fff, kFinite = 0x7bff, kBf16Finite = 0x7bff;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(wide(x)); }
    /// The same value as fp32: exact, every subnormal of f16 is normal there.
    static uint32_t wide(Bits x) {
        const uint32_t sign = static_cast<uint32_t>(x & 0x8000) << 16;
        uint32_t exponent = x >> 10 & 31u;
        uint32_t fraction = x & 0x3ffu;
        if (exponent == 31) return sign | spec::kInf | fraction << 13;
        if (exponent == 0) {
            if (fraction == 0) return sign;
            exponent = 1;
            for (; (fraction & 0x400) == 0; fraction <<= 1) --exponent;  // wraps below 0: meant
        }
        return sign | (exponent + 112) << 23 | (fraction & 0x3ff) << 13;
    }
};

struct F32 {
    using Bits = uint32_t;
    static constexpr Bits kMagnitude = 0x7fffffff, kFinite = 0x7f7fffff, kBf16Finite = 0x7f7f7fff;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(x); }
    static uint32_t wide(Bits x) { return x; }
};

struct F64 {
    using Bits = uint64_t;
    static constexpr Bits kMagnitude = ~uint64_t{0} >> 1, kFinite = 0x7fefffffffffffff,
                          kBf16Finite = 0x47efefffffffffff;
    /// One rounding, not two by way of fp32.
    static uint16_t bf16(Bits x) {
        const auto sign = static_cast<uint16_t>(x >> 48 & 0x8000);
        const uint64_t magnitude = x & kMagnitude;
        if (magnitude > uint64_t{0x7ff} << 52) return spec::kNanBf16;
        if (magnitude > kBf16Finite) return sign | 0x7f80;
        if (magnitude >> 52 < 1023 - 126) return sign;
        const uint64_t rounded = magnitude + (uint64_t{1} << 44) - 1 + (magnitude >> 45 & 1);
        const uint64_t rebased = (rounded >> 45) - (uint64_t{1023 - 127} << 7);
        return static_cast<uint16_t>(sign | rebased);
    }
};

template <typename Type>
typename Type::Bits load(const uint8_t* data, uint64_t index) {
    typename Type::Bits bits;
    std::memcpy(&bits, data + index * sizeof bits, sizeof bits);
    return bits;
}

template <typename To, typename From>
To bit_cast(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

template <typename Type>
float value(typename Type::Bits bits, float /*tag*/) {
    if constexpr (sizeof bits == 8) {
        return static_cast<float>(bit_cast<double>(bits));
    } else {
        return bit_cast<float>(Type::wide(bits));
    }
}

template <typename Type>
double value(typename Type::Bits bits, double /*tag*/) {
    if constexpr (sizeof bits == 8) {
        return bit_cast<double>(bits);
    } else {
        return static_cast<double>(bit_cast<float>(Type::wide(bits)));
    }
}

/// Calls `body` with a value of the trait of view's type.
template <typename Body>
void dispatch(const TensorView& view, Body&& body) {
    switch (view.dtype) {
        case Dtype::kBf16: return body(Bf16{});
        case Dtype::kF16: return body(F16{});
        case Dtype::kF32: return body(F32{});
        case Dtype::kF64: return body(F64{});
        default:
            throw bad_value(view.file, "dtype of tensor " + printable(view.name),
                            dtype_name(view.dtype), "BF16, F16, F32, F64");
    }
}

void check_range(const TensorView& view, uint64_t first, uint64_t count) {
    if (first > view.elements || count > view.elements - first)
        throw std::out_of_range(view.file + ": range outside tensor " + view.name);
}

template <typename Type>
void scan(const TensorView& view, uint64_t first, uint64_t count, NonFinite& found) {
    for (uint64_t i = first; i < first + count; ++i) {
        const auto magnitude = load<Type>(view.data, i) & Type::kMagnitude;
        if (magnitude <= Type::kBf16Finite) continue;
        if (found.count() == 0) found.first = i;
        if (magnitude <= Type::kFinite) {
            ++found.overflows;
        } else if (magnitude == Type::kFinite + 1) {
            ++found.infs;
        } else {
            ++found.nans;
        }
    }
}

[[noreturn]] void refuse(const TensorView& view, const NonFinite& found,
                         const std::string& position, const char* allowed) {
    double first = 0;
    view.to_double(found.first, 1, &first);
    throw UserError(view.file + ": tensor " + printable(view.name) + " holds " +
                    std::to_string(found.nans) + " NaN, " + std::to_string(found.infs) +
                    " Inf and " + std::to_string(found.overflows) +
                    " values too large for bf16; the first is " + std::to_string(first) + " at " +
                    position + "; allowed: " + allowed);
}

}  // namespace

const char* dtype_name(Dtype dtype) { return row(dtype).name; }
uint32_t dtype_bytes(Dtype dtype) { return row(dtype).bytes; }

std::optional<Dtype> dtype_from_name(std::string_view name) {
    for (const DtypeRow& r : kDtypes) {
        if (name == r.name) return r.dtype;
    }
    return std::nullopt;
}

std::string dtype_names() {
    std::string names;
    for (const DtypeRow& r : kDtypes) names += (names.empty() ? "" : ", ") + std::string(r.name);
    return names;
}

bool is_convertible(Dtype dtype) {
    return dtype == Dtype::kBf16 || dtype == Dtype::kF16 || dtype == Dtype::kF32 ||
           dtype == Dtype::kF64;
}

std::string shape_text(const std::vector<uint64_t>& shape) {
    std::string text = "[";
    for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

std::optional<uint64_t> element_count(const std::vector<uint64_t>& shape) {
    uint64_t product = 1;
    for (const uint64_t dimension : shape) {
        if (__builtin_mul_overflow(product, dimension, &product)) return std::nullopt;
    }
    return product;
}

std::string position_text(const std::vector<uint64_t>& shape, uint64_t index) {
    constexpr const char* kNames[] = {"batch ", "head ", "token ", "dim "};
    std::vector<uint64_t> position(shape.size());
    for (size_t i = shape.size(); i-- > 0;) {
        position[i] = index % shape[i];
        index /= shape[i];
    }
    if (shape.size() < 2 || shape.size() > 4) return shape_text(position);
    std::string text;
    for (size_t i = 0; i < position.size(); ++i) {
        text += (i ? ", " : "") + std::string(kNames[4 - position.size() + i]) +
                std::to_string(position[i]);
    }
    return text;
}

void TensorView::to_bf16(uint64_t first, uint64_t count, uint16_t* out) const {
    check_range(*this, first, count);
    dispatch(*this, [&](auto type) {
        using Type = decltype(type);
        for (uint64_t i = 0; i < count; ++i) out[i] = Type::bf16(load<Type>(data, first + i));
    });
}

void TensorView::to_float(uint64_t first, uint64_t count, float* out) const {
    check_range(*this, first, count);
    dispatch(*this, [&](auto type) {
        using Type = decltype(type);
        for (uint64_t i = 0; i < count; ++i)
            out[i] = value<Type>(load<Type>(data, first + i), 0.0f);
    });
}

void TensorView::to_double(uint64_t first, uint64_t count, double* out) const {
    check_range(*this, first, count);
    dispatch(*this, [&](auto type) {
        using Type = decltype(type);
        for (uint64_t i = 0; i < count; ++i) out[i] = value<Type>(load<Type>(data, first + i), 0.0);
    });
}

NonFinite TensorView::find_nonfinite(const std::vector<TokenRange>& ranges) const {
    NonFinite found;
    const auto look = [&](uint64_t first, uint64_t count) {
        dispatch(*this, [&](auto type) { scan<decltype(type)>(*this, first, count, found); });
    };
    if (ranges.empty()) {
        look(0, elements);
        return found;
    }
    const uint64_t dim = shape[shape.size() - 1], head = shape[shape.size() - 2] * dim;
    const uint64_t entry = elements / ranges.size();
    for (uint64_t first = 0; first < elements; first += head) {
        const TokenRange& range = ranges.at(first / entry);
        look(first + range.begin * dim, (range.end - range.begin) * dim);
    }
    return found;
}

void TensorView::require_finite(const std::vector<TokenRange>& ranges) const {
    const NonFinite found = find_nonfinite(ranges);
    if (found.count() != 0)
        refuse(*this, found, position_text(shape, found.first),
               "finite values (--allow-nonfinite takes them as they are)");
}

void TensorView::require_finite_matrix() const {
    const NonFinite found = find_nonfinite();
    if (found.count() != 0)
        refuse(*this, found,
               "row " + std::to_string(found.first / shape.back()) + ", column " +
                   std::to_string(found.first % shape.back()),
               "finite values");
}

}  // namespace tessera::host
