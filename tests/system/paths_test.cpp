// SPDX-License-Identifier: MIT
// Paths that an ordinary user may not or cannot use: every option that names one says which path it
// is and gives the system's reason, and nothing is left behind.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::Finished;
using test::run_tessera;
using test::Scratch;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kNobody = 65534;

/// Runs `tessera ARGUMENTS` as a user whom permissions bind: root is none.
Finished run_as_user(const std::string& arguments) {
    if (geteuid() != 0) return run_tessera(arguments);
    // The program is opened before: its folder may be closed to that user.
    return run_tessera(arguments, "exec 9<" TESSERA_BINARY "; ",
                       "setpriv --reuid=65534 --regid=65534 --clear-groups /proc/self/fd/9");
}

/// A folder with one path of each kind that fails.
class Places {
  public:
    Places() {
        for (const char* name : {"closed", "readonly", "folder"})
            fs::create_directory(folder_ / name);
        fs::create_directory(folder_ / "closed/inside");
        std::ofstream(folder_ / "file") << "x";
        std::ofstream(folder_ / "secret") << "x";
        fs::create_symlink("loop", folder_ / "loop");
        own(folder_.path());
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
            own(entry.path());
        chmod(folder_ / "secret", 0);
        chmod(folder_ / "closed", 0);
        chmod(folder_ / "readonly", S_IRUSR | S_IXUSR);
    }
    ~Places() {
        chmod(folder_ / "closed", S_IRWXU);
        chmod(folder_ / "readonly", S_IRWXU);
    }
    std::string operator/(const std::string& name) const { return folder_ / name; }
    /// What is in it, but for the closed folder.
    size_t entries() const {
        const fs::recursive_directory_iterator all(folder_.path(),
                                                   fs::directory_options::skip_permission_denied);
        return static_cast<size_t>(std::distance(begin(all), end(all)));
    }

  private:
    static void own(const fs::path& path) {
        if (geteuid() == 0 && lchown(path.c_str(), kNobody, kNobody) != 0)
            throw std::runtime_error("chown: " + path.string());
    }
    static void chmod(const std::string& path, mode_t mode) {
        if (::chmod(path.c_str(), mode) != 0) throw std::runtime_error("chmod: " + path);
    }

    Scratch folder_;
};

struct Failure {
    std::string path, reason;
};

const std::string kLong(300, 'n');

}  // namespace

TEST_CASE("a path that cannot be read is named with the system's reason, by every option") {
    const Places places;
    const std::string good = places / "file";
    const Failure kFailures[] = {
        {places / "none", "No such file or directory"},
        {places / "none/x.json", "No such file or directory"},
        {places / "secret", "Permission denied"},
        {places / "closed/inside/x", "Permission denied"},
        {places / "file/x", "Not a directory"},
        {places / "folder", "Is a directory"},
        {places / "loop", "Too many levels of symbolic links"},
        {places / kLong, "File name too long"},
        {"/dev/zero", "is a device"},
    };
    Compared messages("messages");
    for (const Failure& f : kFailures) {
        std::vector<std::string> commands = {"gemm --a " + f.path + " --b " + good,
                                             "run --random 1,8,8 --tile-mask " + f.path,
                                             "compare --random 1,8,8 --masks tile-mask=" + f.path,
                                             "run --random 1,8,8 --device " + f.path,
                                             "run --random 1,8,8 --memory " + f.path,
                                             "linear --random 1,8,8 --device " + f.path,
                                             "gemm --random 8,8,8 --memory " + f.path,
                                             "compare --random 1,8,8 --device " + f.path,
                                             "verify --random 1,8,8 --device " + f.path,
                                             "verify --count 1 --memory " + f.path};
        for (const std::string command : {"run", "compare", "linear"}) {
            commands.push_back(command + " --input " + f.path);
            commands.push_back(command + " --q " + f.path + " --k " + good + " --v " + good);
        }
        for (const std::string& command : commands) {
            const Finished finished = run_as_user(command);
            messages.holds(finished.exit_code == 2 && finished.out.empty() &&
                               contains(finished.err, "tessera: " + f.path + ": ") &&
                               contains(finished.err, f.reason),
                           [&] { return command + " -> " + finished.err; });
        }
    }
}

TEST_CASE("a folder that cannot be made or written: the path, the reason, nothing left") {
    const Places places;
    const size_t before = places.entries();
    const Failure kFailures[] = {
        {places / "closed", "cannot write in this folder: Permission denied"},
        {places / "closed/inside", "Permission denied"},
        {places / "closed/inside/new", "Permission denied"},
        {places / "readonly", "cannot write in this folder: Permission denied"},
        {places / "readonly/new",
         "cannot create the folder " + (places / "readonly/new") + ": Permission denied"},
        {places / "readonly/new/below",
         "cannot create the folder " + (places / "readonly/new") + ": Permission denied"},
        {places / "file", "cannot use this as a folder: Not a directory"},
        {places / "file/below", "Not a directory"},
        {places / "loop", "Too many levels of symbolic links"},
        {places / "loop/below", "Too many levels of symbolic links"},
        {places / kLong, "File name too long"},
        {places / ("new/" + kLong), "File name too long"},
        {"/proc/none", "cannot create the folder /proc/none: No such file or directory"},
        {"/sys/none", "cannot create the folder /sys/none: "},
        {"/dev/full", "cannot use this as a folder: Not a directory"},
    };
    Compared messages("messages");
    for (const Failure& f : kFailures)
        for (const std::string command : {"run --random 1,8,8", "run --random 1,8,8 --timing-only",
                                          "gemm --random 8,8,8", "linear --random 1,8,8"}) {
            const Finished finished = run_as_user(command + " --out " + f.path);
            messages.holds(finished.exit_code == 2 && finished.out.empty() &&
                               contains(finished.err, "tessera: --out " + f.path + ": ") &&
                               contains(finished.err, f.reason),
                           [&] { return command + " --out " + f.path + " -> " + finished.err; });
        }
    messages.equal(places.entries(), before);
}

TEST_CASE("a file that cannot be written: the path, the reason, nothing left") {
    const Places places;
    const size_t before = places.entries();
    const Failure kFailures[] = {
        {places / "closed/x", "cannot open for writing: Permission denied"},
        {places / "readonly/x", "cannot open for writing: Permission denied"},
        {places / "none/x", "cannot open for writing: No such file or directory"},
        {places / "file/x", "cannot open for writing: Not a directory"},
        {places / "folder", "cannot open for writing: Is a directory"},
        {places / "loop", "cannot open for writing: Too many levels of symbolic links"},
        {places / kLong, "cannot open for writing: File name too long"},
        {"/proc/none", "cannot open for writing: No such file or directory"},
        {"/sys/none", "cannot open for writing: "},
        {"/dev/full", "is a device"},
    };
    Compared messages("messages");
    for (const Failure& f : kFailures) {
        const std::string command = "compare --random 1,8,8 --timing-only --out " + f.path;
        const Finished finished = run_as_user(command);
        messages.holds(finished.exit_code == 2 && finished.out.empty() &&
                           contains(finished.err, "tessera: " + f.path + ": ") &&
                           contains(finished.err, f.reason),
                       [&] { return command + " -> " + finished.err; });
    }
    messages.equal(places.entries(), before);
    // The same with a name that is as long as a name may be: that is no mistake.
    const std::string longest = places / std::string(255, 'n');
    messages.equal(run_as_user("compare --random 1,8,8 --timing-only --out " + longest).exit_code,
                   0);
    messages.equal(places.entries(), before + 1);
}

TEST_CASE("a full and a read-only file system: the path, the reason, nothing left") {
    const Scratch scratch;
    const std::string folder = scratch / "mounted";
    fs::create_directory(folder);
    const auto mounted = [&](const std::string& options) {  // in a name space of its own
        return "unshare --map-root-user --mount sh -c 'mount -t tmpfs -o size=64k none " + folder +
               options + " && " TESSERA_BINARY " \"$@\"; code=$?; ls -A " + folder +
               " >&2; exit $code' sh";
    };
    const std::string try_it = mounted("") + " --version > /dev/null 2>&1";
    if (std::system(try_it.c_str()) != 0) {
        std::printf("skipped: no file system can be mounted here\n");
        std::exit(4);
    }
    const std::string read_only = " && mount -o remount,ro " + folder;
    const struct {
        std::string options, arguments, message;
    } kRuns[] = {
        {"", "run --random 4,600,64 --no-check --out " + folder + "/out",
         folder + "/out/out.safetensors: cannot write: No space left on device"},
        {"", "gemm --random 200,200,64 --no-check --out " + folder + "/out",
         folder + "/out/out.safetensors: cannot write: No space left on device"},
        {read_only, "run --random 1,8,8 --out " + folder,
         "--out " + folder + ": cannot write in this folder: Read-only file system"},
        {read_only, "linear --random 1,8,8 --out " + folder + "/out",
         "--out " + folder + "/out: cannot create the folder " + folder +
             "/out: Read-only file system"},
        {read_only, "compare --random 1,8,8 --timing-only --out " + folder + "/x",
         folder + "/x: cannot open for writing: Read-only file system"},
    };
    Compared messages("messages");
    for (const auto& r : kRuns) {
        const Finished f = run_tessera(r.arguments, "", mounted(r.options));
        messages.equal(f.exit_code, 2, [&] { return r.arguments; });
        messages.equal(f.err, "tessera: " + r.message + "\n", [&] { return r.arguments; });
    }
}

TEST_CASE("stdout that cannot be written: the system's reason, however much is printed") {
    Compared messages("messages");
    for (const std::string arguments :
         {"devices", "--help", "run --random 1,4,4", "run --random 1,4,4 --format json",
          "compare --random 1,8,8 --timing-only --format json"}) {
        const Scratch scratch;
        const std::string command =
            std::string(TESSERA_BINARY) + " " + arguments + " > /dev/full 2> " + (scratch / "err");
        const int status = std::system(command.c_str());
        messages.equal(WEXITSTATUS(status), 2, [&] { return command; });
        messages.equal(test::read_text(scratch / "err"),
                       "tessera: stdout: cannot be written: No space left on device\n",
                       [&] { return command; });
    }
}
