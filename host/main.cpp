// SPDX-License-Identifier: MIT
// The command `tessera`. SystemC wants to own main(); here main() is ours, because the banner that
// SystemC prints can only be switched off before its kernel starts.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <systemc>
#include <vector>

#include "host/cli/compare_command.h"
#include "host/cli/completions.h"
#include "host/cli/diff_command.h"
#include "host/cli/explain_command.h"
#include "host/cli/field_options.h"
#include "host/cli/generate_command.h"
#include "host/cli/heads_command.h"
#include "host/cli/lists.h"
#include "host/cli/manual.h"
#include "host/cli/model_commands.h"
#include "host/cli/options.h"
#include "host/cli/profile_command.h"
#include "host/cli/report_command.h"
#include "host/cli/run_command.h"
#include "host/cli/serve_command.h"
#include "host/cli/sweep_command.h"
#include "host/cli/task_command.h"
#include "host/cli/terminal.h"
#include "host/cli/verify_command.h"
#include "host/error.h"
#include "host/io/cleanup.h"

namespace {

using namespace tessera::host;

int dispatch(const std::vector<std::string>& command_line) {
    const CommandLine line = parse_command_line(
        {command_line.begin() + (command_line.empty() ? 0 : 1), command_line.end()});
    switch (line.command) {
        case CommandName::kRun:
        case CommandName::kGemm:
        case CommandName::kLinear: return run_command(line, command_line);
        case CommandName::kVerify: return verify_command(line, command_line);
        case CommandName::kVerifyModel: return verify_model_command(line, command_line);
        case CommandName::kCompare: return compare_command(line, command_line);
        case CommandName::kReport: return report_command(line.page);
        case CommandName::kSweep: return sweep_command(line.sweep, line.format);
        case CommandName::kMerge: return merge_command(line.merge, line.format);
        case CommandName::kDiff: return diff_command(line.diff, line.format);
        case CommandName::kTranscribe: return transcribe_command(line, command_line);
        case CommandName::kEmbed: return embed_command(line, command_line);
        case CommandName::kGenerate: return generate_command(line, command_line);
        case CommandName::kServe: return serve_command(line, command_line);
        case CommandName::kHeads: return heads_command(line, command_line);
        case CommandName::kProfile: return profile_command(line, command_line);
        case CommandName::kTask: return task_command(line, command_line);
        case CommandName::kDevices: fmt::print("{}", device_list()); break;
        case CommandName::kSchedules: fmt::print("{}", schedule_list()); break;
        case CommandName::kCovers: fmt::print("{}", cover_list()); break;
        case CommandName::kExplain: return explain_command(line.key);
        case CommandName::kCompletions: fmt::print("{}", completion_script(line.shell)); break;
        case CommandName::kManual: fmt::print("{}", manual_page()); break;
        case CommandName::kMemories: fmt::print("{}", memory_list()); break;
        case CommandName::kNone: fmt::print("{}", line.text); break;
    }
    return kExitGood;
}

/// Says it on stderr; if that cannot be written, the exit code has to do.
void complain(const std::string& text) {
    std::fputs((coloured("tessera", Colour::kRed, stderr) + ": " + text + "\n").c_str(), stderr);
}

int internal_error(const std::exception& error) {
    complain(std::string("internal error: ") + error.what() + "\nThis is a bug; please report it.");
    return kExitInternalError;
}

int failure(const tessera::Error& error) {
    if (error.code() == tessera::ErrorCode::kInternal) return internal_error(error);
    complain(one_line(message_text(error)));
    return exit_code(error.code());
}

/// A file that we open must never get the number of a standard stream that was closed. A stream
/// that cannot be written must be noticed: closed ones are opened for reading only.
void open_standard_files() {
    while (true) {
        const int file = open("/dev/null", O_RDONLY);
        if (file < 0) return;
        if (file > STDERR_FILENO) {
            close(file);
            return;
        }
    }
}

}  // namespace

int sc_main(int argc, char* argv[]) {
    const std::vector<std::string> command_line(argv, argv + argc);
    try {
        const int exit_code = dispatch(command_line);
        if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
        complain(std::string("stdout: cannot be written: ") + std::strerror(errno));
        return kExitUserError;
    } catch (const tessera::Error& error) {
        return failure(error);
    } catch (const std::system_error& error) {
        if (std::ferror(stdout) == 0) return internal_error(error);
        complain("stdout: cannot be written: " + error.code().message());  // of fmt::print
        return kExitUserError;
    } catch (const std::bad_alloc&) {
        complain("out of host memory; try a smaller problem, or --timing-only");
        return kExitUserError;
    } catch (const std::exception& error) {
        return internal_error(error);
    }
}

int main(int argc, char* argv[]) {
    open_standard_files();
    handle_signals(
        "tessera: a mapped file has lost its bytes: an input was cut short while it was read, or "
        "the disk has no room for --wave\n");
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
