# SPDX-License-Identifier: MIT
"""What the package throws and warns of."""


class Error(Exception):
    """Whatever goes wrong: who has to act, which field is meant, and what is allowed for it.

    code:    "user" (a mistake in the experiment or its tensors, or a limit of this computer),
             "device" (the device or its firmware refused to go on), "cancelled" (a hook ended the
             run), "internal" (a bug of Tessera)
    field:   path of the field, such as "workload.mask.window"; empty if no single one is to blame
    value:   what it was; empty if the message alone says it
    allowed: what may be there
    """

    def __init__(self, message, code="user", field="", value="", allowed=""):
        super().__init__(message)
        self.code, self.field, self.value, self.allowed = code, field, value, allowed

    def __reduce__(self):
        return Error, (self.args[0], self.code, self.field, self.value, self.allowed)


class NoteWarning(UserWarning):
    """Something about the input that the user should know."""


def wrong_value(field, value, allowed):
    """An Error in the words of the library: FIELD is VALUE; allowed: ALLOWED."""
    return Error(f"{field} is {value}; allowed: {allowed}", "user", field, str(value), allowed)
