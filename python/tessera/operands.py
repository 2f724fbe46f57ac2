# SPDX-License-Identifier: MIT
"""Arrays as the library takes them: C-ordered, in this computer's byte order, of a type that the
device can be given. An array that is so already is not copied."""
from .error import wrong_value

ALLOWED = ("float32", "float64", "float16", "bfloat16")


def operand(name, values):
    """(array, name of its type) of an array or what NumPy makes one of."""
    import numpy

    array = numpy.asarray(values)
    type_name = array.dtype.name
    if type_name not in ALLOWED:
        raise wrong_value(f"workload.operands.{name}", f"an array of {type_name}",
                          ", ".join(ALLOWED))
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    return numpy.ascontiguousarray(array).reshape(array.shape), type_name


def with_operands(experiment, given):
    """The experiment that takes these arrays, and the arrays. `given`: by name, None: not given."""
    arrays = {name: operand(name, values) for name, values in given.items() if values is not None}
    if arrays:
        gemm = {"operation": "gemm"} if set(arrays) <= {"a", "b"} else {}
        experiment = experiment.copy().set(**{"workload.source": "memory"}, **gemm)
    return experiment, arrays
