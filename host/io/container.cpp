// SPDX-License-Identifier: MIT
#include "host/io/container.h"

#include <cstdint>
#include <cstring>

#include "host/error.h"
#include "host/io/safetensors.h"

namespace tessera::host {
namespace {

using namespace std::string_view_literals;

// What to do about a file that is not what the option reads.
constexpr const char* kSaveTensors =
    "save the tensors by safetensors.numpy.save_file or safetensors.torch.save_file";
constexpr const char* kSaveArrays = "save each array by numpy.save";
constexpr const char* kUnpack = "unpack it first";
constexpr const char* kDownload = "download the file itself";

/// A container that is told by `bytes` at byte `at`. `remedy` nullptr: what writes the wanted kind.
struct Signature {
    size_t at;
    std::string_view bytes;
    const char* what;
    const char* remedy;
};
constexpr Signature kSignatures[] = {
    {0, "GGUF"sv, "a GGUF model", nullptr},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file", nullptr},
    {0, "version https://git-lfs.github.com/spec/"sv,
     "a Git LFS pointer, which stands for the file", "fetch the file itself by git lfs pull"},
    {0, "<!DOCTYPE"sv, "a web page", kDownload},
    {0, "<!doctype"sv, "a web page", kDownload},
    {0, "<html"sv, "a web page", kDownload},
    {0, "\x1f\x8b"sv, "a gzip archive", kUnpack},
    {0, "\x28\xb5\x2f\xfd"sv, "a Zstandard archive", kUnpack},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "an xz archive", kUnpack},
    {0, "BZh"sv, "a bzip2 archive", kUnpack},
    {257, "ustar"sv, "a tar archive", kUnpack},
    {0, "PAR1"sv, "a Parquet file", nullptr},
    {0, "ARROW1"sv, "an Arrow file", nullptr},
    {0, "MATLAB "sv, "a MATLAB file", nullptr},
    {4, "TFL3"sv, "a TensorFlow Lite model", nullptr},
};

bool has(std::string_view content, size_t at, std::string_view bytes) {
    return content.size() >= at && content.substr(at, bytes.size()) == bytes;
}

/// A zip archive by the name of its first entry: archive/data.pkl of PyTorch, q.npy of NumPy.
const char* zip_kind(std::string_view content) {
    constexpr size_t kNameAt = 30, kNameLengthAt = 26;
    if (!has(content, 0, "PK\3\4"sv))
        return has(content, 0, "PK\5\6"sv) ? "a zip archive" : nullptr;
    if (content.size() < kNameAt) return "a zip archive";
    const auto low = static_cast<uint8_t>(content[kNameLengthAt]);
    const auto high = static_cast<uint8_t>(content[kNameLengthAt + 1]);
    const std::string_view name = content.substr(kNameAt, static_cast<size_t>(high) << 8 | low);
    if (name.find("data.pkl") != std::string_view::npos) return "a PyTorch file (a zip archive)";
    if (name.find(".npy") != std::string_view::npos) return "an .npz file of NumPy (a zip archive)";
    return "a zip archive";
}

/// Protocols 2 to 5. A first opcode of 0 there is not: that is a header length of safetensors.
bool is_pickle(std::string_view content) {
    return content.size() > 2 && content[0] == '\x80' && content[1] >= 2 && content[1] <= 5 &&
           content[2] != '\0';
}

/// Fields of a ModelProto: the version of its format, then the producer or an opset.
bool is_onnx(std::string_view content) {
    constexpr char kMaxVersion = 32;
    return content.size() > 2 && content[0] == '\x08' && content[1] >= 1 &&
           content[1] <= kMaxVersion && "\x12\x1a\x22\x3a\x42"sv.find(content[2]) != content.npos;
}

[[noreturn]] void refuse(const std::string& file, const std::string& what, Container wanted,
                         const char* remedy) {
    const bool npy = wanted == Container::kNpy;
    if (remedy == nullptr) remedy = npy ? kSaveArrays : kSaveTensors;
    throw UserError(file + ": is " + what + ", not " +
                    (npy ? "an .npy file" : "a safetensors file") + "; " + remedy);
}

}  // namespace

bool starts_as_npy(std::string_view content) { return has(content, 0, "\x93NUMPY"sv); }

bool starts_as_safetensors(std::string_view content) {
    uint64_t length = 0;
    if (content.size() <= sizeof length || content[sizeof length] != '{') return false;
    std::memcpy(&length, content.data(), sizeof length);
    return length >= 2 && length <= kMaxSafetensorsHeaderBytes;
}

bool starts_as_json(std::string_view content) {
    const size_t first = content.find_first_not_of(" \t\r\n");
    return first < content.size() && (content[first] == '{' || content[first] == '[');
}

void refuse_other_container(const std::string& file, std::string_view content, Container wanted) {
    const bool npy = starts_as_npy(content), tensors = starts_as_safetensors(content);
    if (wanted == Container::kNpy ? npy : tensors) return;
    if (content.empty()) refuse(file, "empty", wanted, "save or download it again");
    if (npy)
        refuse(file, "an .npy file", wanted,
               "`workload.arrays.q`, `workload.arrays.k` and `workload.arrays.v` read such files");
    if (tensors)
        refuse(
            file, "a safetensors file", wanted,
            "save each array by numpy.save, or give the file to `workload.file` of run, compare or "
            "linear");
    if (const char* kind = zip_kind(content)) refuse(file, kind, wanted, nullptr);
    if (is_pickle(content))
        refuse(file, "a pickle of Python, as PyTorch writes too", wanted, nullptr);
    if (is_onnx(content)) refuse(file, "an ONNX model", wanted, nullptr);
    for (const Signature& s : kSignatures)
        if (has(content, s.at, s.bytes)) refuse(file, s.what, wanted, s.remedy);
    if (starts_as_json(content)) refuse(file, "JSON text", wanted, nullptr);
}

void refuse_no_safetensors(const std::string& file, std::string_view content) {
    constexpr size_t kShownBytes = 8;
    throw UserError(file + ": is not a safetensors file: it starts with \"" +
                    printable(content.substr(0, kShownBytes)) + "\"; " + kSaveTensors);
}

}  // namespace tessera::host
