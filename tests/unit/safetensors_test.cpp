// SPDX-License-Identifier: MIT
// Safetensors: what the writer writes the reader reads, every damage is one clear message, output
// is whole or absent, and conversions are those of the contract.
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
    compared.equal(file.tensor("none").elements, uint64_t{0});
    compared.equal(file.tensor("scalar").elements, uint64_t{1});
    compared.equal(file.find("k") == nullptr, true);
    const std::string message = message_of([&] { file.tensor("k"); });
    compared.equal(message, path + ": tensor k is missing; allowed: scalar, w, o, q, none",
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
        {R"({"q":{"dtype":"U8","dtype":"U8"}})", 0, {"key dtype", "twice"}},
        {R"({"q":7})", 0, {"q is 7", "object"}},
        {R"({"q":{}})", 0, {"q.dtype", "missing"}},
        {R"({"q":{"dtype":"U8"}})", 0, {"q.shape", "missing"}},
        {R"({"q":{"dtype":"U8","shape":[1]}})", 1, {"q.data_offsets", "missing"}},
        {R"({"q":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":3}})", 1, {"q.x is 3"}},
        {R"({"q":{"dtype":"F31","shape":[1],"data_offsets":[0,1]}})",
         1,
         {"q.dtype", "F31", "BF16, F16, F32"}},
        {R"({"q":{"dtype":16,"shape":[1],"data_offsets":[0,1]}})", 1, {"q.dtype is 16", "BF16"}},
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
         {"q.data_offsets", "[0, 2]", "begin <= end <= 1"}},
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
        compared.equal(text,
                       "x.st: header length is " + std::to_string(length) + "; allowed: 2 to 8");
    }
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

TEST_CASE("output files are whole or absent", "[io]") {
    const Scratch folder;
    const std::string path = folder.path() + "/out.safetensors";
    using Names = std::set<std::string>;
    Compared compared("states of a folder");
    const auto content = [&] { return folder_content(folder.path()); };
    {
        host::SafetensorsWriter writer(path, {{"o", Dtype::kF32, {2}}}, {});
        compared.equal(content().size(), size_t{1});  // the temporary
        compared.equal(content().count("out.safetensors"), size_t{0});
        const float value = 1;
        writer.write("o", 0, &value, 1);
        CHECK_THROWS_AS(writer.commit(), std::logic_error);  // an element is missing
        CHECK_THROWS_AS(writer.write("o", 2, &value, 1), std::out_of_range);
        CHECK_THROWS_AS(writer.write("o", 1, &value, UINT64_MAX), std::out_of_range);
        CHECK_THROWS_AS(writer.write("p", 0, &value, 1), std::out_of_range);
    }
    compared.equal(content(), Names{});
    CHECK_THROWS_AS(
        host::SafetensorsWriter(path, {{"o", Dtype::kF32, {2}}, {"o", Dtype::kF32, {2}}}, {}),
        std::invalid_argument);
    CHECK_THROWS_AS(host::SafetensorsWriter(path, {{"__metadata__", Dtype::kF32, {2}}}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(host::SafetensorsWriter(path, {{"o", Dtype::kF32, {uint64_t{1} << 62, 4}}}, {}),
                    std::invalid_argument);
    compared.equal(content(), Names{});

    host::write_file(path, "old");
    try {
        host::OutputFile file(path);
        file.append("new, but ");
        throw std::runtime_error("the run fails");
    } catch (const std::runtime_error&) {
    }
    compared.equal(content(), Names{"out.safetensors"});
    compared.equal(test::read_text(path), std::string("old"));
    host::write_file(path, "new");
    compared.equal(test::read_text(path), std::string("new"));
    compared.equal(content(), Names{"out.safetensors"});
}

TEST_CASE("output that cannot be written is the user's error", "[io]") {
    const Scratch folder;
    Compared compared("words in messages");
    const auto check = [&](const std::string& path, const std::string& word) {
        const std::string message = message_of([&] { host::write_file(path, "x"); });
        compared.holds(message.find(path) == 0 && message.find(word) != std::string::npos,
                       [&] { return message; });
    };
    check(folder.path(), "no regular file");
    check("/dev/null", "no regular file");
    check(folder.path() + "/none/out.json", "cannot open for writing: No such file");
    const auto read = [&](const std::string& path, const std::string& word) {
        const std::string message = message_of([&] { host::SafetensorsFile file(path); });
        compared.holds(message.find(path) == 0 && message.find(word) != std::string::npos,
                       [&] { return message; });
    };
    read(folder.path() + "/none", "cannot open for reading: No such file");
    read(folder.path(), "no regular file");
    read("/dev/zero", "no regular file");
    host::write_file(folder.path() + "/empty", "");
    read(folder.path() + "/empty", "file size is 0 bytes; allowed: at least 8");
    host::OutputFile file(folder.path() + "/twice");
    file.commit();
    CHECK_THROWS_AS(file.commit(), std::logic_error);
    CHECK_THROWS_AS(file.append("x"), std::logic_error);
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
