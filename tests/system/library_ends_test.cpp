// SPDX-License-Identifier: MIT
// A run of the library that does not come to its end, and what is told of one until then: files,
// the share that is done, the limits of the computer.
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/run/forked.h"
#include "include/tessera/tessera.h"
#include "tests/support/error_of.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::error_of;

namespace {

/// Takes a second or so.
Experiment on_tiny(bool timing_only) {
    Experiment e;
    e.machine.device = "tiny";
    e.workload.random.tokens = 10000;
    e.workload.random.dimension = 8;
    e.outputs.timing_only = timing_only;
    e.outputs.check = false;
    return e;
}

/// The process that writes a temporary in `folder`, from the file's name; 0: none does.
pid_t writer_in(const std::string& folder) {
    const std::string mark = ".tmp-";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const size_t at = name.find(mark);
        if (at != std::string::npos) return std::stoi(name.substr(at + mark.size()));
    }
    return 0;
}

}  // namespace

TEST_CASE("a run that is cancelled or killed leaves neither files nor folders") {
    Compared compared("facts");
    for (const bool killed : {false, true})
        for (const char* made : {"", "deep/"}) {
            const test::Scratch scratch;
            const auto where = [&] {
                return (killed ? "killed " : "cancelled ") + std::string(made);
            };
            Experiment e = on_tiny(false);
            e.outputs.folder = scratch / (std::string(made) + "out");
            if (*made == '\0') std::filesystem::create_directory(e.outputs.folder);
            bool writing = false;
            RunHooks hooks;
            hooks.progress = [&](const std::string& phase, double) {
                if (phase != "simulating" || writing) return true;
                const pid_t process = writer_in(e.outputs.folder);
                writing = process != 0;
                if (writing && killed) ::kill(process, SIGKILL);
                return killed || !writing;
            };
            const Error error = error_of([&] { run(e, hooks); });
            compared.equal(static_cast<int>(error.code()),
                           static_cast<int>(killed ? ErrorCode::kInternal : ErrorCode::kCancelled),
                           where);
            compared.holds(writing, where);
            compared.equal(scratch.entries(), size_t{*made == '\0' ? 1u : 0u}, where);
        }
}

TEST_CASE("the share of a simulation that is done rises") {
    Compared compared("facts");
    Experiment gemm;
    gemm.operation = OperationKind::kGemm;
    gemm.machine.device = "tiny";
    gemm.workload.random.rows = gemm.workload.random.columns = gemm.workload.random.inner = 1000;
    gemm.outputs.timing_only = true;
    Experiment two = on_tiny(true);
    two.machine.devices = 2;
    for (const Experiment& e : {on_tiny(false), on_tiny(true), two, gemm}) {
        std::vector<double> shares;
        RunHooks hooks;
        hooks.progress = [&](const std::string& phase, double share) {
            if (phase == "simulating") shares.push_back(share);
            return true;
        };
        run(e, hooks);
        compared.holds(std::is_sorted(shares.begin(), shares.end()),
                       [] { return "a share falls"; });
        compared.holds(!shares.empty() && shares.front() == 0, [] { return "begins behind 0"; });
        compared.holds(!shares.empty() && shares.back() > 0.5 && shares.back() <= 1, [&] {
            return "ends at " + std::to_string(shares.empty() ? -1 : shares.back());
        });
    }
}

#ifndef __SANITIZE_ADDRESS__  // which needs more address space itself
TEST_CASE("too little address space for the device memory is an error of the user") {
    Compared compared("messages");
    const std::string limit = "ulimit -v 1000000; ";
    const std::string why = "the device memory needs 4,294,967,296 bytes of address space";
    const test::Finished command = test::run_tessera("run --device tiny --random 2,40,8", limit);
    compared.equal(command.exit_code, 2);
    compared.holds(contains(command.err, why) && contains(command.err, "in --set"),
                   [&] { return command.err; });
    const test::Finished compare =
        test::run_tessera("compare --device tiny --random 2,40,8 --schedules paired", limit);
    compared.equal(compare.exit_code, 2);
    compared.holds(contains(compare.out + compare.err, why),
                   [&] { return compare.out + compare.err; });
    // In a process of its own: a limit that is lowered may not be raised again.
    const host::Forked forked = host::run_forked([] {
        const rlimit value{1 << 30, 1 << 30};
        ::setrlimit(RLIMIT_AS, &value);
        const Error error = error_of([] { run(on_tiny(true)); });
        const std::string text = (error.code() == ErrorCode::kUser ? "user: " : "") + error.text();
        return host::Bytes(text.begin(), text.end());
    });
    const std::string text(forked.bytes.begin(), forked.bytes.end());
    compared.holds(contains(text, "user: ") && contains(text, why),
                   [&] { return forked.failure + text; });
}
#endif
