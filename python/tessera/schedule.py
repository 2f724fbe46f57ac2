# SPDX-License-Identifier: MIT
"""Schedules written in Python: the pairs of tiles in the order in which the device takes them."""
import contextlib
import tempfile

from .error import wrong_value


def _line(pair):
    try:
        stack, query_tile, key_tile = (int(number) for number in pair)
    except (TypeError, ValueError):
        raise wrong_value("schedule.order", repr(pair),
                          "three whole numbers: stack, query tile, key tile") from None
    return f"{stack} {query_tile} {key_tile}\n"


@contextlib.contextmanager
def as_file(fields):
    """The fields, in which a schedule that yields pairs of tiles stands as a file with them."""
    schedule = fields.get("schedule")
    if schedule is None or isinstance(schedule, str):
        yield fields
        return
    pairs = schedule() if callable(schedule) else schedule
    with tempfile.NamedTemporaryFile("w", prefix="tessera-", suffix=".order") as file:
        file.writelines(_line(pair) for pair in pairs)
        file.flush()
        yield {**fields, "schedule": "listed", "order": file.name}
