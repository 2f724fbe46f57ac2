// SPDX-License-Identifier: MIT
#include "host/io/nearest_name.h"

#include <algorithm>
#include <iterator>

namespace tessera::host {
namespace {

constexpr size_t kLettersAnEdit = 3;  ///< a name of so many letters may have one mistake
constexpr size_t kMaxLetters = 64;    ///< nobody misspells longer names

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Another number is another thing, not a slip: F8_E4M3 and F8_E5M2.
std::string digits_of(std::string_view text) {
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
                 [](char c) { return c >= '0' && c <= '9'; });
    return digits;
}

bool is_name(std::string_view text) {
    constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    constexpr std::string_view kDigits = "0123456789.";
    return text.find_first_not_of(kLetters) == text.npos &&
           text.find_first_not_of(kDigits) != text.npos;
}

/// The names between commas; what is no name, such as "1 to 16", is left out.
std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const size_t end = std::min(list.find(','), list.size());
        std::string_view part = list.substr(0, end);
        part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
        if (is_name(part)) names.emplace_back(part);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return names;
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
    // Rows of the table of distances between beginnings of a and of b: two before, before, now.
    std::vector<size_t> older(b.size() + 1), old(b.size() + 1), now(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) old[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const bool same = small(a[i - 1]) == small(b[j - 1]);
            now[j] = std::min({old[j] + 1, now[j - 1] + 1, old[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && small(a[i - 1]) == small(b[j - 2]) &&
                small(a[i - 2]) == small(b[j - 1]))
                now[j] = std::min(now[j], older[j - 2] + 1);
        }
        older.swap(old);
        old.swap(now);
    }
    return old[b.size()];
}

std::string nearest_name(std::string_view text, const std::vector<std::string>& names) {
    if (text.size() < kLettersAnEdit || text.size() > kMaxLetters) return "";
    std::string nearest;
    const size_t letters = text.size() - digits_of(text).size();
    size_t least = letters / kLettersAnEdit + 1;
    for (const std::string& name : names) {
        if (name == text) return "";
        const size_t dot = name.rfind('.');
        const bool last_part =
            dot != std::string::npos && edit_distance(text, name.substr(dot + 1)) == 0;
        const size_t distance = last_part ? 0 : edit_distance(text, name);
        if (distance >= least || digits_of(name) != digits_of(text)) continue;
        least = distance;
        nearest = name;
    }
    return nearest;
}

std::string did_you_mean(std::string_view text, std::string_view allowed) {
    const bool quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';  // of JSON
    if (quoted) text = text.substr(1, text.size() - 2);
    const std::string name = nearest_name(text, names_in(allowed));
    return name.empty() ? "" : "; did you mean " + name + "?";
}

}  // namespace tessera::host
