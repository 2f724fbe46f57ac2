// SPDX-License-Identifier: MIT
// A value of a JSON file and the path that leads to it, so that a message can name both. Missing
// members are null.
#pragma once
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tessera::host {

class JsonPlace {
  public:
    /// The root of `file`. File and value must outlive it.
    JsonPlace(const std::string& file, const nlohmann::json& root);

    const nlohmann::json& value() const { return *value_; }
    bool is_null() const;
    /// The member of an object. UserError if this is none.
    JsonPlace operator[](const std::string& key) const;
    /// The element of an array that has it.
    JsonPlace operator[](size_t index) const;
    /// Elements of an array. UserError if this is none.
    size_t size() const;
    /// UserError for another type.
    const std::string& text(const std::string& allowed) const;
    /// True or false; `otherwise` for null. UserError for another type.
    bool flag_or(bool otherwise) const;
    /// UserError for a member of another name.
    void allow_keys(std::initializer_list<const char*> keys) const;
    /// UserError unless it is null or false.
    void require_off(const std::string& why) const;

    /// UserError "FILE: PATH is VALUE; allowed: ALLOWED".
    [[noreturn]] void refuse(const std::string& allowed) const;
    /// The path of a member, fit for a message.
    std::string path_of(const std::string& key) const;
    const std::string& file() const { return *file_; }

  private:
    JsonPlace(const std::string& file, const nlohmann::json& value, std::string path);

    const std::string* file_;
    const nlohmann::json* value_;
    std::string path_;  ///< fit for a message
};

}  // namespace tessera::host
