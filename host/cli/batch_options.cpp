// SPDX-License-Identifier: MIT
#include "host/cli/batch_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/io/mapped_file.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

constexpr const char* kExample =
    "whole numbers with commas between them: 100,2000,65536, or @FILE with such numbers";

bool is_file(const std::string& list) { return !list.empty() && list.front() == '@'; }

CLI::Validator list_or_file() {
    return {[](std::string& text) {
                if (text.empty()) return std::string("an empty list is not allowed");
                return std::string(text == "@" ? "@ needs a file name after it" : "");
            },
            ""};
}

/// The numbers of a list, or those of the text file that "@FILE" names. There spaces and line ends
/// may stand between them as well, and editors put a byte order mark before them.
std::vector<uint32_t> numbers_of(const char* option, const std::string& list) {
    if (!is_file(list)) return number_list(option, list, kExample);
    const MappedFile file(list.substr(1));
    std::string text(file.data(), file.data() + file.bytes());
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0)
        text.erase(0, kByteOrderMark.size());
    std::replace(text.begin(), text.end(), ',', ' ');
    std::istringstream stream(text);
    std::vector<uint32_t> numbers;
    for (std::string word; stream >> word;) {
        uint32_t number;
        if (!parses_as(word, number))
            throw bad_value("command line", option,
                            fmt::format("{} in {}", printable(word), printable(file.path())),
                            "whole numbers with commas, spaces or line ends between them");
        numbers.push_back(number);
    }
    if (numbers.empty())
        throw bad_value("command line", option, printable(list), "a file with at least one number");
    return numbers;
}

/// UserError unless lengths, padding and offsets go together.
void check_combination(const RunOptions& o) {
    const bool lengths = !o.query_lengths.empty() || !o.key_lengths.empty();
    if (!o.key_offsets.empty() && o.query_offsets.empty())
        throw UserError("command line: --cu-seqlens-k needs --cu-seqlens-q");
    if (!o.padding.empty() && !lengths)
        throw UserError("command line: --padding needs --key-lengths or --query-lengths");
    if (lengths && !o.query_offsets.empty())
        throw UserError(
            "command line: --cu-seqlens-q is given with --key-lengths or --query-lengths; "
            "sequences are either packed or padded");
}

}  // namespace

void add_batch_options(CLI::App& run, RunOptions& o) {
    const char* group = "Batch (docs/use/cli.md)";
    const auto list = [&](const char* name, std::string& value, const char* text) {
        run.add_option(name, value, text)->check(list_or_file())->type_name("LIST")->group(group);
    };
    list("--key-lengths", o.key_lengths,
         "number of keys of each sequence, the others are padding: 100,2000,65536 or @FILE");
    list("--query-lengths", o.query_lengths,
         "number of queries of each sequence, likewise; output beyond them is zeros");
    run.add_option("--padding", o.padding, "side of the padding: right (default) or left")
        ->check(not_empty())
        ->type_name("SIDE")
        ->group(group);
    list("--cu-seqlens-q", o.query_offsets,
         "offsets of packed sequences in the tokens of q: 0, then the end of each: 0,100,2100 or "
         "@FILE");
    list("--cu-seqlens-k", o.key_offsets,
         "offsets of packed sequences in the tokens of k and v (default: as --cu-seqlens-q)");
    run.add_option("--batch", o.batch,
                   "number of random sequences, HEADS heads each (default: as many as lengths)")
        ->check(from_one(spec::kPositionLimit - 1))
        ->type_name("N")
        ->needs(run.get_option("--random"))
        ->group(group);
}

void set_lengths(const RunOptions& o, Problem& problem) {
    check_combination(o);
    if (!o.query_lengths.empty())
        problem.query_lengths = numbers_of("--query-lengths", o.query_lengths);
    if (!o.key_lengths.empty()) problem.key_lengths = numbers_of("--key-lengths", o.key_lengths);
    if (!o.padding.empty())
        problem.padding = choose<Padding>("--padding", o.padding,
                                          {{"right", Padding::kRight}, {"left", Padding::kLeft}});
    if (o.query_offsets.empty()) return;
    problem.query_offsets = numbers_of("--cu-seqlens-q", o.query_offsets);
    problem.key_offsets =
        o.key_offsets.empty() ? problem.query_offsets : numbers_of("--cu-seqlens-k", o.key_offsets);
}

std::vector<std::string> list_files(const RunOptions& o) {
    std::vector<std::string> files;
    for (const auto* list : {&o.query_lengths, &o.key_lengths, &o.query_offsets, &o.key_offsets})
        if (is_file(*list)) files.push_back(list->substr(1));
    return files;
}

void set_batch(const RunOptions& o, const Problem& problem, RandomShape& shape) {
    const std::vector<uint32_t>& keys = problem.key_lengths;
    shape.batch = o.batch != 0 ? o.batch : std::max(keys.size(), problem.query_lengths.size());
    if (shape.keys == 0 && !keys.empty()) shape.keys = *std::max_element(keys.begin(), keys.end());
    if (shape.keys == 0 && !o.key_offsets.empty()) shape.keys = problem.key_offsets.back();
}

}  // namespace tessera::host
