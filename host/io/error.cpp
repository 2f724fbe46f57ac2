// SPDX-License-Identifier: MIT
#include "host/error.h"

#include <cstring>

namespace tessera::host {

namespace {

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

UserError bad_value(std::string_view where, std::string_view key, std::string_view value,
                    std::string_view allowed) {
    return UserError(std::string(where) + ": " + std::string(key) + " is " + printable(value) +
                     "; allowed: " + std::string(allowed));
}

UserError system_error(std::string_view path, std::string_view what, int error_number) {
    return UserError(std::string(path) + ": " + std::string(what) + ": " +
                     std::strerror(error_number));
}

}  // namespace tessera::host
