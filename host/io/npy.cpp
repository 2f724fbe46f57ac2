// SPDX-License-Identifier: MIT
#include "host/io/npy.h"

#include <cstring>
#include <optional>
#include <string_view>

#include "host/error.h"
#include "host/io/container.h"
#include "host/io/output_file.h"

namespace tessera::host {
namespace {

constexpr size_t kMagicBytes = 6;
constexpr const char* kKeys = "descr, fortran_order and shape, each once";

struct DescrRow {
    const char* descr;
    Dtype dtype;
    const char* note;
};
constexpr DescrRow kDescrs[] = {
    {"<f4", Dtype::kF32, ""},
    {"<f2", Dtype::kF16, ""},
    {"<f8", Dtype::kF64, ""},
    {"|V2", Dtype::kBf16, " (bfloat16)"},
    {"<V2", Dtype::kBf16, " (bfloat16)"},
    {"|b1", Dtype::kBool, ""},
    {"|u1", Dtype::kU8, ""},
    {"|i1", Dtype::kI8, ""},
};

std::string allowed_descrs(TensorUse use) {
    std::string names;
    for (const DescrRow& row : kDescrs)
        if (is_allowed(row.dtype, use))
            names += (names.empty() ? "'" : ", '") + std::string(row.descr) + "'" + row.note;
    return names;
}

std::optional<Dtype> dtype_from_descr(std::string_view descr, TensorUse use) {
    for (const DescrRow& row : kDescrs)
        if (descr == row.descr && is_allowed(row.dtype, use)) return row.dtype;
    return std::nullopt;
}

/// What to do about a type that is not read, if that is not plain.
const char* advice_for(std::string_view descr) {
    if (descr == "|V1" || descr == "<V1" || descr == "<f1" || descr == "|f1")
        return "; .npy does not say which 8-bit float this is, safetensors does";
    if (descr.substr(0, 1) == ">") return "; big-endian: save x.astype(x.dtype.newbyteorder('<'))";
    return "";
}

/// Reads the header: a Python dict of three keys, literals only.
class HeaderParser {
  public:
    HeaderParser(const std::string& file, std::string_view text, TensorUse use)
        : file_(file), text_(text), use_(use) {}

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
            throw bad_value(file_, "descr", text_.substr(at_, 20), allowed_descrs(use_));
        const std::string_view descr = quoted("descr");
        const auto dtype = dtype_from_descr(descr, use_);
        if (!dtype)
            throw bad_value(file_, "descr (the element type)", descr,
                            allowed_descrs(use_) + advice_for(descr));
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
    TensorUse use_;
    size_t at_ = 0;
    bool has_descr_ = false;
    bool has_order_ = false;
    bool has_shape_ = false;
};

/// The header's text; the array's data follows it.
std::string_view header_text(const std::string& file, const uint8_t* data, uint64_t bytes) {
    const std::string_view all(reinterpret_cast<const char*>(data), bytes);
    refuse_other_container(file, all, Container::kNpy);
    if (!starts_as_npy(all))
        throw UserError(file + ": is not an .npy file: it starts with " +
                        printable(all.substr(0, kMagicBytes)) + ", not with \\x93NUMPY");
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
                     uint64_t bytes, TensorUse use) {
    const std::string_view header = header_text(file, data, bytes);
    TensorView view;
    view.file = file;
    view.name = name;
    HeaderParser(file, header, use).parse(view);
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
                            (rest < size ? "); the file may be cut short" : ")"));
    }
    view.elements = *elements;
    view.data = end;
    return view;
}

NpyFile::NpyFile(const std::string& path, const std::string& name, TensorUse use)
    : file_(path), tensor_(parse_npy(path, name, file_.data(), file_.bytes(), use)) {}

void write_npy(const std::string& path, const std::vector<uint64_t>& shape,
               const std::vector<float>& numbers) {
    std::string dimensions;
    for (const uint64_t n : shape) dimensions += std::to_string(n) + ",";
    std::string header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + dimensions + "), }";
    constexpr size_t kFixed = 10, kAlignment = 64;
    while ((kFixed + header.size() + 1) % kAlignment != 0) header += ' ';
    header += '\n';
    std::string text = "\x93NUMPY\x01";
    text += '\0';
    text += static_cast<char>(header.size() & 0xff);
    text += static_cast<char>(header.size() >> 8);
    text += header;
    OutputFile file(path);
    file.append(text);
    file.append({reinterpret_cast<const char*>(numbers.data()), 4 * numbers.size()});
    file.commit();
}

}  // namespace tessera::host
