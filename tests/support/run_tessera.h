// SPDX-License-Identifier: MIT
// The command as a user meets it. TESSERA_BINARY is its path.
#pragma once
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/scratch.h"

namespace tessera::test {

struct Finished {
    int exit_code = -1;
    std::string out, err;
};

/// Runs `tessera ARGUMENTS` through the shell, after the commands `before`; `program` is the
/// command that is tessera.
inline Finished run_tessera(const std::string& arguments, const std::string& before = "",
                            const std::string& program = TESSERA_BINARY) {
    const Scratch scratch;
    const std::string command = before + std::string("env -u SYSTEMC_DISABLE_COPYRIGHT_MESSAGE ") +
                                program + " " + arguments + " > " + scratch / "out" + " 2> " +
                                scratch / "err";
    const int status = std::system(command.c_str());
    Finished f;
    f.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    f.out = read_text(scratch / "out");
    f.err = read_text(scratch / "err");
    return f;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// `tessera ARGUMENTS` is a user's mistake: exit code 2, and a message with `part`.
inline void expect_refusal(Compared& messages, const std::string& arguments,
                           const std::string& part) {
    const Finished f = run_tessera(arguments);
    messages.equal(f.exit_code, 2, [&] { return arguments; });
    messages.holds(contains(f.err, part), [&] { return arguments + ": " + f.err; });
}

}  // namespace tessera::test
