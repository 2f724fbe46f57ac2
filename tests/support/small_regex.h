// SPDX-License-Identifier: MIT
// Regular expressions of the kind that tokenizers have, read from their text and matched by
// backtracking: (?i:...), (?!...), |, sets, \s \S \p{L} \p{N} \r \n, and the greedy ? * + {1,3}.
#pragma once
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::test {

class SmallRegex {
  public:
    /// 'L', 'N' and 'S' for a letter, a number and a space; anything else for other characters.
    using Kind = std::function<char(char32_t)>;

    SmallRegex(std::string regex, Kind kind) : regex_(std::move(regex)), kind_(std::move(kind)) {
        branches_ = parse_branches(false);
        if (at_ != regex_.size()) throw std::invalid_argument("regex");
    }

    /// Length of the match at the beginning of `text`; 0 if there is none.
    size_t match(std::u32string_view text) const {
        size_t length = 0;
        any_branch(branches_, text, 0, [&](size_t end) {
            length = end;
            return true;
        });
        return length;
    }

  private:
    using Set = std::function<bool(char32_t)>;
    struct Item;
    using Branch = std::vector<Item>;
    struct Item {
        Set set;                       ///< of one character, or, if there is none:
        std::vector<Branch> branches;  ///< of a bracket
        bool not_ahead = false;        ///< which may not match here
        size_t least = 1, most = 1;
    };
    using Rest = std::function<bool(size_t)>;

    bool take(std::string_view text) {
        if (regex_.compare(at_, text.size(), text) != 0) return false;
        at_ += text.size();
        return true;
    }

    std::vector<Branch> parse_branches(bool any_case) {
        std::vector<Branch> branches(1);
        while (at_ < regex_.size() && regex_[at_] != ')') {
            if (take("|"))
                branches.emplace_back();
            else
                branches.back().push_back(parse_item(any_case));
        }
        return branches;
    }

    Item parse_item(bool any_case) {
        Item item;
        const bool folds = take("(?i:");
        item.not_ahead = !folds && take("(?!");
        if (folds || item.not_ahead) {
            item.branches = parse_branches(any_case || folds);
            if (!take(")")) throw std::invalid_argument("regex");
        } else if (take("[")) {
            item.set = parse_set();
        } else {
            item.set = parse_one(any_case);
        }
        constexpr size_t kMany = 1000000;
        if (take("?")) item.least = 0;
        if (take("*")) item.least = 0, item.most = kMany;
        if (take("+")) item.most = kMany;
        if (take("{1,3}")) item.most = 3;
        return item;
    }

    Set parse_set() {
        const bool inverted = take("^");
        std::vector<Set> members;
        while (!take("]")) members.push_back(parse_one(false));
        return [members, inverted](char32_t c) {
            for (const Set& member : members)
                if (member(c)) return !inverted;
            return inverted;
        };
    }

    Set parse_one(bool any_case) {
        for (const auto& [text, wanted] : {std::pair{"\\p{L}", 'L'}, {"\\p{N}", 'N'}, {"\\s", 'S'}})
            if (take(text)) return [this, kind = wanted](char32_t c) { return kind_(c) == kind; };
        if (take("\\S")) return [this](char32_t c) { return kind_(c) != 'S'; };
        if (take("\\r")) return [](char32_t c) { return c == U'\r'; };
        if (take("\\n")) return [](char32_t c) { return c == U'\n'; };
        const auto letter = static_cast<char32_t>(regex_.at(at_++));
        if (!any_case) return [letter](char32_t c) { return c == letter; };
        return [letter](char32_t c) {
            return c == letter || (letter >= U'a' && c == letter - U'a' + U'A') ||
                   (letter == U's' && c == 0x17f);
        };
    }

    bool any_branch(const std::vector<Branch>& branches, std::u32string_view text, size_t at,
                    const Rest& rest) const {
        for (const Branch& branch : branches)
            if (items(branch, 0, 0, text, at, rest)) return true;
        return false;
    }

    /// The items from `index` on, of which the first has matched `count` times, then the rest.
    bool items(const Branch& branch, size_t index, size_t count, std::u32string_view text,
               size_t at, const Rest& rest) const {
        if (index == branch.size()) return rest(at);
        const Item& item = branch[index];
        const Rest again = [&](size_t end) {
            return items(branch, index, count + 1, text, end, rest);
        };
        if (item.not_ahead) {
            if (any_branch(item.branches, text, at, [](size_t) { return true; })) return false;
            return items(branch, index + 1, 0, text, at, rest);
        }
        if (count < item.most) {
            if (!item.set && any_branch(item.branches, text, at, again)) return true;
            if (item.set && at < text.size() && item.set(text[at]) && again(at + 1)) return true;
        }
        return count >= item.least && items(branch, index + 1, 0, text, at, rest);
    }

    const std::string regex_;
    const Kind kind_;
    size_t at_ = 0;
    std::vector<Branch> branches_;
};

}  // namespace tessera::test
