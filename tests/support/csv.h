// SPDX-License-Identifier: MIT
// CSV as a spreadsheet reads it.
#pragma once
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace tessera::test {

/// RFC 4180: fields between commas, quoted if need be, lines end with CR LF.
inline std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> line;
    std::string field;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            field += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ',' || c == '\r')) {
            line.push_back(field);
            field.clear();
            if (c == ',') continue;
            REQUIRE((i + 1 < text.size() && text[++i] == '\n'));
            lines.push_back(line);
            line.clear();
        } else {
            field += c;
        }
    }
    REQUIRE((!quoted && field.empty() && line.empty()));
    return lines;
}

}  // namespace tessera::test
