// SPDX-License-Identifier: MIT
#include "host/cli/run_options.h"

#include <string>
#include <string_view>

#include "host/cli/batch_options.h"
#include "host/cli/mask_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

constexpr const char* kBlackboxGroup = "Black box (docs/use/schedules.md, section 1)";

void add_schedule_options(CLI::App& run, RunOptions& o) {
    const char* group = "Problem";
    run.add_option("--schedule", o.schedule,
                   "order in which the pairs of tiles come: auto, or a name from `tessera "
                   "schedules` (default query-resident)")
        ->check(not_empty())
        ->type_name("NAME")
        ->group(group);
    run.add_flag("--stack-heads", o.stack_heads, "let the query heads of a head group share tiles")
        ->group(group);
}

void add_sentinel_option(CLI::App& run, RunOptions& o) {
    run.add_option("--sentinel", o.sentinel,
                   "form of the sentinel, which recovers the softmax sums on a black-box device: "
                   "auto, columns, split or two-call (default auto)")
        ->check(not_empty())
        ->type_name("NAME")
        ->group(kBlackboxGroup);
}

}  // namespace

void add_input_options(CLI::App& run, RunOptions& o, bool verify) {
    const char* group = "Input (one of --input, --q --k --v, --random)";
    auto* input =
        run.add_option("--input", o.input,
                       "safetensors file with tensors q, k and v, or the index of a file in shards")
            ->check(not_empty())
            ->type_name("FILE")
            ->group(group);
    run.add_option("--tensors", o.tensors,
                   "names of the tensors in --input: q=NAME,k=NAME,v=NAME (default q, k, v)")
        ->check(not_empty())
        ->type_name("NAMES")
        ->needs(input)
        ->group(group);
    run.add_option("--q", o.q, ".npy file of the queries")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    run.add_option("--k", o.k, ".npy file of the keys")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    run.add_option("--v", o.v, ".npy file of the values")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    auto* random =
        run.add_option("--random", o.random, "tensors of this shape with standard normal numbers")
            ->check(not_empty())
            ->type_name("HEADS,TOKENS,DIM")
            ->group(group);
    const auto add = [&](const char* name, uint64_t& value, const char* text) {
        const bool seed = std::string_view(name) == "--seed";  // any number is one
        return run.add_option(name, value, text)
            ->check(seed ? whole_number() : from_one(spec::kPositionLimit - 1))
            ->type_name("N")
            ->needs(random)
            ->group(group);
    };
    auto* seed = add("--seed", o.seed, "seed of the random tensors (default 1)");
    if (verify) {
        seed->remove_needs(random);
        seed->description("seed of the random tensors, or of the first random job (default 1)");
    }
    add("--kv-heads", o.kv_heads, "number of random key/value heads (default: HEADS)");
    add("--keys", o.keys, "number of random key/value tokens (default: TOKENS)");
    add("--dim-v", o.dim_v, "dimension of the random values (default: DIM)");
    run.add_option("--layout", o.layout,
                   "order of dimensions in files: bhtd, [batch, heads, tokens, dim] (default), or "
                   "bthd, [batch, tokens, heads, dim]; likewise without a batch")
        ->check(not_empty())
        ->type_name("NAME")
        ->excludes(random)
        ->group(group);
    run.add_flag("--allow-nonfinite", o.allow_nonfinite, "accept NaN and Inf in the input")
        ->excludes(random)
        ->group(group);
}

void add_sentinel_offset_option(CLI::App& run, RunOptions& o) {
    run.add_option("--sentinel-offset", o.sentinel_offset,
                   "distance of the sentinel from the typical row maximum, in powers of two "
                   "(default -20; with two-call 25)")
        ->type_name("N")
        ->group(kBlackboxGroup);
}

void add_self_oracle_options(CLI::App& run, RunOptions& o) {
    const char* group = "Problem";
    run.add_option("--oracle", o.oracle,
                   "tokens of a call: query-key, M queries and M keys (default), or self, one set "
                   "of M tokens")
        ->type_name("NAME")
        ->group(group);
    run.add_option(
           "--cover", o.cover,
           "kind of cover for --oracle self: auto (default) or a name from `tessera covers`")
        ->check(not_empty())
        ->type_name("NAME")
        ->group(group);
}

void add_result_options(CLI::App& run, RunOptions& o) {
    const char* group = "Problem";
    run.add_flag("--lse", o.lse, "compute the log-sum-exp of every row, too")->group(group);
    run.add_option("--output-format", o.output_format,
                   "type of the elements that the device writes: fp32 or bf16 (default fp32)")
        ->type_name("NAME")
        ->group(group);
    run.add_option(
           "--sink-logits", o.sink_logits,
           "logit of a sink without a value, one for each query head: a tensor of --input, a .npy "
           "file beside --q --k --v, or random with --random")
        ->check(not_empty())
        ->type_name("NAME|FILE")
        ->group(group);
    run.add_option("--scale", o.scale, "factor of the scores (default 1/sqrt(d_k))")
        ->check(finite_number())
        ->type_name("X")
        ->group(group);
}

void add_problem_options(CLI::App& run, RunOptions& o) {
    add_mask_options(run, o);
    add_batch_options(run, o);
    add_schedule_options(run, o);
    add_sentinel_option(run, o);
    add_sentinel_offset_option(run, o);
    add_result_options(run, o);
}

void add_machine_options(CLI::App& run, RunOptions& o) {
    const char* group = "Machine";
    run.add_option("--device", o.device, "device preset or .json file (default base)")
        ->type_name("NAME|FILE")
        ->group(group);
    run.add_option("--memory", o.memory, "memory preset or .json file (default: the device's)")
        ->type_name("NAME|FILE")
        ->group(group);
    run.add_option("--set", o.sets, "change one configuration value; may be repeated")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->take_all()
        ->group(group);
}

void add_devices_option(CLI::App& run, RunOptions& o) {
    run.add_option("--num-devices", o.num_devices,
                   "number of devices that share the memory and the job (default 1)")
        ->check(from_one(kMaxDevices))
        ->type_name("N")
        ->group("Machine");
}

void add_implementation_options(CLI::App& run, RunOptions& o) {
    const char* group = "Machine";
    run.add_option("--impl", o.impl, "implementation of the device: model or rtl (default model)")
        ->type_name("NAME")
        ->group(group);
    run.add_option("--wave", o.wave, "waveform of every RTL signal; needs --impl rtl")
        ->check(not_empty())
        ->type_name("FILE.fst")
        ->group(group);
}

void add_verify_options(CLI::App& verify, VerifyOptions& o) {
    const char* group = "Random jobs (instead of an input)";
    auto* count =
        verify.add_option("--count", o.count, "number of random jobs, seeded SEED, SEED+1, ...")
            ->check(from_one())
            ->type_name("N")
            ->group(group);
    verify
        .add_option("--max-tokens", o.max_tokens,
                    "largest number of queries or keys of a job (default: 4 x M)")
        ->check(from_one(kMaxRandomTokens))
        ->type_name("N")
        ->needs(count)
        ->group(group);
    // A random job is a function of machine and seed alone, and perhaps of the oracle.
    for (CLI::Option* option : verify.get_options()) {
        const std::string name = option->get_name();
        const bool of_random = name == "--count" || name == "--max-tokens" || name == "--seed" ||
                               name == "--device" || name == "--memory" || name == "--set" ||
                               name == "--oracle" || name == "--help";
        if (!of_random) count->excludes(option);
    }
}

void add_accept_option(CLI::App& run, RunOptions& o) {
    run.add_flag("--accept-inexact", o.accept_inexact,
                 "accept a result that is known not to be exact, without exit code 3; a failed "
                 "check still gives 1")
        ->group("Output");
}

void add_check_options(CLI::App& run, RunOptions& o, const char* limit) {
    const char* group = "Output";
    auto* check = run.add_flag_callback(
        "--check", [&o] { o.check = true; },
        std::string("compare with double precision (default: up to ") + limit + ")");
    run.add_flag_callback(
           "--no-check", [&o] { o.check = false; }, "skip the comparison")
        ->excludes(check)
        ->group(group);
    check->group(group);
    run.add_flag("--timing-only", o.timing_only, "simulate cycles and traffic, without tensor data")
        ->group(group);
    add_accept_option(run, o);
}

void add_report_options(CLI::App& run, RunOptions& o, const char* files, const char* check_limit) {
    const char* group = "Output";
    run.add_option("--out", o.out, std::string("folder for ") + files)
        ->check(not_empty())
        ->type_name("DIR")
        ->group(group);
    add_check_options(run, o, check_limit);
    run.add_option("--format", o.format,
                   "format of the report on stdout: table or json (default table)")
        ->type_name("NAME")
        ->group(group);
}

void add_output_options(CLI::App& run, RunOptions& o) {
    const char* group = "Output";
    add_report_options(run, o, "report.json, out.safetensors and trace.json");
    run.add_option("--slots", o.slots,
                   "also count the calls of a device that takes H x L pairs of tiles a call")
        ->check(not_empty())
        ->type_name("HxL")
        ->group(group);
    run.add_option("--trace-commands", o.trace_commands,
                   "number of commands in trace.json, from the first on (default 20,000)")
        ->check(whole_number())
        ->type_name("N")
        ->group(group);
}

}  // namespace tessera::host
