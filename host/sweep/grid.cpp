// SPDX-License-Identifier: MIT
#include "host/sweep/grid.h"

#include <algorithm>
#include <set>

#include "host/error.h"
#include "host/experiment/experiment_json.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"
#include "host/sweep/values.h"

namespace tessera::host {
namespace {

constexpr uint64_t kMaxGridBytes = uint64_t{1} << 26;

const nlohmann::json* member(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

/// Nothing else than these may be there.
void check_keys(const std::string& where, const nlohmann::json& root) {
    constexpr const char* kKeys[] = {"base", "fields", "where", "points"};
    for (const auto& [key, value] : root.items())
        if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
            throw bad_key(where, "", key, "unknown", "base, fields, where, points");
}

/// A point's name is part of messages and tables, and never that of a combination.
bool is_point_name(const std::string& name) {
    constexpr size_t kMaxName = 100;
    const auto good = [](char c) { return c > ' ' && c < 0x7f && c != '=' && c != ','; };
    return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), good);
}

}  // namespace

Grid::Grid(const std::string& where, std::string_view text) : where_(where), text_(text) {
    const Json root = parse_json(where, text);
    if (!root.is_object()) throw bad_value(where, "the grid", json_excerpt(root), "a JSON object");
    check_keys(where, root);
    read_base(root);
    read_axes(root);
    read_points(root);
    name_fields();
    combine(root);
    if (size() == 0) {
        if (axes_.empty()) throw bad_value(where, "points", "missing", "fields, points, or both");
        throw bad_value(where, "where", "false for every combination", "true for some");
    }
}

Grid Grid::of_file(const std::string& path) {
    const MappedFile file(path);
    if (file.bytes() > kMaxGridBytes)
        throw bad_value(path, "file size", std::to_string(file.bytes()) + " bytes",
                        "at most " + std::to_string(kMaxGridBytes));
    return {path, {reinterpret_cast<const char*>(file.data()), file.bytes()}};
}

void Grid::read_base(const Json& root) {
    const Json* base = member(root, "base");
    if (base == nullptr) return;
    base_ = read_experiment(where_ + ": base", base->dump());
    for (const std::string* place : {&base_.outputs.folder, &base_.outputs.wave})
        if (!place->empty())
            throw bad_value(where_ + ": base",
                            place == &base_.outputs.folder ? "outputs.folder" : "outputs.wave",
                            printable(*place), "nothing: every point would write there");
}

void Grid::read_axes(const Json& root) {
    const Json* fields = member(root, "fields");
    if (fields == nullptr) return;
    if (!fields->is_object())
        throw bad_value(where_, "fields", json_excerpt(*fields), "an object of paths with values");
    for (const auto& [path, values] : fields->items()) {
        Axis axis{{where_ + ": fields", path}, listed_values(where_, "fields." + path, values)};
        for (size_t i = 0; i < axis.values.size(); ++i) {
            Experiment unused = base_;
            axis.field.set(unused, axis.values[i], where_,
                           "fields." + path + "[" + std::to_string(i) + "]");
        }
        add_field(axis.field);
        axes_.push_back(std::move(axis));
    }
}

void Grid::read_points(const Json& root) {
    const Json* points = member(root, "points");
    if (points == nullptr) return;
    if (!points->is_object())
        throw bad_value(where_, "points", json_excerpt(*points), "an object of names with fields");
    for (const auto& [name, values] : points->items()) {
        if (!is_point_name(name))
            throw bad_value(where_, "points, a name", printable(name),
                            "1 to 100 printable characters other than blank, = and ,");
        const std::string place = "points." + name;
        if (!values.is_object())
            throw bad_value(where_, place, json_excerpt(values), "an object of paths with values");
        Named named{name, base_};
        for (const auto& [path, value] : values.items()) {
            const FieldPath field(where_ + ": " + place, path);
            field.set(named.experiment, value, where_, place + "." + path);
            add_field(field);
        }
        named_.push_back(std::move(named));
    }
}

void Grid::add_field(const FieldPath& field) {
    const auto same = [&](const FieldPath& known) { return known.path() == field.path(); };
    if (std::none_of(fields_.begin(), fields_.end(), same)) fields_.push_back(field);
}

void Grid::name_fields() {
    std::multiset<std::string> names;
    for (const FieldPath& field : fields_) names.insert(field.short_name());
    for (const FieldPath& field : fields_)
        field_names_.push_back(names.count(field.short_name()) == 1 ? field.short_name()
                                                                    : field.path());
}

void Grid::combine(const Json& root) {
    std::vector<Condition> conditions;
    if (const Json* where = member(root, "where")) {
        if (!where->is_array())
            throw bad_value(where_, "where", json_excerpt(*where), "a list of conditions");
        for (const Json& text : *where) {
            if (!text.is_string())
                throw bad_value(where_, "where", json_excerpt(text), "a condition as a text");
            conditions.emplace_back(where_, text.get<std::string>());
        }
    }
    if (axes_.empty()) return;
    uint64_t count = 1;
    for (const Axis& axis : axes_) {
        count *= axis.values.size();
        if (count > kMaxPoints)
            throw bad_value(where_, "number of combinations", "more than 10000000",
                            "at most 10000000, those included that conditions leave out");
    }
    for (uint64_t number = 0; number < count; ++number) {
        const auto holds = [&, experiment = combination(number, nullptr)](const Condition& c) {
            return c.holds(experiment);
        };
        if (conditions.empty() || std::all_of(conditions.begin(), conditions.end(), holds))
            combinations_.push_back(number);
    }
}

/// Combinations from one value of the axis to the next.
uint64_t Grid::stride(size_t axis) const {
    uint64_t stride = 1;
    for (size_t a = axis + 1; a < axes_.size(); ++a) stride *= axes_[a].values.size();
    return stride;
}

/// Which value of the axis a combination has.
uint64_t Grid::place(uint64_t number, size_t axis) const {
    return number / stride(axis) % axes_[axis].values.size();
}

Experiment Grid::combination(uint64_t number, std::string* name) const {
    Experiment experiment = base_;
    for (size_t a = 0; a < axes_.size(); ++a) {
        const Json& value = axes_[a].values[place(number, a)];
        axes_[a].field.set(experiment, value, where_, axes_[a].field.path());
        if (name != nullptr)
            *name += (a == 0 ? "" : ",") + field_names_[a] + "=" + value_name(value);
    }
    return experiment;
}

std::optional<uint64_t> Grid::neighbours(size_t index, size_t axis) const {
    if (index >= combinations_.size()) return {};
    const uint64_t number = combinations_[index];
    return number - place(number, axis) * stride(axis);
}

GridPoint Grid::point(size_t index) const {
    if (index >= combinations_.size()) {
        const Named& named = named_.at(index - combinations_.size());
        return {named.name, named.experiment};
    }
    GridPoint point;
    point.experiment = combination(combinations_[index], &point.name);
    return point;
}

}  // namespace tessera::host
