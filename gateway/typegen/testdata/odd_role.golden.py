# Types of rows, as JSON, of what may be written, of functions and of enum types: for Python 3.11 or later.
# Written by "trunkline types --lang python". Changes are lost when it runs again.

from typing import Any, Literal, Never, NotRequired, TypedDict

Json = Any

Colour = Literal["red", "it's \"blue\"", "", "*/", "1st"]

None2 = Never

HiddenMood = Literal["sad", "happy"]

Size = TypedDict("Size", {
    "width": int | None,
    "class": float | None,
    "moods": list[HiddenMood] | None,
})

ClassRow = TypedDict("ClassRow", {
    "type": int,
    "def": str | None,
})

class ClassInsert(TypedDict):
    type: int
    kinds_id: NotRequired[int | None]

ClassUpdate = TypedDict("ClassUpdate", {
    "def": NotRequired[str | None],
})

OptionalInsert = TypedDict("OptionalInsert", {
    "id": int,
    "Json": NotRequired[str | None],
    "Any": str,
})

class ShownRow(TypedDict):
    id: int | None
    text: str | None
    mood: HiddenMood | None

LabelResult = str | None
