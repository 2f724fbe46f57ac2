// SPDX-License-Identifier: MIT
#include "host/io/utf8.h"

namespace tessera::host {

void Utf8Decoder::append(std::string_view bytes, std::u32string& out) {
    for (const char c : bytes) {
        const auto byte = static_cast<uint8_t>(c);
        if (missing_ != 0 && (byte < least_ || byte > most_)) replace(out);
        if (missing_ == 0) {
            begin_character(byte, out);
            continue;
        }
        least_ = kFirstOther;
        most_ = kLastOther;
        code_point_ = code_point_ << 6 | (byte & 0x3fu);
        if (--missing_ == 0) out += code_point_;
    }
}

void Utf8Decoder::finish(std::u32string& out) {
    if (missing_ != 0) replace(out);
}

void Utf8Decoder::replace(std::u32string& out) {
    out += kReplacement;
    ++replaced_;
    missing_ = 0;
    least_ = kFirstOther;
    most_ = kLastOther;
}

void Utf8Decoder::begin_character(uint8_t byte, std::u32string& out) {
    if (byte < 0x80) {
        out += byte;
    } else if (byte >= 0xc2 && byte <= 0xdf) {
        missing_ = 1;
        code_point_ = byte & 0x1fu;
    } else if (byte >= 0xe0 && byte <= 0xef) {
        missing_ = 2;
        code_point_ = byte & 0xfu;
        if (byte == 0xe0) least_ = 0xa0;  // below: has a shorter form
        if (byte == 0xed) most_ = 0x9f;   // above: surrogates
    } else if (byte >= 0xf0 && byte <= 0xf4) {
        missing_ = 3;
        code_point_ = byte & 0x7u;
        if (byte == 0xf0) least_ = 0x90;  // below: has a shorter form
        if (byte == 0xf4) most_ = 0x8f;   // above: more than U+10FFFF
    } else {
        replace(out);
    }
}

std::u32string decode_utf8(std::string_view text) {
    std::u32string out;
    Utf8Decoder decoder;
    decoder.append(text, out);
    decoder.finish(out);
    return out;
}

bool is_utf8(std::string_view text) {
    std::u32string out;
    Utf8Decoder decoder;
    decoder.append(text, out);
    decoder.finish(out);
    return decoder.replaced() == 0;
}

void append_utf8(char32_t code_point, std::string& out) {
    const auto other = [&](int shift) {
        out += static_cast<char>(0x80 | (code_point >> shift & 0x3f));
    };
    if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += static_cast<char>(0xc0 | code_point >> 6);
        other(0);
    } else if (code_point < 0x10000) {
        out += static_cast<char>(0xe0 | code_point >> 12);
        other(6);
        other(0);
    } else {
        out += static_cast<char>(0xf0 | code_point >> 18);
        other(12);
        other(6);
        other(0);
    }
}

std::string encode_utf8(std::u32string_view text) {
    std::string out;
    for (const char32_t code_point : text) append_utf8(code_point, out);
    return out;
}

}  // namespace tessera::host
