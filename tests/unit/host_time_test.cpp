// SPDX-License-Identifier: MIT
// The guess of how long a run takes: when the user hears of it, and in which words.
#include "host/predict/host_time.h"

#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

TEST_CASE("durations in words") {
    Compared texts("durations");
    const std::pair<double, const char*> kCases[] = {
        {0.4, "0 s"},    {59, "59 s"},    {119, "119 s"},    {120, "2.0 min"},  {3600, "60 min"},
        {7200, "2.0 h"}, {90000, "25 h"}, {172800, "2.0 d"}, {8640000, "100 d"}};
    for (const auto& [seconds, text] : kCases) texts.equal(duration_text(seconds), text);
}

TEST_CASE("only a run of over a minute is told of, with what makes it shorter") {
    Compared runs("runs");
    Problem problem;
    problem.d_k = problem.d_v = 64;
    hw::PlatformConfig platform;
    platform.memory.kind = "ideal";
    const auto work = [](uint64_t tokens) {
        WorkFormula formula;
        formula.calls = (tokens / 128) * (tokens / 128);
        formula.pairs_issued = formula.pairs_allowed = tokens * tokens;
        return formula;
    };
    const auto text = [&](uint64_t tokens, bool timing_only, bool checked) {
        platform.timing_only = timing_only;
        return long_run_text(host_time(problem, work(tokens), platform, checked));
    };
    runs.equal(text(4096, false, true), "");
    runs.equal(text(65536, true, false), "");
    const std::string hours = text(1 << 22, true, false), data = text(1 << 20, false, false),
                      checked = text(1 << 16, false, true);
    for (const std::string& one : {hours, data, checked})
        runs.holds(one.find("this run will take about") == 0, [&] { return one; });
    runs.holds(hours.find("timing_only") == hours.npos, [&] { return hours; });
    runs.holds(data.find("`outputs.timing_only` takes about") != data.npos, [&] { return data; });
    runs.holds(checked.find("`outputs.check=false` saves about") != checked.npos,
               [&] { return checked; });
    // 32,768 squared calls of 5 us: 5,369 s.
    runs.holds(hours.find("about 89 min of") != hours.npos, [&] { return hours; });
}
