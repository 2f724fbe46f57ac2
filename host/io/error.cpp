// SPDX-License-Identifier: MIT
#include "host/error.h"
#include "host/plain_fields.h"

#include <cstring>
#include <utility>

#include "host/io/nearest_name.h"

namespace tessera {
namespace {

bool is_field(const std::string& text) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789_.=+-";
    return text == "experiment" || text == "operation" ||
           (text.find('.') != std::string::npos &&
            text.find_first_not_of(kLetters) == std::string::npos);
}

/// The field that `text` begins with, behind "`experiment`: " if there is that; or nothing.
std::string first_field(const std::string& text) {
    constexpr std::string_view kWhole = "`experiment`: ";
    const size_t begin = text.rfind(kWhole, 0) == 0 ? kWhole.size() : 0;
    if (begin == text.size() || text[begin] != '`') return "";
    const size_t end = text.find('`', begin + 1);
    if (end == std::string::npos) return "";
    const std::string field = text.substr(begin + 1, end - begin - 1);
    return is_field(field) ? field.substr(0, field.find('=')) : "";
}

}  // namespace

const char* error_code_name(ErrorCode code) {
    switch (code) {
        case ErrorCode::kUser: return "user";
        case ErrorCode::kMismatch: return "mismatch";
        case ErrorCode::kNotValid: return "not_valid";
        case ErrorCode::kDevice: return "device";
        case ErrorCode::kCancelled: return "cancelled";
        case ErrorCode::kInternal: break;
    }
    return "internal";
}

std::string with_names(std::string_view text,
                       const std::function<std::string(const std::string& field)>& name) {
    std::string out;
    while (true) {
        const size_t begin = text.find('`');
        const size_t end = begin == text.npos ? begin : text.find('`', begin + 1);
        if (end == text.npos) return out.append(text);
        const std::string field(text.substr(begin + 1, end - begin - 1));
        const std::string named = is_field(field) ? name(field) : "";
        // What is no field may end with the backtick that begins one.
        const size_t stop = named.empty() ? end : end + 1;
        out.append(named.empty() ? text.substr(0, end) : text.substr(0, begin)).append(named);
        text.remove_prefix(stop);
    }
}

Error::Error(ErrorCode code, const std::string& text, Value about)
    : std::runtime_error(host::plain_fields(text)),
      code_(code),
      text_(text),
      about_{std::move(about.field), host::plain_fields(about.value),
             host::plain_fields(about.allowed)} {
    if (about_.field.empty()) about_.field = first_field(text);
}

}  // namespace tessera

namespace tessera::host {

namespace {

/// Printable, and where there is nothing to be seen "".
std::string shown(std::string_view text) { return text.empty() ? "\"\"" : printable(text); }

void append_hex(std::string& out, unsigned char byte) {
    constexpr char kHex[] = "0123456789abcdef";
    out += "\\x";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
}

}  // namespace

std::string printable(std::string_view text) {
    constexpr size_t kLimit = 80;
    std::string out;
    for (const char c : text) {
        if (out.size() >= kLimit) return out + "...";
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f)
            out += c;
        else
            append_hex(out, byte);
    }
    return out;
}

std::string one_line(std::string_view message) {
    std::string out;
    for (const char c : message) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f)
            out += c;
        else
            append_hex(out, byte);
    }
    return out;
}

std::string plain_fields(std::string_view text) {
    return with_names(text, [](const std::string& field) { return field; });
}

UserError bad_value(std::string_view where, std::string_view key, std::string_view value,
                    std::string_view allowed) {
    return UserError(std::string(where) + ": " + std::string(key) + " is " + shown(value) +
                         "; allowed: " + std::string(allowed) + did_you_mean(value, allowed),
                     {"", std::string(value), std::string(allowed)});
}

UserError bad_field(std::string_view field, std::string_view value, std::string_view allowed) {
    return bad_value("`experiment`", "`" + std::string(field) + "`", value, allowed);
}

UserError bad_key(std::string_view where, const std::string& prefix, const std::string& name,
                  std::string_view state, std::string_view allowed) {
    return UserError(std::string(where) + ": key " + printable(prefix) + shown(name) + " is " +
                         std::string(state) + "; allowed: " + std::string(allowed) +
                         did_you_mean(name, allowed),
                     {"", prefix + name, std::string(allowed)});
}

UserError system_error(std::string_view path, std::string_view what, int error_number) {
    return UserError(std::string(path) + ": " + std::string(what) + ": " +
                     std::strerror(error_number));
}

}  // namespace tessera::host
