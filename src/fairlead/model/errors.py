"""What can be wrong with words from outside.

ModelError
├── UndecodableRecord    the bytes are no input or output that this build knows
└── UnreadableText       no input or output in text form: says the field, what was found, what fits
"""


class ModelError(Exception):
    """Something from outside cannot be put into the words of the model."""


class UndecodableRecord(ModelError):
    """The bytes are no input or output that this build knows."""


class UnreadableText(ModelError):
    """A text form that says nothing the model knows. Its message is one line for who wrote it."""

    def __init__(self, field: str, found: str, expected: str) -> None:
        """Say where (`SubmitRequest.price`), what stood there, and what may stand there."""
        super().__init__(f"{field}: found {found}, expected {expected}")
        self.field = field
        self.found = found
        self.expected = expected
