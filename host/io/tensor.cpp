// SPDX-License-Identifier: MIT
#include "host/io/tensor.h"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "host/error.h"
#include "host/io/element_types.h"

namespace tessera::host {
namespace {

struct DtypeRow {
    Dtype dtype;
    const char* name;
    uint32_t bytes;
    std::optional<TensorUse> use;
};
constexpr auto kNumbers = TensorUse::kNumbers;
constexpr auto kFlags = TensorUse::kFlags;
constexpr DtypeRow kDtypes[] = {
    {Dtype::kBf16, "BF16", 2, kNumbers},
    {Dtype::kF16, "F16", 2, kNumbers},
    {Dtype::kF32, "F32", 4, kNumbers},
    {Dtype::kF64, "F64", 8, kNumbers},
    {Dtype::kF8E4M3, "F8_E4M3", 1, kNumbers},
    {Dtype::kF8E5M2, "F8_E5M2", 1, kNumbers},
    {Dtype::kBool, "BOOL", 1, kFlags},
    {Dtype::kU8, "U8", 1, kFlags},
    {Dtype::kI8, "I8", 1, kFlags},
    {Dtype::kI16, "I16", 2, std::nullopt},
    {Dtype::kU16, "U16", 2, std::nullopt},
    {Dtype::kI32, "I32", 4, std::nullopt},
    {Dtype::kU32, "U32", 4, std::nullopt},
    {Dtype::kI64, "I64", 8, std::nullopt},
    {Dtype::kU64, "U64", 8, std::nullopt},
};

const DtypeRow& row(Dtype dtype) {
    for (const DtypeRow& r : kDtypes) {
        if (r.dtype == dtype) return r;
    }
    throw std::logic_error("dtype without a row");
}

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
        case Dtype::kF8E4M3: return body(F8E4M3{});
        case Dtype::kF8E5M2: return body(F8E5M2{});
        default: view.require_use(TensorUse::kNumbers);
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
        } else if (magnitude == Type::kInf) {
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

bool is_allowed(Dtype dtype, TensorUse use) { return row(dtype).use == use; }

std::string allowed_dtypes(TensorUse use) {
    std::string names;
    for (const DtypeRow& r : kDtypes)
        if (r.use == use) names += (names.empty() ? "" : ", ") + std::string(r.name);
    return names;
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

std::string position_text(const std::vector<uint64_t>& shape, uint64_t index, HeadOrder order) {
    const char* names[] = {"batch ", "head ", "token ", "dim "};
    if (order == HeadOrder::kTokensFirst && shape.size() > 2) std::swap(names[1], names[2]);
    std::vector<uint64_t> position(shape.size());
    for (size_t i = shape.size(); i-- > 0;) {
        position[i] = index % shape[i];
        index /= shape[i];
    }
    if (shape.size() < 2 || shape.size() > 4) return shape_text(position);
    std::string text;
    for (size_t i = 0; i < position.size(); ++i) {
        text += (i ? ", " : "") + std::string(names[4 - position.size() + i]) +
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
    // Tokens follow each other within a head, or with those of all heads within an entry.
    const size_t rank = shape.size();
    const bool together = order == HeadOrder::kTokensFirst && rank > 2;
    const uint64_t token = together ? shape[rank - 2] * shape[rank - 1] : shape[rank - 1];
    const uint64_t run = token * (together ? shape[rank - 3] : shape[rank - 2]);
    const uint64_t entry = elements / ranges.size();
    for (uint64_t first = 0; first < elements; first += run) {
        const TokenRange& range = ranges.at(first / entry);
        look(first + range.begin * token, uint64_t{range.end - range.begin} * token);
    }
    return found;
}

TensorView tensor_in_memory(const std::string& name, const Experiment::Operand& operand) {
    constexpr std::pair<ElementType, Dtype> kTypes[] = {{ElementType::kF32, Dtype::kF32},
                                                        {ElementType::kF64, Dtype::kF64},
                                                        {ElementType::kF16, Dtype::kF16},
                                                        {ElementType::kBf16, Dtype::kBf16}};
    TensorView view;
    view.file = "memory";
    view.name = name;
    for (const auto& [type, dtype] : kTypes)
        if (type == operand.type) view.dtype = dtype;
    view.shape = operand.shape;
    const std::optional<uint64_t> elements = element_count(view.shape);
    if (!elements || *elements > INT64_MAX / sizeof(double))
        throw bad_value(view.file, "shape of tensor " + name, shape_text(view.shape),
                        "what memory holds");
    view.elements = *elements;
    view.data = static_cast<const uint8_t*>(operand.data);
    return view;
}

void TensorView::require_use(TensorUse use) const {
    if (!is_allowed(dtype, use))
        throw bad_value(file, "dtype of tensor " + printable(name), dtype_name(dtype),
                        allowed_dtypes(use));
}

void TensorView::require_finite(const std::vector<TokenRange>& ranges) const {
    const NonFinite found = find_nonfinite(ranges);
    if (found.count() != 0)
        refuse(*this, found, position_text(shape, found.first, order),
               "finite values (`workload.allow_nonfinite` takes them as they are)");
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
