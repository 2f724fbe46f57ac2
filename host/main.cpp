// SPDX-License-Identifier: MIT
// The command `tessera`. SystemC wants to own main(); here main() is ours, because the banner that
// SystemC prints can only be switched off before its kernel starts.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <systemc>
#include <vector>

#include "host/cli/device_error.h"
#include "host/cli/lists.h"
#include "host/cli/options.h"
#include "host/cli/run_command.h"
#include "host/cli/verify_command.h"
#include "host/error.h"

namespace {

using namespace tessera::host;

int dispatch(const std::vector<std::string>& command_line) {
    const CommandLine line = parse_command_line(
        {command_line.begin() + (command_line.empty() ? 0 : 1), command_line.end()});
    switch (line.command) {
        case CommandName::kRun: return run_command(line.run, command_line);
        case CommandName::kVerify: return verify_command(line.run, line.verify, command_line);
        case CommandName::kDevices: fmt::print("{}", device_list()); break;
        case CommandName::kSchedules: fmt::print("{}", schedule_list()); break;
        case CommandName::kMemories: fmt::print("{}", memory_list()); break;
        case CommandName::kNone: fmt::print("{}", line.text); break;
    }
    return kExitGood;
}

}  // namespace

int sc_main(int argc, char* argv[]) {
    const std::vector<std::string> command_line(argv, argv + argc);
    try {
        return dispatch(command_line);
    } catch (const UserError& error) {
        fmt::print(stderr, "tessera: {}\n", error.what());
        return kExitUserError;
    } catch (const DeviceError& error) {
        fmt::print(stderr, "tessera: {}\n", error.what());
        return kExitDeviceError;
    } catch (const std::bad_alloc&) {
        fmt::print(stderr, "tessera: this computer has not enough memory for the problem\n");
        return kExitUserError;
    } catch (const std::exception& error) {
        fmt::print(stderr, "tessera: internal error: {}\nThis is a bug; please report it.\n",
                   error.what());
        return kExitInternalError;
    }
}

int main(int argc, char* argv[]) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
