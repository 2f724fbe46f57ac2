// SPDX-License-Identifier: MIT
#include "host/sweep/condition.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/sweep/field_path.h"

namespace tessera::host {

using Json = nlohmann::json;

/// A value, or an operator between two.
struct Condition::Node {
    std::string sign = {};  ///< of an operator
    Json value = {};        ///< of a literal
    std::optional<FieldPath> field = {};
    std::shared_ptr<const Node> left = {}, right = {};
};

namespace {

using Node = Condition::Node;
using NodePointer = std::shared_ptr<const Node>;

constexpr size_t kMaxText = 1000;  // so that nested parentheses are no danger
constexpr const char* kForm =
    "comparisons of fields, numbers and 'texts', with or between them; docs/use/sweeps.md has the "
    "grammar";

bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

class Parser {
  public:
    explicit Parser(const std::string& text) : text_(text) {}

    NodePointer parse() {
        NodePointer node = condition();
        if (at_ != text_.size()) stop("does not belong there");
        return node;
    }

  private:
    [[noreturn]] void stop(const std::string& what) {
        blanks();
        throw UserError(at_ == text_.size() ? "it ends too early"
                                            : "\"" + printable(text_.substr(at_)) + "\" " + what);
    }

    void blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }

    /// Takes one of these signs, of which longer ones come first, if one is next.
    std::string take(const std::vector<const char*>& signs) {
        blanks();
        for (const std::string sign : signs) {
            if (text_.compare(at_, sign.size(), sign) != 0) continue;
            const size_t end = at_ + sign.size();
            if (is_name(sign.back()) && end < text_.size() && is_name(text_[end])) continue;
            at_ = end;
            return sign;
        }
        return "";
    }

    /// Operands with some of `signs` between them, the first ones together.
    NodePointer chain(NodePointer (Parser::*operand)(), const std::vector<const char*>& signs) {
        NodePointer node = (this->*operand)();
        for (std::string sign; !(sign = take(signs)).empty();)
            node = std::make_shared<Node>(Node{sign, {}, {}, node, (this->*operand)()});
        return node;
    }

    NodePointer condition() { return chain(&Parser::comparison, {"or"}); }
    NodePointer comparison() {
        NodePointer left = sum();
        const std::string sign = take({"==", "!=", "<=", ">=", "<", ">"});
        if (sign.empty()) stop("stands where a comparison is wanted: ==, !=, <, <=, >, >=");
        return std::make_shared<Node>(Node{sign, {}, {}, left, sum()});
    }
    NodePointer sum() { return chain(&Parser::product, {"+", "-"}); }
    NodePointer product() { return chain(&Parser::value, {"*", "/", "%"}); }

    NodePointer value() {
        if (!take({"("}).empty()) {
            NodePointer inner = sum();
            if (take({")"}).empty()) stop("stands where ) is wanted");
            return inner;
        }
        if (!take({"'"}).empty()) return quoted();
        double number = 0;
        const char* const end = text_.data() + text_.size();
        const auto read = std::from_chars(text_.data() + at_, end, number);
        if (read.ec == std::errc() && std::isfinite(number)) {
            at_ = static_cast<size_t>(read.ptr - text_.data());
            return literal(number);
        }
        return named();
    }

    NodePointer quoted() {
        const size_t end = text_.find('\'', at_);
        if (end == std::string::npos) stop("has no closing '");
        const std::string text = text_.substr(at_, end - at_);
        at_ = end + 1;
        return literal(text);
    }

    NodePointer named() {
        size_t end = at_;
        while (end < text_.size() && is_name(text_[end])) ++end;
        const std::string name = text_.substr(at_, end - at_);
        if (name.empty()) stop("stands where a field, a number or a 'text' is wanted");
        const size_t begin = std::exchange(at_, end);
        if (name == "true" || name == "false") return literal(name == "true");
        if (name == "null") return literal(nullptr);
        const std::optional<FieldPath> field = FieldPath::find(name);
        if (field) return std::make_shared<Node>(Node{{}, {}, field, {}, {}});
        at_ = begin;
        stop("is no field that a sweep can set");
    }

    static NodePointer literal(Json value) {
        return std::make_shared<Node>(Node{{}, std::move(value), {}, {}, {}});
    }

    const std::string& text_;
    size_t at_ = 0;
};

/// A setting is a text even where it is a number.
Json as_number(const Json& value) {
    if (!value.is_string()) return value;
    const auto& text = value.get_ref<const std::string&>();
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole && std::isfinite(number) ? Json(number) : value;
}

double number_of(const Json& value) {
    const Json number = as_number(value);
    if (!number.is_number()) throw UserError(json_excerpt(value) + " is no number");
    return number.get<double>();
}

Json calculated(const std::string& sign, double x, double y) {
    if ((sign == "/" || sign == "%") && y == 0) throw UserError("a number is divided by zero");
    if (sign == "+") return x + y;
    if (sign == "-") return x - y;
    if (sign == "*") return x * y;
    return sign == "/" ? x / y : std::fmod(x, y);
}

bool equal(const Json& x, const Json& y) {
    const Json a = as_number(x), b = as_number(y);
    if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
    return x == y;
}

bool compared(const std::string& sign, const Json& x, const Json& y) {
    if (sign == "==") return equal(x, y);
    if (sign == "!=") return !equal(x, y);
    const double a = number_of(x), b = number_of(y);
    if (sign == "<") return a < b;
    if (sign == "<=") return a <= b;
    return sign == ">" ? a > b : a >= b;
}

Json value_of(const Node& node, const Experiment& experiment) {
    if (node.field) return node.field->get(experiment);
    if (node.sign.empty()) return node.value;
    const Json left = value_of(*node.left, experiment);
    if (node.sign == "or") return left.get<bool>() || value_of(*node.right, experiment).get<bool>();
    const Json right = value_of(*node.right, experiment);
    if (std::string("+-*/%").find(node.sign) != std::string::npos)
        return calculated(node.sign, number_of(left), number_of(right));
    return compared(node.sign, left, right);
}

}  // namespace

Condition::Condition(std::string where, std::string text)
    : where_(std::move(where)), text_(std::move(text)) {
    if (text_.size() > kMaxText)
        throw bad_value(where_, "where", printable(text_), "at most 1000 characters");
    try {
        root_ = Parser(text_).parse();
    } catch (const UserError& error) {
        throw bad_value(where_, "where", printable(text_),
                        std::string(kForm) + "; " + error.text());
    }
}

bool Condition::holds(const Experiment& experiment) const {
    try {
        return value_of(*root_, experiment).get<bool>();
    } catch (const UserError& error) {
        throw UserError(where_ + ": where \"" + printable(text_) + "\": " + error.text());
    }
}

}  // namespace tessera::host
