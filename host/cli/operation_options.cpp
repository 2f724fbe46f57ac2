// SPDX-License-Identifier: MIT
#include "host/cli/operation_options.h"

#include <CLI/CLI.hpp>

#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/error.h"

namespace tessera::host {
namespace {

constexpr const char* kGemmExamples = R"(Examples:
  tessera gemm --random 512,512,1024
      C = A B, C of 512 x 512, inner dimension 1,024, checked against double precision
  tessera gemm --a a.npy --b b.npy --output-format bf16 --out result
      matrices of your own; result/ gets report.json and out.safetensors with c
  tessera gemm --random 4096,4096,4096 --memory ddr4-3200 --timing-only --format json
The device multiplies A by the identity, and the result by B: at most half of its multiply-adds do
useful work. See docs/use/schedules.md, section 6.
Exit codes: 0 good, 1 the check failed, 2 user error, 3 result not exact, 4 device error)";

constexpr const char* kLinearExamples = R"(Examples:
  tessera linear --device blackbox-64 --random 1,65536,64
      causal linear attention of 65,536 tokens, checked against double precision
  tessera linear --device blackbox-64 --input x.safetensors --mask dense --out result
      tensors q, k, v of your own; result/ gets report.json and out.safetensors with o
Weights are phi(q) phi(k), phi(x) = elu(x) + 1. The host computes the features and divides by the
denominators; the report counts both. Values take d_v + 1 columns of the device's D. See
docs/use/schedules.md, section 6.
Exit codes: 0 good, 1 the check failed, 2 user error, 3 result not exact, 4 device error)";

}  // namespace

void add_gemm_options(CLI::App& gemm, RunOptions& o) {
    const char* group = "Input (one of --a --b, --random)";
    gemm.footer(kGemmExamples);
    gemm.add_option("--a", o.a, ".npy file of A, [rows, inner]")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    gemm.add_option("--b", o.b, ".npy file of B, [inner, columns]")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    auto* random = gemm.add_option("--random", o.random,
                                   "matrices with standard normal numbers: rows and columns of C, "
                                   "and the inner dimension")
                       ->check(not_empty())
                       ->type_name("M,N,K")
                       ->group(group);
    gemm.add_option("--seed", o.seed, "seed of the random matrices (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->needs(random)
        ->group(group);
    gemm.add_option("--output-format", o.output_format,
                    "type of the elements that the device writes: fp32 or bf16 (default fp32)")
        ->type_name("NAME")
        ->group("Problem");
}

void add_linear_options(CLI::App& linear, RunOptions& o) {
    linear.footer(kLinearExamples);
    linear.add_option("--mask", o.mask, "kind of mask: causal (default) or dense")
        ->type_name("NAME")
        ->group("Problem");
}

void check_gemm_inputs(const RunOptions& o) {
    const bool files = !o.a.empty() || !o.b.empty();
    const char* allowed = "exactly one of --a FILE --b FILE, --random M,N,K";
    if (!files && o.random.empty()) throw bad_value("command line", "input", "missing", allowed);
    if (files && !o.random.empty())
        throw bad_value("command line", "input", "given more than once", allowed);
    if (files && (o.a.empty() || o.b.empty()))
        throw bad_value("command line", o.a.empty() ? "--a" : "--b", "missing",
                        "--a and --b together");
}

}  // namespace tessera::host
