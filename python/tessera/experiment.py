# SPDX-License-Identifier: MIT
"""Experiments: one point to simulate, as a tree of fields with attributes."""
import copy
import json

from . import _tessera
from .error import wrong_value

# Keywords for fields whose own name says too little, or that several fields have.
_KEYWORDS = {
    "mask": "workload.mask.kind",
    "schedule": "schedule.name",
    "approximate": "schedule.approximation.rule",
    "heads": "workload.random.heads",
    "seed": "workload.random.seed",
}


def _plain(value):
    """Numbers and arrays of NumPy as JSON has them."""
    return value.tolist()


def _complete(tree):
    """The tree with the defaults of what it leaves out. Error names the field and what is allowed."""
    return json.loads(_tessera.complete(json.dumps(tree, default=_plain)))


_defaults = None


def _default_tree():
    global _defaults
    if _defaults is None:
        _defaults = _complete({})
    return _defaults


def _is_section(value):
    return isinstance(value, dict) and bool(value)


def _paths(tree, prefix=""):
    """The paths of all fields."""
    for name, value in tree.items():
        if _is_section(value):
            yield from _paths(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def _path_of(keyword):
    """The field that a keyword means: by its path, or by the last part of it."""
    if keyword in _KEYWORDS:
        return _KEYWORDS[keyword]
    paths = list(_paths(_default_tree()))
    if keyword in paths:
        return keyword
    found = [path for path in paths if path.rpartition(".")[2] == keyword]
    if len(found) == 1:
        return found[0]
    if found:
        raise wrong_value("keyword", keyword, "one of " + ", ".join(found))
    names = sorted(set(_KEYWORDS) | {path.rpartition(".")[2] for path in paths})
    import difflib
    near = difflib.get_close_matches(keyword, names, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise wrong_value("keyword", keyword, ", ".join(names) + hint)


class Section:
    """Fields of an experiment with a common path. Setting one checks its value."""

    __slots__ = ("_tree", "_defaults", "_path")

    def __init__(self, tree, defaults, path):
        for name, value in (("_tree", tree), ("_defaults", defaults), ("_path", path)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._tree:
            raise AttributeError(f"an experiment has no field {self._path}{name}")
        if _is_section(self._defaults[name]):
            return Section(self._tree[name], self._defaults[name], f"{self._path}{name}.")
        return self._tree[name]

    def __setattr__(self, name, value):
        if _is_section(self._defaults.get(name)):
            raise AttributeError(f"{self._path}{name} is a section; set its fields: "
                                 + ", ".join(self._defaults[name]))
        checked = {name: value}
        for part in reversed(self._path.split(".")[:-1]):
            checked = {part: checked}
        checked = _complete(checked)
        for part in self._path.split(".")[:-1]:
            checked = checked[part]
        self._tree[name] = checked[name]

    def __dir__(self):
        return list(self._tree)

    def __repr__(self):
        changed = ", ".join(f"{path}={value!r}" for path, value in _changes(self._tree,
                                                                             self._defaults))
        return f"<{self._path.rstrip('.') or 'experiment'}: {changed or 'defaults'}>"


def _changes(tree, defaults, prefix=""):
    """(path, value) of all fields without their defaults."""
    for name, value in tree.items():
        if _is_section(defaults[name]):
            yield from _changes(value, defaults[name], f"{prefix}{name}.")
        elif value != defaults[name]:
            yield prefix + name, value


class Experiment(Section):
    """One point to simulate: machine, workload, schedule, outputs. Every field has a default;
    docs/use/experiments.md lists them all with what is allowed.

    Keywords set fields by the last part of their path, such as window=256, or by a whole path in
    **{"workload.mask.window": 256}. Some have names of their own: mask (dense, causal, sparse),
    schedule (a name, or auto), approximate (a rule), heads and seed (of random tensors).

    Lengths are in tokens. Error: a value that is not allowed, with the field and what is.
    """

    __slots__ = ()

    def __init__(self, **fields):
        super().__init__(copy.deepcopy(_default_tree()), _default_tree(), "")
        self.set(**fields)

    def set(self, **fields):
        """Sets fields by keywords, all or none of them; returns the experiment."""
        tree = copy.deepcopy(self._tree)
        for keyword, value in fields.items():
            *sections, name = _path_of(keyword).split(".")
            place = tree
            for section in sections:
                place = place[section]
            place[name] = value
        if fields:
            object.__setattr__(self, "_tree", _complete(tree))
        return self

    @classmethod
    def from_dict(cls, tree):
        """The experiment of a tree of dicts, as JSON files have it; what is left out has its
        default."""
        experiment = cls()
        object.__setattr__(experiment, "_tree", _complete(tree))
        return experiment

    def to_dict(self):
        """All fields, as a tree of dicts."""
        return copy.deepcopy(self._tree)

    def to_json(self):
        """All fields as JSON, as `tessera run --experiment` reads them."""
        return _tessera.complete(json.dumps(self._tree, default=_plain))

    def copy(self):
        """An experiment with the same fields."""
        return Experiment.from_dict(self._tree)

    def __eq__(self, other):
        return isinstance(other, Experiment) and self._tree == other._tree

    __hash__ = None

    def __deepcopy__(self, _):
        return self.copy()

    def __reduce__(self):
        return Experiment.from_dict, (self._tree,)
