# SPDX-License-Identifier: MIT
# Written by tests/python/test_experiment.py from experiment.schema.json.
from typing import Any, Dict, List, Optional

class Machine:
    device: str  # device: a preset of `tessera devices`, or a .json file
    memory: Optional[str]  # memory: a preset of `tessera memories`, or a .json file; null: the device's
    settings: Dict[str, Any]  # single keys of the configuration, with their values
    devices: int  # number of devices that share the memory and the job
    implementation: str  # what simulates the device
    engine: str  # what keeps the time of the model: SystemC, or the fast engine, which does some runs without data; auto: the fast engine where it can
    fast_forward: bool  # whether the fast engine passes over steady work, which changes no figure

class WorkloadRandom:
    heads: int  # query heads
    tokens: int  # query tokens
    dimension: int  # elements of a query or key row
    key_value_heads: Optional[int]  # key/value heads; null: as many as query heads
    key_tokens: Optional[int]  # key tokens; null: as many as query tokens, or as the longest sequence has
    value_dimension: Optional[int]  # elements of a value row; null: as many as a key row has
    batch: Optional[int]  # sequences, each with all heads; null: as many as there are lengths
    rows: int  # rows of the product
    columns: int  # columns of the product
    inner: int  # inner dimension of the product
    seed: int  # seed of the numbers

class WorkloadTensorNames:
    q: str  # name of the queries in the file
    k: str  # name of the keys in the file
    v: str  # name of the values in the file

class WorkloadArrays:
    q: str  # .npy file of the queries
    k: str  # .npy file of the keys
    v: str  # .npy file of the values
    a: str  # .npy file of the left matrix, [rows, inner]
    b: str  # .npy file of the right matrix, [inner, columns]

class WorkloadMask:
    kind: Optional[str]  # kind of mask; null: causal with a term that looks back, else dense, and causal in linear attention
    prefix: int  # keys from the first on that all queries see; 0: none
    window: int  # keys that a query sees up to its own, if dense as many ahead; 0: no window
    sinks: int  # keys from the first on that are seen besides; 0: none
    block: int  # positions of a block, a power of two, whose keys its queries see; 0: none
    summary: int  # last keys of every earlier block that are seen; 0: none
    documents: List[int]  # first tokens of packed documents, which see only themselves
    tile_flags: str  # file with a flag for each pair of tiles
    align: str  # alignment of unequal lengths: the last query at the last key, or the first at the first

class WorkloadBatch:
    query_lengths: List[int]  # queries of each sequence, the others are padding
    key_lengths: List[int]  # keys of each sequence, the others are padding
    padding: Optional[str]  # side of the padding; null: right
    query_offsets: List[int]  # offsets of packed sequences in the query tokens, from 0 to the last end
    key_offsets: List[int]  # offsets of packed sequences in the key tokens; empty: as the query's

class Workload:
    source: str  # where the operands come from: a generator, one safetensors file, an .npy file for each, or the memory of a program that uses the library
    random: WorkloadRandom
    file: str  # safetensors file, or the index of one in shards
    tensor_names: WorkloadTensorNames
    arrays: WorkloadArrays
    head_order: Optional[str]  # order of dimensions of given operands; null: heads first, and a note where that is doubtful
    allow_nonfinite: bool  # accept NaN and Inf in given operands
    mask: WorkloadMask
    batch: WorkloadBatch
    scale: Optional[float]  # factor of the scores; null: 1 / sqrt(dimension)
    output_format: str  # type of the elements that the device writes
    form: str  # what of a gemm is queries: rows of a or columns of b, or with scores columns of b in the score stage
    precision: str  # rounded: sums over a block of the inner dimension may be rounded to bf16, which form scores needs
    inner_block: int  # terms that a call of a gemm adds up; 0: as many as the device takes
    column_block: int  # columns of C, or of its transpose, that a call takes; 0: as many as the device takes
    lse: bool  # compute the log-sum-exp of every row, too
    sink_logits: str  # logits of sinks without a value: a tensor of the file, a .npy file beside arrays, or `random`; empty: none

class ScheduleApproximation:
    rule: Optional[str]  # attend to some key tiles only, by this rule, and audit the result; null: exact
    tiles: Optional[int]  # key tiles of a query tile, beside its own; required with a rule
    seed: int  # seed of the drawn tiles and audited rows
    tolerance: float  # relative error above which a row fails, more than 0 and at most 1

class Schedule:
    name: Optional[str]  # order of the pairs of tiles: a name from `tessera schedules`, or `auto`; null: query-resident
    order: str  # file with the pairs of tiles in their order, for schedule `listed`
    minimise: str  # what schedule `auto` has the least of, by prediction
    stack_heads: bool  # let the query heads of a head group share tiles
    oracle: str  # tokens of a call: a query tile and a key tile, or one set of tokens; causal: a query tile and a key tile of which row i sees rows 0 to i
    cover: Optional[str]  # cover of a self oracle: a name from `tessera covers`; null: auto
    sentinel: Optional[str]  # form of the sentinel, which recovers the softmax sums on a black box; null: auto
    sentinel_offset: Optional[int]  # distance of the sentinel from the typical row maximum, in powers of two; null: -20, of two-call 25
    approximation: ScheduleApproximation

class OutputsSlots:
    heads: int  # query tiles of a call of the device for which calls are counted; 0: not counted
    layers: int  # key tiles of such a call; 0: not counted

class Outputs:
    check: Optional[bool]  # compare with double precision; null: only where that takes seconds
    timing_only: bool  # simulate cycles and traffic, without tensor data
    accept_inexact: bool  # accept a result that is known not to be exact
    accept_approximation: bool  # accept an approximate result that its audit finds not valid
    slots: OutputsSlots
    trace_commands: Optional[int]  # commands in trace.json, from the first on; null: 20,000
    folder: str  # folder for the report and the tensors; empty: no files
    wave: str  # FST file of all signals of the RTL; empty: none

class Experiment:
    operation: str  # what is to be computed
    machine: Machine
    workload: Workload
    schedule: Schedule
    outputs: Outputs
    def __init__(self, **fields: Any) -> None: ...
    def set(self, **fields: Any) -> Experiment: ...
    @classmethod
    def from_dict(cls, tree: Dict[str, Any]) -> Experiment: ...
    def to_dict(self) -> Dict[str, Any]: ...
    def to_json(self) -> str: ...
    def copy(self) -> Experiment: ...
