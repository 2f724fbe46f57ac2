// SPDX-License-Identifier: MIT
// "Did you mean": the name that somebody who misspelt one had in mind.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tessera::host {

/// Insertions, deletions, replacements and swaps of neighbours (Damerau-Levenshtein, each stretch
/// edited once) that make `b` of `a`; capital letters count as small ones.
size_t edit_distance(std::string_view a, std::string_view b);

/// That of `names` which is nearest to `text`, at most a third of its letters away and with the
/// same digits; or whose last part, behind dots, `text` is. Empty: none is, or `text` is one of
/// them.
std::string nearest_name(std::string_view text, const std::vector<std::string>& names);

/// "; did you mean NAME?" with the nearest of the names in `allowed`, which stand between commas;
/// or nothing.
std::string did_you_mean(std::string_view text, std::string_view allowed);

}  // namespace tessera::host
