// SPDX-License-Identifier: MIT
// Safetensors: what the writer writes the reader reads, every damage is one clear message, and
// conversions are those of the contract.
#include "host/io/safetensors.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "host/error.h"
#include "spec/float.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using host::Dtype;
using test::Compared;
using test::folder_content;
using test::message_of;
using test::Scratch;

/// A file image: length, header, `data_bytes` bytes of data.
std::vector<uint8_t> image(const std::string& header, size_t data_bytes) {
    const uint64_t length = header.size();
    std::vector<uint8_t> bytes(8 + header.size() + data_bytes, 0x11);
    std::memcpy(bytes.data(), &length, 8);
    std::memcpy(bytes.data() + 8, header.data(), header.size());
    return bytes;
}

std::string message_for(const std::vector<uint8_t>& bytes) {
    return message_of([&] { host::parse_safetensors("x.st", bytes.data(), bytes.size()); });
}

struct Damage {
    const char* header;
    size_t data_bytes;
    std::vector<const char*> named;  ///< the message has each of them, and the file
};

}  // namespace

TEST_CASE("safetensors round trip", "[io]") {
    const Scratch folder;
    const std::string path = folder.path() + "/a.safetensors";
    std::vector<uint16_t> half(24);
    std::vector<float> single(6);
    std::vector<double> wide(2);
    for (size_t i = 0; i < half.size(); ++i) half[i] = static_cast<uint16_t>(i * 2731);
    for (size_t i = 0; i < single.size(); ++i) single[i] = 1.0f / static_cast<float>(i + 1);
    for (size_t i = 0; i < wide.size(); ++i) wide[i] = 1e300 / static_cast<double>(i + 1);
    const host::Metadata metadata = {{"model", "m \"quoted\" \xc3\xa9"}, {"empty", ""}};
    host::SafetensorsWriter writer(path,
                                   {{"q", Dtype::kBf16, {2, 3, 4}},
                                    {"none", Dtype::kU8, {0, 7}},
                                    {"o", Dtype::kF32, {6}},
                                    {"scalar", Dtype::kF64, {}},
                                    {"w", Dtype::kF64, {1, 1}}},
                                   metadata);
    writer.write("q", 20, half.data() + 20, 4);  // in any order
    writer.write("q", 0, half.data(), 20);
    writer.write("o", 0, single.data(), 6);
    writer.write("scalar", 0, &wide[0], 1);
    writer.write("w", 0, &wide[1], 1);
    CHECK(folder_content(folder.path()).count("a.safetensors") == 0);
    writer.commit();

    Compared compared("items of a written file");
    compared.equal(folder_content(folder.path()), std::set<std::string>{"a.safetensors"});
    const host::SafetensorsFile file(path);
    compared.equal(file.metadata(), metadata);
    compared.equal(file.tensors().size(), size_t{5});
    for (const host::TensorView& view : file.tensors()) {
        const auto address = reinterpret_cast<uintptr_t>(view.data);
        compared.equal(address % host::dtype_bytes(view.dtype), uintptr_t{0});
    }
    compared.equal(file.tensor("q").shape, std::vector<uint64_t>{2, 3, 4});
    compared.equal(std::memcmp(file.tensor("q").data, half.data(), 48), 0);
    compared.equal(std::memcmp(file.tensor("o").data, single.data(), 24), 0);
    compared.equal(std::memcmp(file.tensor("scalar").data, &wide[0], 8), 0);
    compared.equal(std::memcmp(file.tensor("w").data, &wide[1], 8), 0);
    compared.equal(file.find("none")->elements, uint64_t{0});
    compared.equal(file.tensor("scalar").elements, uint64_t{1});
    compared.equal(file.find("k") == nullptr, true);
    const std::string message = message_of([&] { file.tensor("k"); });
    compared.equal(message, path + ": tensor k is missing; the file has scalar, w, o, q, none",
                   [&] { return message; });
}

TEST_CASE("safetensors header is padded to 8 bytes for any length", "[io]") {
    const Scratch folder;
    Compared compared("header lengths");
    for (size_t extra = 0; extra < 16; ++extra) {
        const std::string path = folder.path() + "/p.safetensors";
        host::SafetensorsWriter writer(path, {{std::string(extra + 1, 'n'), Dtype::kU8, {0}}}, {});
        writer.commit();
        const host::MappedFile file(path);
        uint64_t length = 0;
        std::memcpy(&length, file.data(), 8);
        compared.equal(length % 8, uint64_t{0});
        compared.equal(host::SafetensorsFile(path).tensors().size(), size_t{1});
    }
}

TEST_CASE("every damage of a safetensors file is named", "[io]") {
    const std::vector<Damage> damages = {
        {R"([])", 0, {"first byte", "{", "["}},
        {R"({"q")", 0, {"header", "JSON"}},
        {R"({}x)", 0, {"header", "JSON"}},
        {"{\"\xff\":1}", 0, {"header", "JSON", "UTF-8"}},
        {R"({"q":1e999})", 0, {"header", "JSON", "1e999"}},
        {R"({"q":[],"q":[]})", 0, {"key q", "twice"}},
        {R"({"q":{"dtype":"U8","dtype":"U8"}})", 0, {"key q.dtype", "twice"}},
        {R"({"q":7})", 0, {"q is 7", "object"}},
        {R"({"q":{}})", 0, {"q.dtype", "missing"}},
        {R"({"q":{"dtype":"U8"}})", 0, {"q.shape", "missing"}},
        {R"({"q":{"dtype":"U8","shape":[1]}})", 1, {"q.data_offsets", "missing"}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":3}})", 1, {"q.x is 3"}},
        {R"({"q":{"dtype":16,"shape":[1],"data_offsets":[0,1]}})", 1, {"q.dtype is 16", "string"}},
        {R"({"q":{"dtype":"U8","shape":4,"data_offsets":[0,1]}})", 1, {"q.shape is 4", "array"}},
        {R"({"q":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})",
         1,
         {"q.shape is -1", "non-negative"}},
        {R"({"q":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1, {"q.shape is 1.0"}},
        {R"({"q":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}})", 1, {"q.shape is \"1\""}},
        {R"({"q":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,1]}})",
         1,
         {"q.shape", "[4294967296, 4294967296]", "2^64"}},
        {R"({"q":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})",
         0,
         {"q.shape", "2305843009213693952", "2^64"}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, {"q.data_offsets", "[0]"}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}})",
         1,
         {"q.data_offsets", "[0, 1, 2]"}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":"a"}})", 1, {"q.data_offsets", "\"a\""}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})",
         1,
         {"q.data_offsets", "[1, 0]", "begin <= end <= 1"}},
        {R"({"q":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
         1,
         {"q.data_offsets", "[0, 2]", "begin <= end <= 1", "cut short"}},
        {R"({"q":{"dtype":"BF16","shape":[3],"data_offsets":[0,4]}})",
         4,
         {"q.data_offsets", "[0, 4]", "end - begin = 6", "[3] of BF16"}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
         2,
         {"q.data_offsets", "[1, 2]", "begin = 0", "no holes"}},
        {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
         R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
         3,
         {"b.data_offsets", "[1, 3]", "begin = 2", "no overlaps"}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
         2,
         {"size of the data", "2 bytes", "1 bytes"}},
        {R"({"__metadata__":3})", 0, {"__metadata__ is 3", "object of strings"}},
        {R"({"__metadata__":{"a":1}})", 0, {"__metadata__.a is 1", "a string"}},
    };
    Compared compared("words in messages");
    for (const Damage& damage : damages) {
        const std::string message = message_for(image(damage.header, damage.data_bytes));
        const auto contains = [&](const char* word) {
            compared.holds(message.find(word) != std::string::npos,
                           [&] { return std::string(word) + " not in: " + message; });
        };
        contains("x.st: ");
        for (const char* word : damage.named) contains(word);
    }
    std::string deep = R"({"q":)" + std::string(100000, '[');
    const std::string message = message_for(image(deep, 0));
    compared.holds(message.find("nesting") != std::string::npos, [&] { return message; });
    for (const uint64_t length : {uint64_t{0}, uint64_t{1}, uint64_t{9}, uint64_t{100'000'001},
                                  std::numeric_limits<uint64_t>::max()}) {
        std::vector<uint8_t> bytes = image("{      }", 0);
        std::memcpy(bytes.data(), &length, 8);
        const std::string text = message_for(bytes);
        const std::string start = length == 0             ? R"(\x00\x00\x00\x00\x00\x00\x00\x00)"
                                  : length == 1           ? R"(\x01\x00\x00\x00\x00\x00\x00\x00)"
                                  : length == 100'000'001 ? R"(\x01\xe1\xf5\x05\x00\x00\x00\x00)"
                                                          : R"(\xff\xff\xff\xff\xff\xff\xff\xff)";
        compared.equal(text,
                       length == 9
                           ? "x.st: is cut short: its header should have 9 bytes, of which 8 are "
                             "there; save or download it again"
                           : "x.st: is not a safetensors file: it starts with \"" + start +
                                 "\"; save the tensors by safetensors.numpy.save_file or "
                                 "safetensors.torch.save_file");
    }
}

TEST_CASE("tensors of unknown types are ignored, their bytes are not", "[io]") {
    Compared compared("files");
    const std::string q = R"("q":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    for (const std::string dtype : {"F8_E8M0", "F4", "F6_E2M3", "F6_E3M2", "C64", "F31", ""}) {
        const auto with = [&](const std::string& offsets) {
            const std::string other =
                R"("s":{"dtype":")" + dtype + R"(","shape":[5,3],"data_offsets":)" + offsets + "}";
            return image("{" + q + "," + other + "}", 12);
        };
        const std::vector<uint8_t> good = with("[8,12]");
        const host::SafetensorsContent content =
            host::parse_safetensors("x.st", good.data(), good.size());
        compared.equal(content.tensors.size(), size_t{1});
        compared.equal(content.unknown.at("s").dtype, dtype);
        compared.equal(content.unknown.at("s").bytes, uint64_t{4});
        const std::pair<const char*, const char*> damages[] = {{"[8,13]", "begin <= end <= 12"},
                                                               {"[12,8]", "begin <= end <= 12"},
                                                               {"[9,12]", "begin = 8"},
                                                               {"[7,12]", "begin = 8"},
                                                               {"[8,11]", "11 bytes, where the"},
                                                               {"[8]", "[begin, end]"},
                                                               {"[8,-1]", "non-negative integers"}};
        for (const auto& [offsets, word] : damages) {
            const std::string message = message_for(with(offsets));
            compared.holds(
                message.rfind("x.st: ", 0) == 0 && message.find(word) != std::string::npos,
                [&] { return message; });
        }
        const Scratch folder;
        const std::string path = folder / "x.safetensors";
        host::write_file(path, std::string(good.begin(), good.end()));
        const host::SafetensorsFile file(path);
        compared.equal(file.tensor("q").elements, uint64_t{2});
        compared.equal(message_of([&] { file.tensor("s"); }),
                       path + ": dtype of tensor s is " + (dtype.empty() ? "\"\"" : dtype) +
                           "; allowed: BF16, F16, F32, F64, F8_E4M3, F8_E5M2");
        compared.equal(message_of([&] { file.tensor("k", host::TensorUse::kFlags, "look"); }),
                       path + ": tensor k is missing; the file has q, s; look");
    }
}

TEST_CASE("a long list of tensors is cut, with a count of the rest", "[io]") {
    const Scratch folder;
    const std::string path = folder / "x.safetensors";
    std::vector<host::TensorSpec> specs;
    for (int i = 100; i < 300; ++i) specs.push_back({"n" + std::to_string(i), Dtype::kU8, {0}});
    host::SafetensorsWriter(path, specs, {}).commit();
    const std::string message = message_of([&] { host::SafetensorsFile(path).tensor("q"); });
    Compared compared("names");
    size_t named = 0;
    for (const host::TensorSpec& spec : specs)
        named += message.find(spec.name) != std::string::npos ? 1 : 0;
    compared.holds(named > 10 && named < 190, [&] { return message; });
    compared.holds(
        message.find(" and " + std::to_string(200 - named) + " more") != std::string::npos,
        [&] { return message; });
    compared.holds(message.size() < 600, [&] { return message; });
}

TEST_CASE("an index of shards is one file of tensors", "[io]") {
    const Scratch folder;
    const auto write = [&](const std::string& name, const std::vector<const char*>& tensors,
                           float value) {
        std::vector<host::TensorSpec> specs;
        specs.reserve(tensors.size());
        for (const char* tensor : tensors) specs.push_back({tensor, Dtype::kF32, {2}});
        host::SafetensorsWriter writer(folder / name, specs, {{"from", name}});
        for (const char* tensor : tensors)
            writer.write(tensor, 0, std::vector<float>(2, value).data(), 2);
        writer.commit();
    };
    std::filesystem::create_directory(folder / "below");
    write("a-1.safetensors", {"q", "k"}, 1);
    write("a-2.safetensors", {"v", "k"}, 2);  // its k is not the index's
    write("below/a-3.safetensors", {"w"}, 3);
    const std::string path = folder / "a.safetensors.index.json";
    const auto index = [&](const std::string& map) {
        host::write_file(path, R"({"metadata":{"total_size":24},"weight_map":)" + map + "}");
        return path;
    };
    Compared compared("tensors and messages");
    const host::SafetensorsFile file(
        index(R"({"q":"a-1.safetensors","k":"a-1.safetensors","v":"a-2.safetensors",)"
              R"("w":"below/a-3.safetensors"})"));
    const std::vector<std::pair<const char*, float>> expected = {
        {"q", 1.0f}, {"k", 1.0f}, {"v", 2.0f}, {"w", 3.0f}};
    compared.equal(file.tensors().size(), expected.size());
    compared.equal(file.files().size(), size_t{4});
    for (const auto& [name, value] : expected) {
        float first = 0;
        file.tensor(name).to_float(0, 1, &first);
        compared.equal(first, value, [n = name] { return n; });
    }
    compared.equal(message_of([&] { file.tensor("x"); }),
                   path + ": tensor x is missing; the file has q, k, v, w");
    const auto refused = [&](const std::string& map, const std::string& message) {
        const std::string found = message_of([&] { host::SafetensorsFile(index(map)); });
        compared.equal(found, message);
    };
    const std::string allowed =
        "; allowed: the name of a file beside the index or in a folder beside it";
    for (const std::string name : {"../a-1.safetensors", "/a-1.safetensors", "below/../a-1", ""})
        refused(R"({"q":")" + name + R"("})",
                path + ": weight_map.q is \"" + name + "\"" + allowed);
    refused(R"({"q":7})", path + ": weight_map.q is 7" + allowed);
    refused("{}", path + ": weight_map names no tensor");
    refused("[]", path + ": weight_map is an array of 0; allowed: an object of file names");
    refused(R"({"q":"a-9.safetensors"})", (folder / "a-9.safetensors") +
                                              ": cannot open for reading: No such file or "
                                              "directory; " +
                                              path + " names this shard");
    refused(R"({"q":"a-2.safetensors"})", (folder / "a-2.safetensors") +
                                              ": tensor q is missing, which " + path +
                                              " says is in this shard");
    for (const std::string name : {"a.safetensors.index.json", "./a.safetensors.index.json"})
        refused(R"({"q":")" + name + R"("})", path + ": weight_map.q is \"" + name +
                                                  "\"; allowed: another file; this is the index "
                                                  "itself");
    host::write_file(path, R"({"model_type":"x"})");
    compared.holds(message_of([&] { host::SafetensorsFile{path}; }).find("without weight_map") !=
                       std::string::npos,
                   [] { return "another JSON file"; });
}

TEST_CASE("a safetensors file cut or grown anywhere is refused", "[io]") {
    const std::string header =
        R"({"__metadata__":{"a":"b"},"k":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
        R"("q":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]}})";
    std::vector<uint8_t> whole = image(header, 16);
    Compared compared("lengths of a damaged file");
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
        const std::vector<uint8_t> cut(whole.begin(),
                                       whole.begin() + static_cast<std::ptrdiff_t>(bytes));
        const std::string message = message_for(cut);
        compared.holds(message.rfind("x.st: ", 0) == 0, [&] { return message; });
    }
    CHECK(message_for(whole).empty());
    whole.push_back(0);
    compared.holds(message_for(whole).find("size of the data") != std::string::npos,
                   [] { return "one byte too many"; });
}

TEST_CASE("the real tensors are read as they are", "[io]") {
    const std::string folder = test::large_data_dir();
    Compared compared("elements of real files");
    for (const std::string name :
         {"use-lite-layer0-n4096.safetensors", "use-lite-layer1-n2048.safetensors"}) {
        const host::SafetensorsFile file(folder + "/" + name);
        const uint64_t tokens = name.find("n4096") != std::string::npos ? 4096 : 2048;
        compared.equal(file.metadata().at("scale"), std::string("1/sqrt(head_dim)"));
        compared.equal(file.tensors().size(), size_t{7});
        for (const char* tensor : {"q", "k", "v", "o", "o_causal"}) {
            const host::TensorView& view = file.tensor(tensor);
            const std::vector<uint64_t> shape = {4, tokens, 64 * 4096 / tokens};
            compared.equal(view.shape, shape);
            compared.equal(view.dtype, tensor[0] == 'o' ? Dtype::kF32 : Dtype::kBf16);
            view.require_finite();
            std::vector<double> exact(view.elements);
            view.to_double(0, view.elements, exact.data());
            if (view.dtype != Dtype::kBf16) continue;
            std::vector<uint16_t> half(view.elements);
            view.to_bf16(0, view.elements, half.data());
            for (uint64_t i = 0; i < view.elements; ++i) {
                const uint32_t bits = spec::bf16_to_fp32(half[i]);
                float value = 0;
                std::memcpy(&value, &bits, 4);
                compared.equal(static_cast<double>(value), exact[i]);
            }
        }
        compared.equal(file.tensor("lse").shape, std::vector<uint64_t>{4, tokens});
    }
}
