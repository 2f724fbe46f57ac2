# SPDX-License-Identifier: MIT
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional

import numpy
from numpy.typing import ArrayLike, NDArray

from .experiment import Experiment as Experiment

__version__: str

class Error(Exception):
    code: str
    field: str
    value: str
    allowed: str
    def __init__(self, message: str, code: str = ..., field: str = ..., value: str = ...,
                 allowed: str = ...) -> None: ...

class NoteWarning(UserWarning): ...

class Figure(NamedTuple):
    value: float
    unit: str
    meaning: str
    def __float__(self) -> float: ...

class Errors(NamedTuple):
    elements: int
    not_compared: int
    outside: int
    max_abs: float
    rms_relative: float
    max_over_bound: float

class Prediction(NamedTuple):
    cycles: int
    stall_free_cycles: int
    calls: int
    bytes: int
    schedule: str

class Report:
    verdict: str
    remarks: List[str]
    json: str
    text: str
    figures: Dict[str, Figure]
    errors: Optional[Errors]
    tensors: Dict[str, NDArray[numpy.float32]]
    @property
    def good(self) -> bool: ...
    @property
    def o(self) -> NDArray[numpy.float32]: ...
    def __getitem__(self, path: str) -> float: ...
    def to_dict(self) -> Dict[str, Any]: ...

class Point(NamedTuple):
    experiment: Experiment
    report: Optional[Report]
    error: Optional[Error]

class TaskReport:
    asked: int
    right: int
    expected_right: Optional[int]
    unexpected: int
    remarks: List[str]
    notes: List[str]
    fields: List[str]
    tokens: NDArray[numpy.int64]
    answers: NDArray[numpy.int64]
    truth: NDArray[numpy.int64]
    figures: Dict[str, Figure]
    text: str
    json: str
    @property
    def accuracy(self) -> float: ...
    def __getitem__(self, path: str) -> float: ...
    def to_dict(self) -> Dict[str, Any]: ...

NO_SYMBOL: int

def run(q: Optional[ArrayLike] = ..., k: Optional[ArrayLike] = ..., v: Optional[ArrayLike] = ..., *,
        a: Optional[ArrayLike] = ..., b: Optional[ArrayLike] = ...,
        experiment: Optional[Experiment] = ...,
        progress: Optional[Callable[[str, float], Any]] = ...,
        note: Optional[Callable[[str], Any]] = ..., decision: Optional[Callable[[str], Any]] = ...,
        seconds: int = ..., **fields: Any) -> Report: ...
def predict(q: Optional[ArrayLike] = ..., k: Optional[ArrayLike] = ...,
            v: Optional[ArrayLike] = ..., *, experiment: Optional[Experiment] = ...,
            **fields: Any) -> Prediction: ...
def grid(experiment: Optional[Experiment] = ..., **lists: Iterable[Any]) -> Iterator[Experiment]: ...
def sweep(experiments: Iterable[Experiment], *, jobs: Optional[int] = ...,
          q: Optional[ArrayLike] = ..., k: Optional[ArrayLike] = ..., v: Optional[ArrayLike] = ...,
          a: Optional[ArrayLike] = ..., b: Optional[ArrayLike] = ...,
          seconds: int = ...) -> Iterator[Point]: ...
def task(name: str, *, model: str = ..., tokens: Optional[int] = ..., pairs: Optional[int] = ...,
         size: Optional[int] = ..., reach: Optional[int] = ..., layout: Optional[str] = ...,
         depth: Optional[int] = ..., chains: Optional[int] = ..., hops: Optional[int] = ...,
         doubling: bool = ..., symbols: Optional[int] = ..., gram: Optional[int] = ...,
         columns: Optional[int] = ..., code: Optional[str] = ..., gap: Optional[float] = ...,
         seed: int = ..., generate: bool = ..., experiment: Optional[Experiment] = ...,
         progress: Optional[Callable[[str, float], Any]] = ..., **fields: Any) -> TaskReport: ...
