"""What bodies and answers are made of. The text below a field is its description in OpenAPI."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a body: its fields are what is legal, of the types they say."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)
