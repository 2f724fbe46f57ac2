// SPDX-License-Identifier: MIT
// The keys of settings of heads, as a table: what each is called, what it sets, what it allows.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/error.h"
#include "host/model/model.h"

namespace tessera::host {

/// The most keys or tiles that a setting may name: so many rows have fewer than 2^32 bytes.
inline constexpr uint32_t kMostKeys = 1 << 20;

/// Settings of one sort go together. Some sorts exclude each other.
enum class HeadSort { kMask, kStride, kRule, kSchedule, kCover };
inline constexpr HeadSort kHeadSorts[] = {HeadSort::kMask, HeadSort::kStride, HeadSort::kRule,
                                          HeadSort::kSchedule, HeadSort::kCover};
/// "a stride".
const char* sort_name(HeadSort sort);
/// Can a head have only one of the two?
bool exclude_each_other(HeadSort a, HeadSort b);
/// Has the head a setting of this sort?
bool has_sort(const HeadSettings& settings, HeadSort sort);
void clear_sort(HeadSettings& settings, HeadSort sort);

struct HeadKey {
    const char* name;
    const char* field;  ///< of an experiment that means the same; empty: none
    HeadSort sort;
    std::string allowed;  ///< values, in words
    /// False, and nothing is set, if the value is not allowed.
    bool (*set)(HeadSettings& settings, const std::string& value);
};
/// All of them, in the order in which texts list them.
const std::vector<HeadKey>& head_keys();
/// nullptr if there is none of that name.
const HeadKey* head_key(std::string_view name);
/// "window, sinks, ...".
std::string head_key_names();
/// `text` with keys in place of an experiment's fields, and `who` in place of the experiment.
std::string with_head_keys(const std::string& text, const std::string& who);

/// "window 64, schedule kv-resident"; "all" if nothing is set.
std::string settings_text(const HeadSettings& settings);

/// Does `check`. What it throws then names keys and begins with `who`.
template <typename Check>
void about_heads(const std::string& who, Check&& check) {
    try {
        check();
    } catch (const UserError& error) {
        throw UserError(with_head_keys(error.text(), who));
    }
}

}  // namespace tessera::host
