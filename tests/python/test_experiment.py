# SPDX-License-Identifier: MIT
"""Experiments as attributes, dicts and JSON; the stubs name what there is."""
import copy
import json
import os
import pathlib
import pickle
import re

import numpy
import pytest

import tessera

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "include/tessera/experiment.schema.json").read_text("utf-8"))
STUB = ROOT / "python/tessera/experiment.pyi"


def leaves(schema, prefix=""):
    for name, entry in schema["properties"].items():
        if "properties" in entry:
            yield from leaves(entry, f"{prefix}{name}.")
        else:
            yield prefix + name, entry


def test_every_field(compared):
    experiment = tessera.Experiment()
    for path, entry in leaves(SCHEMA):
        place = experiment
        *sections, name = path.split(".")
        for section in sections:
            place = getattr(place, section)
        compared.equal(getattr(place, name), entry["default"])
        compared.true(name in dir(place))


def test_setting(compared):
    experiment = tessera.Experiment(device="wide", mask="causal", window=numpy.int64(256),
                                    documents=numpy.array([0, 9]), **{"outputs.check": False})
    compared.equal(experiment.workload.mask.window, 256)
    compared.equal(experiment.workload.mask.documents, [0, 9])
    experiment.workload.mask.window = 512
    experiment.machine.settings["device.LANES"] = "8"
    tree = experiment.to_dict()
    compared.equal(tree["workload"]["mask"]["window"], 512)
    compared.equal(tree["machine"]["settings"], {"device.LANES": "8"})
    for again in (experiment.copy(), tessera.Experiment.from_dict(tree), copy.deepcopy(experiment),
                  pickle.loads(pickle.dumps(experiment)),
                  tessera.Experiment.from_dict(json.loads(experiment.to_json()))):
        compared.equal(again.to_dict(), tree)
    compared.true("workload.mask.window=512" in repr(experiment))
    for section, name, value in ((experiment.workload.mask, "window", "x"),
                                 (experiment.machine, "devices", 0),
                                 (experiment.schedule, "oracle", "slef")):
        before = getattr(section, name)
        with pytest.raises(tessera.Error) as raised:
            setattr(section, name, value)
        compared.true(raised.value.field.endswith(name))
        compared.equal(getattr(section, name), before)
    with pytest.raises(tessera.Error, match="did you mean window"):
        experiment.workload.mask.windw = 3
    with pytest.raises(AttributeError):
        experiment.workload.mask.windw  # pylint: disable=pointless-statement
    with pytest.raises(tessera.Error, match="one of workload.tensor_names.k, workload.arrays.k"):
        tessera.Experiment(k="keys.npy")


TYPES = {"boolean": "bool", "integer": "int", "number": "float", "string": "str",
         "array": "List[int]", "object": "Dict[str, Any]"}


def type_text(entry):
    if "enum" in entry:
        return "Optional[str]" if None in entry["enum"] else "str"
    types = entry["type"] if isinstance(entry["type"], list) else [entry["type"]]
    text = TYPES[next(name for name in types if name != "null")]
    return f"Optional[{text}]" if "null" in types else text


def title_of(path):
    return "".join(word.capitalize() for word in re.split("[._]", path or "experiment"))


def stub_classes(schema, path=""):
    """Lines of the class of a section, behind those of the sections in it."""
    inner, lines = [], [f"class {title_of(path)}:"]
    for key, entry in schema["properties"].items():
        if "properties" in entry:
            below = f"{path}.{key}" if path else key
            inner += stub_classes(entry, below) + [""]
            lines.append(f"    {key}: {title_of(below)}")
        else:
            lines.append(f"    {key}: {type_text(entry)}  # {entry['description']}")
    return inner + lines


def stub_text():
    head = ["# SPDX-License-Identifier: MIT",
            "# Written by tests/python/test_experiment.py from experiment.schema.json.",
            "from typing import Any, Dict, List, Optional", ""]
    methods = ["    def __init__(self, **fields: Any) -> None: ...",
               "    def set(self, **fields: Any) -> Experiment: ...",
               "    @classmethod",
               "    def from_dict(cls, tree: Dict[str, Any]) -> Experiment: ...",
               "    def to_dict(self) -> Dict[str, Any]: ...",
               "    def to_json(self) -> str: ...",
               "    def copy(self) -> Experiment: ..."]
    return "\n".join(head + stub_classes(SCHEMA) + methods) + "\n"


def test_stubs(compared):
    text = stub_text()
    if os.environ.get("TESSERA_UPDATE_GOLDEN"):
        STUB.write_text(text, "utf-8")
        pytest.fail(f"wrote {STUB}")
    compared.equal(STUB.read_text("utf-8"), text)
    package = (ROOT / "python/tessera/__init__.pyi").read_text("utf-8")
    for name in tessera.__all__:
        compared.true(re.search(rf"((class|def|as) {name}\b|\n{name}:)", package), name)
