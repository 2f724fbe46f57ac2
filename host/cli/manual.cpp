// SPDX-License-Identifier: MIT
#include "host/cli/manual.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "host/cli/commands.h"
#include "host/cli/exit_meanings.h"
#include "host/version.h"

namespace tessera::host {
namespace {

/// Text as roff shows it: a hyphen as one, no line that begins like a request.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
            out += std::string("\\&") + c;
        else
            out += c;
    }
    return out;
}

std::string option_text(const CLI::Option& option) {
    std::string names;
    for (const std::string& name : option.get_lnames())
        names += (names.empty() ? "\\fB" : ", \\fB") + roff("--" + name) + "\\fR";
    if (names.empty()) names = "\\fI" + roff(option.get_name()) + "\\fR";
    if (option.get_items_expected_max() != 0 && !option.get_lnames().empty())
        names += " \\fI" + roff(option.get_type_name()) + "\\fR";
    return ".TP\n" + names + "\n" + roff(option.get_description()) + "\n";
}

/// Examples stand as they are written.
std::string footer_text(const CLI::App& command) {
    if (command.get_footer().empty()) return "";
    return ".PP\n.nf\n" + roff(command.get_footer()) + "\n.fi\n";
}

std::string command_text(const CLI::App& command, const std::string& path) {
    const std::string name = path + " " + command.get_name();
    std::string text = fmt::format(".SS {}\n{}.\n", roff(name), roff(command.get_description()));
    for (const CLI::Option* option : command.get_options())
        if (option->get_name() != "--help") text += option_text(*option);
    text += footer_text(command);
    for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; }))
        text += command_text(*below, name);
    return text;
}

}  // namespace

std::string manual_page() {
    std::string text;
    with_all_commands([&text](const CLI::App& app) {
        text = fmt::format(
            ".TH TESSERA 1 \"\" \"tessera {}\"\n.SH NAME\n"
            "tessera \\- exact attention on a simulated accelerator\n.SH SYNOPSIS\n"
            "\\fBtessera\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n{}\n{}"
            ".SH COMMANDS\n",
            kVersion, roff(app.get_description()), footer_text(app));
        for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
            text += command_text(*command, "tessera");
    });
    text += ".SH EXIT STATUS\n";
    for (const ExitCode& one : kExitCodes)
        text += fmt::format(".TP\n{}\n{}\n", one.code, roff(one.meaning));
    text += ".SH ENVIRONMENT\n.TP\nNO_COLOR\nif it is set and not empty, nothing is coloured\n";
    return text;
}

}  // namespace tessera::host
