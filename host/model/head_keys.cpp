// SPDX-License-Identifier: MIT
#include "host/model/head_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/problem/problem.h"

namespace tessera::host {
namespace {

template <typename Number>
bool read_number(const std::string& text, Number least, Number most, Number& number) {
    Number read{};
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, read);
    if (text.empty() || result.ec != std::errc() || result.ptr != end) return false;
    if (!(read >= least && read <= most)) return false;
    number = read;
    return true;
}

template <uint32_t SeenKeys::*kField>
bool set_keys(HeadSettings& settings, const std::string& value) {
    return read_number<uint32_t>(value, 1, kMostKeys, settings.seen.*kField);
}

template <typename Table>
auto find_named(const Table& table, const std::string& name) {
    const auto is = [&](const auto& info) { return name == info.name; };
    const auto at = std::find_if(table.begin(), table.end(), is);
    return at == table.end() ? nullptr : &*at;
}

template <typename Table>
std::string names_in(const Table& table) {
    std::string names;
    for (const auto& info : table) names += (names.empty() ? "" : ", ") + std::string(info.name);
    return names;
}

/// Those whose order does not come with a job.
std::vector<ScheduleInfo> head_schedules() {
    std::vector<ScheduleInfo> infos = schedules();
    infos.erase(std::remove_if(infos.begin(), infos.end(), [](const auto& i) { return i.listed; }),
                infos.end());
    return infos;
}

bool set_schedule(HeadSettings& settings, const std::string& value) {
    const std::vector<ScheduleInfo> infos = head_schedules();
    const auto* info = find_named(infos, value);
    if (info != nullptr) settings.schedule = info->id;
    return info != nullptr;
}

bool set_cover(HeadSettings& settings, const std::string& value) {
    const auto* info = find_named(cover_kinds(), value);
    if (info != nullptr) settings.cover = info->kind;
    return info != nullptr;
}

/// Of a head that has no rule the tiles are not known yet.
Approximation& approximation_of(HeadSettings& settings) {
    if (!settings.approximation) settings.approximation.emplace();
    return *settings.approximation;
}

bool set_rule(HeadSettings& settings, const std::string& value) {
    const auto* info = find_named(approximation_rules(), value);
    if (info != nullptr) approximation_of(settings).rule = info->rule;
    return info != nullptr;
}

bool set_tiles(HeadSettings& settings, const std::string& value) {
    return read_number<uint32_t>(value, 1, kMostKeys, approximation_of(settings).tiles);
}

bool set_seed(HeadSettings& settings, const std::string& value) {
    return read_number<uint64_t>(value, 0, UINT64_MAX, approximation_of(settings).seed);
}

bool set_tolerance(HeadSettings& settings, const std::string& value) {
    double tolerance = 0;
    if (!read_number(value, 0.0, 1.0, tolerance) || tolerance == 0) return false;
    approximation_of(settings).tolerance = tolerance;
    return true;
}

std::vector<HeadKey> all_keys() {
    const std::string keys = fmt::format("1 to {}", kMostKeys);
    constexpr HeadSort kMask = HeadSort::kMask, kRule = HeadSort::kRule;
    return {
        {"window", "workload.mask.window", kMask, keys, set_keys<&SeenKeys::window>},
        {"sinks", "workload.mask.sinks", kMask, keys, set_keys<&SeenKeys::sinks>},
        {"prefix", "workload.mask.prefix", kMask, keys, set_keys<&SeenKeys::prefix>},
        {"block", "workload.mask.block", kMask, keys, set_keys<&SeenKeys::block>},
        {"summary", "workload.mask.summary", kMask, keys, set_keys<&SeenKeys::summary>},
        {"stride", "", HeadSort::kStride, keys, set_keys<&SeenKeys::stride>},
        {"schedule.name", "schedule.name", HeadSort::kSchedule, names_in(head_schedules()),
         set_schedule},
        {"schedule.cover", "schedule.cover", HeadSort::kCover, names_in(cover_kinds()), set_cover},
        {"approximation.rule", "schedule.approximation.rule", kRule,
         names_in(approximation_rules()), set_rule},
        {"approximation.tiles", "schedule.approximation.tiles", kRule, keys, set_tiles},
        {"approximation.seed", "schedule.approximation.seed", kRule, "0 to 2^64 - 1", set_seed},
        {"approximation.tolerance", "schedule.approximation.tolerance", kRule,
         "more than 0, at most 1", set_tolerance}};
}

/// What a message calls a field; empty: as it is.
std::string name_of_field(const std::string& field, const std::string& who) {
    if (field == "experiment") return who;
    if (field.rfind("schedule.oracle", 0) == 0) return "schedule.cover";
    const size_t equals = field.find('=');
    const std::string value = equals == field.npos ? "" : field.substr(equals + 1);
    if (field.rfind("workload.mask.kind", 0) == 0) return value + " attention";
    for (const HeadKey& key : head_keys())
        if (field.substr(0, equals) == key.field)
            return key.name + (value.empty() ? "" : "=" + value);
    return "";
}

}  // namespace

const char* sort_name(HeadSort sort) {
    switch (sort) {
        case HeadSort::kMask: return "terms of a mask";
        case HeadSort::kStride: return "a stride";
        case HeadSort::kRule: return "an approximation";
        case HeadSort::kSchedule: return "a schedule";
        case HeadSort::kCover: break;
    }
    return "a cover";
}

bool exclude_each_other(HeadSort a, HeadSort b) {
    const bool cover = a == HeadSort::kCover || b == HeadSort::kCover;
    const bool order = a == HeadSort::kSchedule || b == HeadSort::kSchedule;
    return a != b && (cover || !order);
}

bool has_sort(const HeadSettings& settings, HeadSort sort) {
    switch (sort) {
        case HeadSort::kMask: return settings.seen.masked();
        case HeadSort::kStride: return settings.seen.stride != 1;
        case HeadSort::kRule: return settings.approximation.has_value();
        case HeadSort::kSchedule: return settings.schedule != HeadSettings().schedule;
        case HeadSort::kCover: break;
    }
    return settings.cover.has_value();
}

void clear_sort(HeadSettings& settings, HeadSort sort) {
    const uint32_t stride = settings.seen.stride;
    switch (sort) {
        case HeadSort::kMask:
            settings.seen = SeenKeys();
            settings.seen.stride = stride;
            break;
        case HeadSort::kStride: settings.seen.stride = 1; break;
        case HeadSort::kRule: settings.approximation.reset(); break;
        case HeadSort::kSchedule: settings.schedule = HeadSettings().schedule; break;
        case HeadSort::kCover: settings.cover.reset(); break;
    }
}

const std::vector<HeadKey>& head_keys() {
    static const std::vector<HeadKey> keys = all_keys();
    return keys;
}

const HeadKey* head_key(std::string_view name) {
    for (const HeadKey& key : head_keys())
        if (name == key.name) return &key;
    return nullptr;
}

std::string head_key_names() { return names_in(head_keys()); }

std::string with_head_keys(const std::string& text, const std::string& who) {
    const std::string named =
        with_names(text, [&](const std::string& field) { return name_of_field(field, who); });
    return named.rfind(who, 0) == 0 ? named : who + ": " + named;
}

std::string settings_text(const HeadSettings& settings) {
    std::string text;
    const auto add = [&](const char* name, const auto& value) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
    };
    const SeenKeys& seen = settings.seen;
    if (seen.window != 0) add("window", seen.window);
    if (seen.sinks != 0) add("sinks", seen.sinks);
    if (seen.prefix != 0) add("prefix", seen.prefix);
    if (seen.block != 0) add("block", seen.block);
    if (seen.summary != 0) add("summary", seen.summary);
    if (seen.stride != 1) add("stride", seen.stride);
    if (settings.approximation) {
        add("rule", rule_name(settings.approximation->rule));
        add("tiles", settings.approximation->tiles);
    }
    if (has_sort(settings, HeadSort::kSchedule)) add("schedule", schedule_name(settings.schedule));
    if (settings.cover)
        for (const CoverKindInfo& info : cover_kinds())
            if (info.kind == *settings.cover) add("cover", info.name);
    return text.empty() ? "all" : text;
}

}  // namespace tessera::host
