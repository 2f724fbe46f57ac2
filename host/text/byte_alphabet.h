// SPDX-License-Identifier: MIT
// The characters by which the pieces of a byte-level vocabulary spell their bytes. A byte that is
// printable in Latin-1 is that character. The 68 others, space among them, are U+0100 and those
// behind it, in their order.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::host {

/// The character of a byte.
char32_t byte_character(uint8_t byte);

/// The bytes that a piece in UTF-8 spells; nothing if it has a character of no byte.
std::optional<std::string> spelt_bytes(std::string_view piece);

}  // namespace tessera::host
