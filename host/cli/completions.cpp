// SPDX-License-Identifier: MIT
#include "host/cli/completions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "host/approximation/approximation.h"
#include "host/cli/commands.h"
#include "host/config/config.h"
#include "host/config/keys.h"
#include "host/cover/cover.h"
#include "host/error.h"
#include "host/experiment/names.h"
#include "host/experiment/problem_of.h"
#include "host/problem/problem.h"

namespace tessera::host {
namespace {

using Names = std::vector<std::string>;

template <typename Table>
Names names_in(const Table& table, const Names& more = {}) {
    Names names = more;
    std::transform(std::begin(table), std::end(table), std::inserter(names, names.begin()),
                   [](const auto& entry) { return std::string(entry.name); });
    return names;
}

template <typename Choice>
Names choices() {
    return names_in(names_of(Choice()));
}

Names setting_names() {
    Names names;
    for (const ConfigKey& key : config_keys())
        if (key.settable) names.push_back(key.path + "=");
    return names;
}

struct OptionNames {
    const char* option;
    Names (*names)();
};

/// Schedules that need nothing more than their name.
Names schedules_by_name() {
    Names names;
    for (const ScheduleInfo& info : schedules())
        if (!info.listed) names.emplace_back(info.name);
    return names;
}

/// Which names an option takes, whatever the command.
constexpr OptionNames kOptionNames[] = {
    {"--device", [] { return names_in(device_presets()); }},
    {"--memory", [] { return names_in(memory_presets()); }},
    {"--set", setting_names},
    {"--impl", choices<Implementation>},
    {"--engine", choices<Engine>},
    {"--mask", choices<MaskKind>},
    {"--align", choices<Align>},
    {"--padding", choices<Padding>},
    {"--layout",
     [] {
         return Names{"bhtd", "bthd"};
     }},
    {"--schedule", [] { return names_in(schedules(), {kAutoSchedule}); }},
    {"--schedules", schedules_by_name},
    {"--oracle", choices<Oracle>},
    {"--cover", [] { return names_in(cover_kinds()); }},
    {"--covers", [] { return names_in(cover_kinds()); }},
    {"--sentinel", choices<Sentinel>},
    {"--approximate", [] { return names_in(approximation_rules()); }},
    {"--output-format", choices<OutputFormat>},
    {"--form", choices<tessera::GemmForm>},
    {"--precision", choices<Precision>},
    {"--format",
     [] {
         return Names{"table", "json", "csv", "markdown"};
     }},
    {"--profiles",
     [] {
         return Names{"stateful", "stats", "blackbox"};
     }},
    {"--heads",
     [] {
         return Names{"separate", "stacked", "separate,stacked"};
     }},
};

/// An option as a shell sees it.
struct ShellOption {
    std::string name;  ///< "--device"
    std::string text;
    Names names;  ///< that it takes
    bool takes_value = false, takes_file = false;
};

struct ShellCommand {
    std::string name, text;
    std::vector<ShellOption> options;
    Names below;  ///< `gemm` of `verify gemm`
};

bool names_files(const std::string& type) {
    return type.find("FILE") != type.npos || type.find("DIR") != type.npos ||
           type.find("FOLDER") != type.npos;
}

std::vector<ShellOption> options_of(const CLI::App& command) {
    std::vector<ShellOption> options;
    for (const CLI::Option* option : command.get_options()) {
        const bool takes_value = option->get_items_expected_max() != 0;
        for (const std::string& name : option->get_lnames())
            options.push_back({"--" + name, option->get_description(),
                               takes_value ? names_of_option("--" + name) : Names(), takes_value,
                               names_files(option->get_type_name())});
    }
    return options;
}

std::vector<const CLI::App*> commands_below(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<ShellCommand> shell_commands() {
    std::vector<ShellCommand> all;
    with_all_commands([&](const CLI::App& app) {
        for (const CLI::App* command : commands_below(app)) {
            ShellCommand one{
                command->get_name(), command->get_description(), options_of(*command), {}};
            for (const CLI::App* below : commands_below(*command)) {
                one.below.push_back(below->get_name());
                for (ShellOption& option : options_of(*below))
                    if (std::none_of(one.options.begin(), one.options.end(),
                                     [&](const ShellOption& o) { return o.name == option.name; }))
                        one.options.push_back(std::move(option));
            }
            if (one.name == "completions") one.below = {"bash", "zsh", "fish"};
            all.push_back(std::move(one));
        }
    });
    return all;
}

/// For single quotes of a shell, on one line.
std::string in_quotes(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c == '\n' ? ' ' : c;
    }
    return out + "'";
}

std::string bash_script() {
    const std::vector<ShellCommand> all = shell_commands();
    std::string names, cases, values;
    Names seen;
    for (const ShellCommand& command : all) {
        names += command.name + " ";
        Names words = command.below;
        for (const ShellOption& option : command.options) {
            words.push_back(option.name);
            const bool fresh = std::find(seen.begin(), seen.end(), option.name) == seen.end();
            if (!option.takes_value || !fresh) continue;
            seen.push_back(option.name);
            const std::string offered =
                option.names.empty()
                    ? "    # no names"
                    : fmt::format("    COMPREPLY=($(compgen -W '{}' -- \"$word\"))",
                                  fmt::join(option.names, " "));
            values += fmt::format(
                "    {})\n    {}\n{}        return ;;\n", option.name, offered,
                option.takes_file || option.names.empty() ? "        compopt -o default\n" : "");
        }
        cases += fmt::format("    {}) words='{}' ;;\n", command.name, fmt::join(words, " "));
    }
    return fmt::format(R"(# bash completion for tessera; written by `tessera completions bash`
_tessera() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words=
    COMPREPLY=()
    [ "$word" = = ] && word=
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{}--help --version' -- "$word"))
        return
    fi
    [ "$before" = = ] && before=${{COMP_WORDS[COMP_CWORD - 2]}}
    case $before in
{}    esac
    case ${{COMP_WORDS[1]}} in
{}    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    compopt -o default
}}
complete -F _tessera tessera
)",
                       names, values, cases);
}

/// In a description of zsh's _arguments these end it.
std::string without_brackets(std::string text) {
    for (char& c : text)
        if (c == '[' || c == ']' || c == ':') c = c == '[' ? '(' : c == ']' ? ')' : ',';
    return text;
}

std::string zsh_script() {
    std::string commands, cases;
    for (const ShellCommand& command : shell_commands()) {
        commands +=
            fmt::format("    {}\n", in_quotes(command.name + ":" + without_brackets(command.text)));
        cases += fmt::format("    {}) _arguments", command.name);
        for (const ShellOption& option : command.options) {
            std::string spec = option.name;
            if (option.takes_value) spec += "=";
            spec += "[" + without_brackets(option.text) + "]";
            if (!option.names.empty() && option.takes_file)
                spec += fmt::format(":name:_alternative \"names:name:({})\" \"files:file:_files\"",
                                    fmt::join(option.names, " "));
            else if (!option.names.empty())
                spec += fmt::format(":name:({})", fmt::join(option.names, " "));
            else if (option.takes_value)
                spec += option.takes_file ? ":file:_files" : ":value: ";
            cases += " \\\n        " + in_quotes(spec);
        }
        if (!command.below.empty())
            cases += " \\\n        " +
                     in_quotes(fmt::format("1:name:({})", fmt::join(command.below, " ")));
        cases += " \\\n        '*:file:_files' ;;\n";
    }
    return fmt::format(R"(#compdef tessera
# zsh completion for tessera; written by `tessera completions zsh`
local -a commands
commands=(
{})
if (( CURRENT == 2 )); then
    _describe command commands
    return
fi
shift words
(( CURRENT-- ))
case $words[1] in
{}esac
)",
                       commands, cases);
}

std::string fish_script() {
    std::string text = "# fish completion for tessera; written by `tessera completions fish`\n";
    for (const ShellCommand& command : shell_commands()) {
        text += fmt::format("complete -c tessera -f -n __fish_use_subcommand -a {} -d {}\n",
                            command.name, in_quotes(command.text));
        const std::string here =
            fmt::format("complete -c tessera -n '__fish_seen_subcommand_from {}'", command.name);
        if (!command.below.empty())
            text += fmt::format("{} -a '{}'\n", here, fmt::join(command.below, " "));
        for (const ShellOption& option : command.options) {
            std::string line = fmt::format("{} -l {}", here, option.name.substr(2));
            if (option.takes_value) line += option.takes_file ? " -r" : " -x";
            if (!option.names.empty())
                line += fmt::format(" -a '{}'", fmt::join(option.names, " "));
            text += line + " -d " + in_quotes(option.text) + "\n";
        }
    }
    return text;
}

}  // namespace

std::vector<std::string> names_of_option(const std::string& option) {
    for (const OptionNames& row : kOptionNames)
        if (option == row.option) return row.names();
    return {};
}

std::string completion_script(const std::string& shell) {
    if (shell == "bash") return bash_script();
    if (shell == "zsh") return zsh_script();
    if (shell == "fish") return fish_script();
    throw bad_value("command line", "SHELL", shell, "bash, zsh, fish");
}

}  // namespace tessera::host
