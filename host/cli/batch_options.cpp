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

}  // namespace

void add_batch_options(CLI::App& run, CommandLine& line) {
    const char* group = "Batch (docs/use/cli.md)";
    Experiment::Batch& batch = line.experiment.workload.batch;
    const auto list = [&](const char* name, std::vector<uint32_t>& numbers, const char* text) {
        const auto set = [&line, &numbers, name](const std::string& given) {
            numbers = numbers_of(name, given);
            if (is_file(given)) line.sources.push_back(given.substr(1));
        };
        run.add_option_function<std::string>(name, set, text)
            ->check(list_or_file())
            ->type_name("LIST")
            ->group(group);
    };
    list("--key-lengths", batch.key_lengths,
         "number of keys of each sequence, the others are padding: 100,2000,65536 or @FILE");
    list("--query-lengths", batch.query_lengths,
         "number of queries of each sequence, likewise; output beyond them is zeros");
    add_choice<Padding>(run, "--padding", batch.padding,
                        "side of the padding: right (default) or left")
        ->check(not_empty())
        ->type_name("SIDE")
        ->group(group);
    list("--cu-seqlens-q", batch.query_offsets,
         "offsets of packed sequences in the tokens of q: 0, then the end of each: 0,100,2100 or "
         "@FILE");
    list("--cu-seqlens-k", batch.key_offsets,
         "offsets of packed sequences in the tokens of k and v (default: as --cu-seqlens-q)");
    run.add_option("--batch", line.experiment.workload.random.batch,
                   "number of random sequences, HEADS heads each (default: as many as lengths)")
        ->check(from_one(spec::kPositionLimit - 1))
        ->type_name("N")
        ->needs(run.get_option("--random"))
        ->group(group);
}

}  // namespace tessera::host
