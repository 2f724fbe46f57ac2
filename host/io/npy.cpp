// SPDX-License-Identifier: MIT
#include "host/io/npy.h"

#include <cstring>
#include <optional>
#include <string_view>

#include "host/error.h"

namespace tessera::host {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr const char* kDescrs =
    "'<f4', '<f2', '<f8', '|V2' or '<V2' (bfloat16), '|b1', '|u1', '|i1'";
constexpr const char* kKeys = "descr, fortran_order and shape, each once";

std::optional<Dtype> dtype_from_descr(std::string_view descr) {
    if (descr == "<f4") return Dtype::kF32;
    if (descr == "<f2") return Dtype::kF16;
    if (descr == "<f8") return Dtype::kF64;
    if (descr == "|V2" || descr == "<V2") return Dtype::kBf16;
    if (descr == "|b1") return Dtype::kBool;
    if (descr == "|u1") return Dtype::kU8;
    if (descr == "|i1") return Dtype::kI8;
    return std::nullopt;
}

/// Reads the header: a Python dict of three keys, literals only.
class HeaderParser {
  public:
    HeaderParser(const std::string& file, std::string_view text) : file_(file), text_(text) {}

    /// Fills dtype and shape.
    void parse(TensorView& view) {
        expect('{');
        while (!take('}')) {
            const std::string_view key = quoted("a key");
            expect(':');
            read_value(key, view);
            if (take(',')) continue;
            expect('}');
            break;
        }
        skip_blanks();
        if (at_ != text_.size()) fail("the end of the header");
        const char* missing = !has_descr_   ? "descr"
                              : !has_order_ ? "fortran_order"
                              : !has_shape_ ? "shape"
                                            : nullptr;
        if (missing != nullptr) throw bad_value(file_, missing, "missing", kKeys);
    }

  private:
    void read_value(std::string_view key, TensorView& view) {
        bool* seen = key == "descr"           ? &has_descr_
                     : key == "fortran_order" ? &has_order_
                     : key == "shape"         ? &has_shape_
                                              : nullptr;
        if (seen == nullptr) throw bad_value(file_, "header key", key, kKeys);
        if (*seen) throw bad_value(file_, key, "given twice", kKeys);
        *seen = true;
        if (seen == &has_descr_) {
            read_descr(view);
        } else if (seen == &has_order_) {
            read_order();
        } else {
            read_shape(view);
        }
    }

    void read_descr(TensorView& view) {
        skip_blanks();
        if (peek() != '\'' && peek() != '"')
            throw bad_value(file_, "descr", text_.substr(at_, 20), kDescrs);
        const std::string_view descr = quoted("descr");
        const auto dtype = dtype_from_descr(descr);
        if (!dtype) throw bad_value(file_, "descr", descr, kDescrs);
        view.dtype = *dtype;
    }

    void read_order() {
        skip_blanks();
        size_t end = at_;
        while (end < text_.size() && text_[end] >= 'A' && text_[end] <= 'z') ++end;
        const std::string_view word = text_.substr(at_, end - at_);
        if (word != "False") {
            throw bad_value(file_, "fortran_order", word,
                            "False (save numpy.ascontiguousarray(x) instead)");
        }
        at_ = end;
    }

    /// "(3, 4)", "(3,)" or "()".
    void read_shape(TensorView& view) {
        expect('(');
        while (!take(')')) {
            view.shape.push_back(integer());
            if (take(',')) continue;
            if (view.shape.size() == 1) fail("',' after the only dimension");
            expect(')');
            break;
        }
    }

    uint64_t integer() {
        skip_blanks();
        const size_t start = at_;
        uint64_t value = 0;
        bool fits = true;
        for (; peek() >= '0' && peek() <= '9'; ++at_) {
            fits = fits && !__builtin_mul_overflow(value, uint64_t{10}, &value) &&
                   !__builtin_add_overflow(value, static_cast<uint64_t>(peek() - '0'), &value);
        }
        if (at_ == start || !fits) {
            throw bad_value(file_, "shape", text_.substr(start, 24),
                            "non-negative integers below 2^64");
        }
        return value;
    }

    std::string_view quoted(const char* what) {
        skip_blanks();
        const char quote = peek();
        if (quote != '\'' && quote != '"') fail(what);
        const size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) fail("a closing quote");
        const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return content;
    }

    void skip_blanks() {
        while (peek() == ' ' || peek() == '\n') ++at_;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        skip_blanks();
        if (peek() != c || at_ >= text_.size()) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail(std::string("'") + c + "'");
    }
    [[noreturn]] void fail(const std::string& allowed) const {
        const std::string_view rest = text_.substr(at_, 20);
        throw bad_value(file_, "header at character " + std::to_string(at_),
                        rest.empty() ? std::string_view("its end") : rest, allowed);
    }

    const std::string& file_;
    std::string_view text_;
    size_t at_ = 0;
    bool has_descr_ = false;
    bool has_order_ = false;
    bool has_shape_ = false;
};

/// The header's text; the array's data follows it.
std::string_view header_text(const std::string& file, const uint8_t* data, uint64_t bytes) {
    const std::string_view all(reinterpret_cast<const char*>(data), bytes);
    if (all.substr(0, kMagic.size()) != kMagic)
        throw bad_value(file, "start of the file", all.substr(0, 6), "\\x93NUMPY");
    const uint64_t major = bytes > 6 ? data[6] : 0;
    const uint64_t minor = bytes > 7 ? data[7] : 0;
    if (major < 1 || major > 3 || minor != 0) {
        throw bad_value(file, "format version", std::to_string(major) + "." + std::to_string(minor),
                        "1.0, 2.0, 3.0");
    }
    const uint64_t length_bytes = major == 1 ? 2 : 4;
    const uint64_t start = 8 + length_bytes;
    uint64_t length = 0;
    if (bytes >= start) std::memcpy(&length, data + 8, length_bytes);
    if (bytes < start || length > bytes - start) {
        throw bad_value(file, "header length", std::to_string(length),
                        "what the file's " + std::to_string(bytes) + " bytes hold");
    }
    return all.substr(start, length);
}

}  // namespace

TensorView parse_npy(const std::string& file, const std::string& name, const uint8_t* data,
                     uint64_t bytes) {
    const std::string_view header = header_text(file, data, bytes);
    TensorView view;
    view.file = file;
    view.name = name;
    HeaderParser(file, header).parse(view);
    const auto* end = reinterpret_cast<const uint8_t*>(header.data() + header.size());
    const auto elements = element_count(view.shape);
    uint64_t size = 0;
    if (!elements || __builtin_mul_overflow(*elements, dtype_bytes(view.dtype), &size))
        throw bad_value(file, "shape", shape_text(view.shape), "a size in bytes below 2^64");
    const auto rest = bytes - static_cast<uint64_t>(end - data);
    if (size != rest) {
        throw bad_value(file, "size of the data", std::to_string(rest) + " bytes",
                        std::to_string(size) + " bytes (shape " +
                            printable(shape_text(view.shape)) + " of " + dtype_name(view.dtype) +
                            ")");
    }
    view.elements = *elements;
    view.data = end;
    return view;
}

NpyFile::NpyFile(const std::string& path, const std::string& name)
    : file_(path), tensor_(parse_npy(path, name, file_.data(), file_.bytes())) {}

}  // namespace tessera::host
