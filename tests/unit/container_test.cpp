// SPDX-License-Identifier: MIT
// Files that are not what an option reads: each kind is told by its first bytes, and a file of the
// right kind by none of these.
#include "host/io/container.h"

#include "host/io/npy.h"
#include "host/io/safetensors.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using namespace std::string_literals;
using host::Container;
using test::Compared;
using test::message_of;

const uint8_t* bytes_of(const std::string& content) {
    return reinterpret_cast<const uint8_t*>(content.data());
}

/// What the reader of that kind says of a file with this content.
std::string message_for(const std::string& content, Container wanted) {
    return message_of([&] {
        if (wanted == Container::kNpy)
            host::parse_npy("x", "q", bytes_of(content), content.size());
        else
            host::parse_safetensors("x", bytes_of(content), content.size());
    });
}

/// The first entry of a zip archive, without its content.
std::string zip_of(const std::string& name) {
    return "PK\3\4\x14\0\0\0"s + std::string(18, '\0') + static_cast<char>(name.size()) +
           "\0\0\0"s + name + "content";
}

/// `json` behind its length.
std::string safetensors_of(const std::string& json) {
    std::string content(8, '\0');
    content[0] = static_cast<char>(json.size() & 255);
    content[1] = static_cast<char>(json.size() >> 8);
    return content + json;
}

std::string tar_of(const std::string& name) {
    std::string content = name + std::string(257 - name.size(), '\0');
    return content + "ustar\0" + "00" + std::string(248, '\0');
}

struct Foreign {
    const char* what;
    std::string content;
    const char* remedy;  ///< nullptr: what writes the wanted kind
};

}  // namespace

TEST_CASE("a file of another kind is named, with what to do about it", "[io]") {
    const std::vector<Foreign> files = {
        {"an .npz file of NumPy", zip_of("q.npy"), nullptr},
        {"a PyTorch file", zip_of("archive/data.pkl"), nullptr},
        {"a zip archive", zip_of("readme.txt"), nullptr},
        {"a zip archive", "PK\3\4", nullptr},
        {"a zip archive", "PK\5\6"s + std::string(18, '\0'), nullptr},
        {"a pickle of Python", "\x80\x02}q\x00(X\x01"s, nullptr},
        {"a pickle of Python", "\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19."s, nullptr},
        {"a pickle of Python", "\x80\x04\x95\x1a\0\0\0\0\0\0\0}"s, nullptr},
        {"a GGUF model", "GGUF\3\0\0\0\x24\1\0\0\0\0\0\0"s, nullptr},
        {"an HDF5 file", "\x89HDF\r\n\x1a\n\0\0\0\0"s, nullptr},
        {"an ONNX model",
         "\x08\x07\x12\x07pytorch\x1a\x05"
         "1.13"s,
         nullptr},
        {"an ONNX model", "\x08\x03\x3a\xb4\x01"s, nullptr},
        {"a Git LFS pointer",
         "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
         "git lfs pull"},
        {"a web page", "<!DOCTYPE html><html>", "download the file itself"},
        {"a web page", "<html><body>", "download the file itself"},
        {"a gzip archive", "\x1f\x8b\x08\0"s, "unpack it first"},
        {"a Zstandard archive", "\x28\xb5\x2f\xfd\x04", "unpack it first"},
        {"an xz archive",
         "\xfd"
         "7zXZ\0\0"s,
         "unpack it first"},
        {"a bzip2 archive", "BZh91AY", "unpack it first"},
        {"a tar archive", tar_of("q.bin"), "unpack it first"},
        {"a Parquet file", "PAR1\x15\4", nullptr},
        {"an Arrow file", "ARROW1\0\0"s, nullptr},
        {"a MATLAB file", "MATLAB 5.0 MAT-file", nullptr},
        {"a TensorFlow Lite model", "\x1c\0\0\0TFL3"s, nullptr},
        {"empty", "", "save or download it again"},
    };
    Compared compared("messages");
    for (const Foreign& file : files)
        for (const Container wanted : {Container::kNpy, Container::kSafetensors}) {
            const bool npy = wanted == Container::kNpy;
            const std::string message = message_for(file.content, wanted);
            const auto has = [&](const std::string& word) {
                compared.holds(message.find(word) != std::string::npos,
                               [&] { return word + " not in: " + message; });
            };
            has("x: is "s + file.what);
            has(npy ? ", not an .npy file; " : ", not a safetensors file; ");
            has(file.remedy != nullptr ? file.remedy
                : npy                  ? "save each array by numpy.save"
                                       : "safetensors.numpy.save_file");
        }
}

TEST_CASE("each reader names the other's files", "[io]") {
    Compared compared("messages");
    const std::string array = "\x93NUMPY\1\0"s;
    const std::string tensors = safetensors_of("{}");
    const std::string of_array = message_for(array, Container::kSafetensors);
    compared.holds(
        of_array.find("x: is an .npy file, not a safetensors file; workload.arrays.q") == 0,
        [&] { return of_array; });
    const std::string of_tensors = message_for(tensors, Container::kNpy);
    compared.holds(of_tensors.find("x: is a safetensors file, not an .npy file; ") == 0,
                   [&] { return of_tensors; });
    const std::string of_json = message_for(" {\"weight_map\": {}}", Container::kNpy);
    compared.holds(of_json.find("x: is JSON text, not an .npy file; ") == 0,
                   [&] { return of_json; });
}

TEST_CASE("of an unknown kind the first bytes are shown", "[io]") {
    Compared compared("messages");
    const std::pair<std::string, const char*> files[] = {
        {"1.0,2.", "1.0,2."},
        {"1.0,2.0,3.0\n4.0,5.0,6.0\n", "1.0,2.0,"},
        {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s, R"(\x89PNG\x0d\x0a\x1a\x0a)"},
        {"%PDF-1.7\n", "%PDF-1.7"},
        {"7z\xbc\xaf\x27\x1c\0\4"s, R"(7z\xbc\xaf'\x1c\x00\x04)"},
        {"(dp0\nS'q'\np1\n", R"((dp0\x0aS'q)"},
    };
    for (const auto& [content, start] : files)
        compared.equal(message_for(content, Container::kSafetensors),
                       "x: is not a safetensors file: it starts with \""s + start +
                           "\"; save the tensors by safetensors.numpy.save_file or "
                           "safetensors.torch.save_file");
}

TEST_CASE("no length of a safetensors header is taken for another kind", "[io]") {
    Compared compared("header lengths");
    std::string json = "{}";
    for (size_t length = 2; length < 0x1800; ++length, json += ' ')
        compared.equal(message_for(safetensors_of(json), Container::kSafetensors), ""s,
                       [&] { return std::to_string(length); });
}
