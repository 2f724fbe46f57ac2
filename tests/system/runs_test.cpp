// SPDX-License-Identifier: MIT
// Runs of the command that are good: of every kind, of real tensors, of non-finite ones; and a
// device error that names its command.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "host/run/device_error.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"
#include "tests/support/small_platform.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::contains;
using test::f32;
using test::Finished;
using test::read_text;
using test::run_tessera;
using test::Scratch;
using test::write_tensors;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;  // ten times slower: one real run is enough
#else
constexpr bool kSanitized = false;
#endif

}  // namespace

TEST_CASE("runs of every kind are good, and their JSON adds up") {
    Compared runs("runs");
    for (const std::string arguments :
         {"--random 1,1,1",
          "--random 2,300,64",
          "--random 2,300,64 --mask causal --lse",
          "--random 4,100,40 --kv-heads 2 --dim-v 24 --schedule kv-resident --mask causal --lse",
          "--random 1,5,16 --keys 300 --mask causal",
          "--random 1,300,16 --keys 5 --mask causal --lse",
          "--random 1,300,16 --keys 5 --mask causal --align start",
          "--random 1,130,64 --output-format bf16 --device small",
          "--random 1,50,16 --device tiny --memory ideal-stall --scale -0.3",
          "--random 3,200,16 --device tiny --num-devices 4 --mask causal --lse",
          "--random 1,5,16 --device tiny --num-devices 8 --memory ddr4-3200",
          "--random 1,300,64 --window 100 --sinks 3",
          "--random 1,300,64 --window 7 --mask dense",
          "--random 2,300,64 --keys 90 --prefix 40 --lse",
          "--random 2,90,64 --keys 300 --prefix 200 --window 9 --block 16 --schedule auto",
          "--random 2,150,16 --keys 7 --block 4 --summary 1 --device tiny",
          "--random 2,300,64 --block 32 --summary 2 --schedule kv-resident --lse",
          "--random 2,300,64 --mask sparse --device tiny --set device.D=64 --schedule auto",
          "--random 2,7,16 --keys 150 --mask sparse --device tiny",
          "--random 2,300,64 --documents 0,10,11,200 --mask causal --num-devices 2",
          "--random 8,1,64 --kv-heads 2 --keys 500 --stack-heads --lse",
          "--random 8,3,64 --kv-heads 2 --keys 500 --stack-heads --window 300 --align start",
          "--random 1,300,64 --timing-only"}) {
        const Finished f = run_tessera("run --format json " + arguments);
        bool good = f.exit_code == 0 && f.err.empty();
        if (good) {
            const auto json = nlohmann::json::parse(f.out);
            const auto& derived = json["derived"];
            good = derived["calls"]["value"] == derived["calls_formula"]["value"] &&
                   json["counters"]["cycles"]["value"] > 0 &&
                   json["commands_total"] == json["counters"]["commands_retired"]["value"] &&
                   json["error"]["checked"] == !contains(arguments, "timing") &&
                   json["command_line"].size() > 3;
            if (json["error"]["checked"] == true)
                good = good && json["error"]["within_bound"] == true &&
                       json["error"]["max_over_full_bound"]["value"] <= 1.0 &&
                       json["error"]["elements"]["value"] > 0;
        }
        runs.holds(good, [&] { return arguments + ": " + f.err; });
    }
}

TEST_CASE("timing-only makes the same cycles and bytes as the whole run") {
    Compared counters("counters");
    const std::string arguments = "run --format json --random 2,300,64 --mask causal --lse";
    const auto whole = nlohmann::json::parse(run_tessera(arguments).out);
    const auto timing = nlohmann::json::parse(run_tessera(arguments + " --timing-only").out);
    for (const auto& [name, counter] : whole["counters"].items())
        if (name.rfind("rows_", 0) != 0)  // of data
            counters.equal(timing["counters"][name], counter, [n = name] { return n; });
}

TEST_CASE("real tensors, dense and causal: every element within the bound") {
    const std::string data = test::large_data_dir();
    const struct {
        const char* file;
        const char* device;
        uint64_t elements;
        bool quick;
    } kFiles[] = {{"use-lite-layer0-n4096.safetensors", "base", 4 * 4096 * 64, false},
                  {"use-lite-layer1-n2048.safetensors", "wide", 4 * 2048 * 128, true}};
    Compared runs("runs"), elements("elements, with the stored reference");
    for (const auto& f : kFiles)
        for (const bool causal : {false, true}) {
            if (kSanitized && !(causal && f.quick)) continue;
            const Scratch folder;
            const std::string input = data + "/" + f.file;
            const Finished run =
                run_tessera("run --lse --device " + std::string(f.device) + " --input " + input +
                            (causal ? " --mask causal" : "") + " --out " + (folder / "out"));
            const auto json = nlohmann::json::parse(read_text(folder / "out/report.json"));
            runs.holds(run.exit_code == 0 && json["error"]["elements"]["value"] == f.elements &&
                           json["error"]["max_over_bound"]["value"] <= 1.0 &&
                           json["error"]["lse"]["max_over_bound"]["value"] <= 1.0,
                       [&] { return std::string(f.file) + run.err; });
            // And once more without our own reference: against the one in the file.
            const SafetensorsFile stored(input), ours(folder / "out/out.safetensors");
            const TensorView& exact = stored.tensor(causal ? "o_causal" : "o");
            std::vector<float> a(f.elements), b(f.elements);
            exact.to_float(0, f.elements, a.data());
            ours.tensor("o").to_float(0, f.elements, b.data());
            double error = 0, square = 0;
            for (size_t i = 0; i < a.size(); ++i) {
                const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
                error += (x - y) * (x - y);
                square += x * x;
                elements.holds(std::fabs(x - y) < 0.02, [&] { return std::to_string(i); });
            }
            CHECK(std::sqrt(error / square) < 2e-3);
        }
}

TEST_CASE("the bundled tensors of the demo") {
    const Finished f = run_tessera(std::string("run --input ") + TESSERA_SOURCE_DIR +
                                   "/tests/data/use-lite-layer0-2x1024.safetensors --memory ideal "
                                   "--format json");
    REQUIRE(f.exit_code == 0);
    const auto json = nlohmann::json::parse(f.out);
    Compared facts("facts");
    facts.equal(json["error"]["elements"]["value"], 2 * 1024 * 64);
    facts.holds(json["error"]["max_over_bound"]["value"] <= 1.0, [] { return "bound"; });
    facts.holds(json["derived"]["mac_utilisation"]["value"] >= 0.97, [] { return "utilisation"; });
    facts.equal(json["derived"]["stall_free_difference"]["value"], 0);
}

TEST_CASE("non-finite inputs run if they are allowed to") {
    const Scratch folder;
    const std::string input = folder / "x.safetensors";
    write_tensors(input, {f32("q", {4, 8}), f32("k", {4, 8}), f32("v", {4, 8})},
                  std::numeric_limits<float>::quiet_NaN());
    const Finished f =
        run_tessera("run --format json --allow-nonfinite --mask causal --input " + input);
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    const auto json = nlohmann::json::parse(f.out);
    Compared rows("rows");  // only the last row sees the NaNs, and is NaN
    rows.equal(json["error"]["rows_nonfinite"]["value"], 1);
    rows.equal(json["error"]["elements"]["value"], 32);
    rows.equal(json["error"]["not_compared"]["value"], 0);
    rows.equal(json["exactness"]["withheld"], false);
    rows.equal(json["counters"]["rows_nan"]["value"], 1);
}

TEST_CASE("a device error names the command that caused it") {
    Problem p;
    p.nq = p.nk = 40;
    p.d_k = p.d_v = 16;
    p.scale = 1;
    const hw::PlatformConfig config = test::small_platform();
    const Layout layout = make_layout(p, config);
    RunOutcome outcome;
    require_success(outcome, layout, config.params);
    Compared messages("messages");
    const auto message = [&]() -> std::string {
        try {
            require_success(outcome, layout, config.params);
        } catch (const DeviceError& error) {
            return error.what();
        } catch (const std::logic_error&) {
            return "bug";
        }
        return "no error";
    };
    outcome.firmware.status.code = fw::Code::kDeviceError;
    outcome.firmware.status.error = spec::ErrorCode::kReadBus;
    outcome.firmware.status.tag = 4;
    outcome.commands_total = 8;
    messages.holds(contains(message(), "bus error on a load") &&
                       contains(message(), "command 4 (tag 4): LOAD_K head 0 tile 1"),
                   message);
    outcome.firmware.status.error = spec::ErrorCode::kDescriptorBus;
    messages.holds(contains(message(), "descriptor") && !contains(message(), "tag"), message);
    outcome.firmware.status.code = fw::Code::kBusFault;
    messages.holds(contains(message(), "bus error"), message);
    outcome.firmware.status.code = fw::Code::kBadJob;
    messages.equal(message(), "bug");
}
