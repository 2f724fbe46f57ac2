// SPDX-License-Identifier: MIT
// The members of a JSON object, each asked for once by name and type. What was not asked for is
// unknown, and the message lists what was.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace tessera::host {

class Members {
  public:
    /// `where` is the file, `path` leads to `object`: "graphs.encoder.layers[3]", or nothing.
    /// UserError if it is no object.
    Members(std::string where, std::string path, const nlohmann::json& object);

    bool has(const std::string& key);
    /// The member, which must be there. UserError, too, for another type or a number that is out of
    /// range.
    const nlohmann::json& value(const std::string& key, const std::string& allowed);
    std::string text(const std::string& key);
    uint32_t count(const std::string& key, uint32_t low, uint32_t high);
    double number(const std::string& key, double low, double high);
    bool flag(const std::string& key);
    /// One of `choices`, by name.
    template <typename T>
    T choice(const std::string& key, const std::vector<std::pair<std::string, T>>& choices) {
        std::vector<std::string> names;
        names.reserve(choices.size());
        for (const auto& [name, value] : choices) names.push_back(name);
        return choices[choice_index(key, names)].second;
    }

    /// The same, or `otherwise` where there is no such member.
    std::string text_or(const std::string& key, const std::string& otherwise);
    uint32_t count_or(const std::string& key, uint32_t low, uint32_t high, uint32_t otherwise);
    double number_or(const std::string& key, double low, double high, double otherwise);
    bool flag_or(const std::string& key, bool otherwise);
    template <typename T>
    T choice_or(const std::string& key, const std::vector<std::pair<std::string, T>>& choices,
                T otherwise) {
        return has(key) ? choice(key, choices) : otherwise;
    }

    /// UserError for a member that nobody asked for.
    void finish() const;

    /// "WHERE: PATH.KEY is VALUE; allowed: ALLOWED".
    [[noreturn]] void refuse(const std::string& key, const std::string& value,
                             const std::string& allowed) const;
    std::string path_of(const std::string& key) const;
    const std::string& where() const { return where_; }

  private:
    size_t choice_index(const std::string& key, const std::vector<std::string>& names);

    const std::string where_, path_;
    const nlohmann::json& object_;
    std::vector<std::string> asked_;
};

}  // namespace tessera::host
