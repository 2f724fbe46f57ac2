// SPDX-License-Identifier: MIT
// `tessera task --verify`: the attentions of small tasks on model and RTL.
#include <string>

#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::Finished;
using test::run_tessera;

TEST_CASE("verify: the attentions of tasks, every bit and cycle") {
    Compared tasks("tasks");
    auto random = test::test_random();
    // A task, and how many attentions it takes.
    const std::pair<const char*, int> all[] = {
        {"kv --pairs 20", 1},
        {"kv --pairs 20 --model linear", 1},
        {"mqar --tokens 48 --layout spread --window 20 --sinks 3", 2},
        {"mqar --tokens 48 --block 8 --summary 2", 2},
        {"reg --size 20 --model sparse", 3},
        {"reg-local --size 30 --reach 5 --model ring", 1},
        {"ed --size 5", 1},
        {"ed-local --size 6 --reach 4 --model window", 1},
        {"arithmetic --size 3 --model linear", 1},
        {"lis --size 9", 2},
        {"lis --size 9 --model linear --dim 13", 5},
        {"listops --tokens 40", 10},
        {"vartrack --tokens 40 --chains 3 --hops 2", 3},
        {"kv --pairs 4 --generate", 5}};
    for (const auto& [task, attentions] : all) {
        const std::string arguments = std::string("task ") + task +
                                      " --device tiny --verify --seed " +
                                      std::to_string(random() % 1000);
        const Finished f = run_tessera(arguments);
        const auto where = [&] { return arguments + "\n" + f.out + f.err; };
        tasks.equal(f.exit_code, 0, where);
        tasks.holds(contains(f.out, "jobs: " + std::to_string(attentions) + ", "), where);
        tasks.holds(contains(f.out, "differences: 0"), where);
    }
}
