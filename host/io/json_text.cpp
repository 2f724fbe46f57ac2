// SPDX-License-Identifier: MIT
#include "host/io/json_text.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "host/error.h"

namespace tessera::host {
namespace {

using nlohmann::json;

/// Whole numbers that do not fit 64 bits are shown as they were most likely written: below the
/// limit without an exponent.
constexpr double kMinLarge = 0x1p63, kMaxLarge = 1e21;

/// Builds the document from parser events. (The library's own builder keeps the last of two equal
/// keys; its callback variant is quadratic in the number of objects.)
class StrictBuilder final : public nlohmann::json_sax<json> {
  public:
    explicit StrictBuilder(const std::string& where) : where_(where) {}
    json take() { return std::move(root_); }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t& /*text*/) override {
        return put(value);
    }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return false; }  // not in JSON texts
    bool start_object(std::size_t /*elements*/) override { return open(json::object()); }
    bool start_array(std::size_t /*elements*/) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        auto& members = open_.back()->get_ref<json::object_t&>();
        const auto [member, fresh] = members.emplace(name, nullptr);
        if (!fresh) throw bad_key(where_, path(), name, "given twice", "once");
        member_ = &member->second;
        name_ = name;
        return true;
    }

    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& error) override {
        const std::string text = error.what();  // "[json.exception...] parse error at line ..."
        const size_t start = text.find("] ");
        std::string reason;
        for (size_t i = start == std::string::npos ? 0 : start + 2; i < text.size(); i += 64)
            reason += printable(text.substr(i, 64));
        throw UserError(where_ + ": is not valid JSON: " + reason.substr(0, 400));
    }

  private:
    /// "machine.settings.", "list[3].": where the members of the innermost object are.
    std::string path() const {
        std::string all;
        for (const std::string& name : names_) {
            const bool joins = all.empty() || (!name.empty() && name.front() == '[');
            all += (joins ? "" : ".") + name;
        }
        return all.empty() ? all : all + ".";
    }
    json* place(json&& value) {
        if (open_.empty()) return &(root_ = std::move(value));
        if (open_.back()->is_array()) {
            auto& elements = open_.back()->get_ref<json::array_t&>();
            elements.push_back(std::move(value));
            return &elements.back();
        }
        return &(*member_ = std::move(value));
    }
    bool put(json&& value) {
        place(std::move(value));
        return true;
    }
    bool open(json&& value) {
        if (open_.size() >= kMaxJsonDepth) {
            throw bad_value(where_, "nesting of JSON values", "deeper",
                            "at most " + std::to_string(kMaxJsonDepth));
        }
        if (!open_.empty())
            names_.push_back(open_.back()->is_array()
                                 ? "[" + std::to_string(open_.back()->size()) + "]"
                                 : std::move(name_));
        open_.push_back(place(std::move(value)));
        return true;
    }
    bool close() {
        open_.pop_back();
        if (!names_.empty()) names_.pop_back();
        return true;
    }

    const std::string& where_;
    json root_;
    std::vector<json*> open_;         ///< from the root to the innermost; no sibling moves them
    std::vector<std::string> names_;  ///< of those below the root: a key, or "[3]"
    json* member_ = nullptr;          ///< the value of the last key
    std::string name_;                ///< that key
};

}  // namespace

json parse_json(const std::string& where, std::string_view text) {
    // The library takes a zero byte for the end.
    if (const size_t zero = text.find('\0'); zero != std::string_view::npos)
        throw UserError(where + ": is not valid JSON: byte " + std::to_string(zero) + " is zero");
    StrictBuilder builder(where);
    json::sax_parse(text.begin(), text.end(), &builder);
    return builder.take();
}

std::string json_excerpt(const json& value) {
    if (value.is_structured()) {
        const std::string kind = value.is_array() ? "an array" : "an object";
        return kind + " of " + std::to_string(value.size());
    }
    if (value.is_number_float()) {
        const auto number = value.get<double>();
        if (std::isnan(number)) return "nan";  // JSON has no name for it, nor for infinity
        const double size = std::fabs(number);
        if (std::isinf(number) || (size >= kMinLarge && size < kMaxLarge)) {
            char text[32];
            std::snprintf(text, sizeof text, "%.0f", number);
            return text;
        }
    }
    return printable(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace tessera::host
