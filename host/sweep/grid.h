// SPDX-License-Identifier: MIT
// The points of a sweep, as a file such as grid.json asks for them: a base experiment, fields that
// take every combination of their values, conditions, and named points (docs/use/sweeps.md).
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/sweep/condition.h"
#include "host/sweep/field_path.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

inline constexpr uint64_t kMaxPoints = 10'000'000;

struct GridPoint {
    std::string name;  ///< "device=base,tokens=256", or its own; no other point has it
    Experiment experiment;
};

class Grid {
  public:
    /// `where` names the text in messages. UserError: what is no grid, a value that its field does
    /// not take, no point at all. Whether a point can be simulated is not looked at.
    Grid(const std::string& where, std::string_view text);
    /// The same of a file.
    static Grid of_file(const std::string& path);

    const std::string& text() const { return text_; }
    /// Points: the combinations that hold all conditions, then the named ones.
    size_t size() const { return combinations_.size() + named_.size(); }
    /// The combination with the last field changing fastest.
    GridPoint point(size_t index) const;
    /// All fields that some point sets: what tells points from each other.
    const std::vector<FieldPath>& fields() const { return fields_; }
    /// As a column or a part of a name: the last word of a path where no other field has it.
    const std::vector<std::string>& field_names() const { return field_names_; }

    /// Fields of which every combination is a point, and the number of their values.
    size_t axes() const { return axes_.size(); }
    const FieldPath& axis(size_t a) const { return axes_[a].field; }
    size_t values(size_t a) const { return axes_[a].values.size(); }
    /// A number that a point has in common with those that differ from it on this axis alone;
    /// nothing of a named point.
    std::optional<uint64_t> neighbours(size_t index, size_t axis) const;

  private:
    using Json = nlohmann::json;
    struct Axis {
        FieldPath field;
        std::vector<Json> values;
    };
    struct Named {
        std::string name;
        Experiment experiment;
    };

    void read_base(const Json& root);
    void read_axes(const Json& root);
    void read_points(const Json& root);
    void combine(const Json& root);
    void add_field(const FieldPath& field);
    void name_fields();
    Experiment combination(uint64_t number, std::string* name) const;
    uint64_t stride(size_t axis) const;
    uint64_t place(uint64_t number, size_t axis) const;

    std::string where_, text_;
    Experiment base_;
    std::vector<Axis> axes_;
    std::vector<uint64_t> combinations_;  ///< numbers of those that hold all conditions
    std::vector<Named> named_;
    std::vector<FieldPath> fields_;
    std::vector<std::string> field_names_;
};

}  // namespace tessera::host
