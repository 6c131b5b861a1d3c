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

class X100SRow(TypedDict):
    id: int

class X100SInsert(TypedDict):
    id: int

class X100SUpdate(TypedDict):
    id: NotRequired[int]

ABRow = TypedDict("ABRow", {
    "a": int,
    "b": int,
    "class": int | None,
    "other": int | None,
})

ABInsert = TypedDict("ABInsert", {
    "a": int,
    "b": int,
    "class": NotRequired[int | None],
    "other": NotRequired[int | None],
})

ABUpdate = TypedDict("ABUpdate", {
    "a": NotRequired[int],
    "b": NotRequired[int],
    "class": NotRequired[int | None],
    "other": NotRequired[int | None],
})

class AB2Row(TypedDict):
    id: int
    constructor: int | None

class AB2Insert(TypedDict):
    id: int
    constructor: NotRequired[int | None]

class AB2Update(TypedDict):
    id: NotRequired[int]
    constructor: NotRequired[int | None]

class AbRowRow(TypedDict):
    a: int | None
    b: int | None

class AbRowInsert(TypedDict):
    a: NotRequired[int | None]
    b: NotRequired[int | None]

class AbRowUpdate(TypedDict):
    a: NotRequired[int | None]
    b: NotRequired[int | None]

ClassRow = TypedDict("ClassRow", {
    "type": int,
    "def": str | None,
    "a b": str | None,
    "a,b": str | None,
    "quote\"d": str | None,
    "back\\slash": str | None,
    "`tick`": str | None,
    "-": str | None,
    "__private": str | None,
    "1st": str | None,
    "höhe": str | None,
    "日本": str | None,
    "a_b": str | None,
    "aB": str | None,
    "${x}": str | None,
    "*/": str | None,
    "None": str | None,
    "kinds_id": int | None,
})

ClassInsert = TypedDict("ClassInsert", {
    "type": int,
    "def": NotRequired[str | None],
    "a b": NotRequired[str | None],
    "a,b": NotRequired[str | None],
    "quote\"d": NotRequired[str | None],
    "back\\slash": NotRequired[str | None],
    "`tick`": NotRequired[str | None],
    "-": NotRequired[str | None],
    "__private": NotRequired[str | None],
    "1st": NotRequired[str | None],
    "höhe": NotRequired[str | None],
    "日本": NotRequired[str | None],
    "a_b": NotRequired[str | None],
    "aB": NotRequired[str | None],
    "${x}": NotRequired[str | None],
    "*/": NotRequired[str | None],
    "None": NotRequired[str | None],
    "kinds_id": NotRequired[int | None],
})

ClassUpdate = TypedDict("ClassUpdate", {
    "type": NotRequired[int],
    "def": NotRequired[str | None],
    "a b": NotRequired[str | None],
    "a,b": NotRequired[str | None],
    "quote\"d": NotRequired[str | None],
    "back\\slash": NotRequired[str | None],
    "`tick`": NotRequired[str | None],
    "-": NotRequired[str | None],
    "__private": NotRequired[str | None],
    "1st": NotRequired[str | None],
    "höhe": NotRequired[str | None],
    "日本": NotRequired[str | None],
    "a_b": NotRequired[str | None],
    "aB": NotRequired[str | None],
    "${x}": NotRequired[str | None],
    "*/": NotRequired[str | None],
    "None": NotRequired[str | None],
    "kinds_id": NotRequired[int | None],
})

class CountedRow(TypedDict):
    n: int | None
    greatest: int | None

class HiddenSecret(TypedDict):
    size: Size | None
    note: str | None

# Of every kind.
# Not to be closed by */ or """,
# nor by */ and */.
KindsRow = TypedDict("KindsRow", {
    "id": int,
    "by_default": int,
    "bool": bool,
    "int2": int | None,
    "int4": int | None,
    "float4": float | None,
    "float8": float | None,
    "numeric": float | None,
    "text": str,
    "short": str | None,
    "bytea": str | None,
    "citext": str | None,
    "bits": str | None,
    "date": str | None,
    "timestamp": str | None,
    "timestamptz": str | None,
    "interval": str | None,
    "uuid": str | None,
    "inet": str | None,
    "oid": str | None,
    "json": Json,
    "jsonb": Json,
    "hstore": Json,
    "point": str | None,
    "range": str | None,
    "search": str | None,
    "colour": Colour | None,
    "mood": HiddenMood,
    "size": Size | None,
    "secret": HiddenSecret | None,
    "weight": float,
    "shade": Colour | None,
    "token": Json,
    "texts": list[str],
    "ints": list[int] | None,
    "moods": list[HiddenMood] | None,
    "colours": list[Colour] | None,
    "sizes": list[Size] | None,
    "jsons": list[Json] | None,
    "doubled": int | None,
})

KindsInsert = TypedDict("KindsInsert", {
    "by_default": NotRequired[int],
    "bool": NotRequired[bool],
    "int2": NotRequired[int | None],
    "int4": NotRequired[int | None],
    "float4": NotRequired[float | None],
    "float8": NotRequired[float | None],
    "numeric": NotRequired[float | None],
    "text": str,
    "short": NotRequired[str | None],
    "bytea": NotRequired[str | None],
    "citext": NotRequired[str | None],
    "bits": NotRequired[str | None],
    "date": NotRequired[str | None],
    "timestamp": NotRequired[str | None],
    "timestamptz": NotRequired[str | None],
    "interval": NotRequired[str | None],
    "uuid": NotRequired[str | None],
    "inet": NotRequired[str | None],
    "oid": NotRequired[str | None],
    "json": Json,
    "jsonb": NotRequired[Json],
    "hstore": NotRequired[Json],
    "point": NotRequired[str | None],
    "range": NotRequired[str | None],
    "search": NotRequired[str | None],
    "colour": NotRequired[Colour | None],
    "mood": HiddenMood,
    "size": NotRequired[Size | None],
    "secret": NotRequired[HiddenSecret | None],
    "weight": float,
    "shade": NotRequired[Colour | None],
    "token": NotRequired[Json],
    "texts": list[str],
    "ints": NotRequired[list[int] | None],
    "moods": NotRequired[list[HiddenMood] | None],
    "colours": NotRequired[list[Colour] | None],
    "sizes": NotRequired[list[Size] | None],
    "jsons": NotRequired[list[Json] | None],
})

KindsUpdate = TypedDict("KindsUpdate", {
    "by_default": NotRequired[int],
    "bool": NotRequired[bool],
    "int2": NotRequired[int | None],
    "int4": NotRequired[int | None],
    "float4": NotRequired[float | None],
    "float8": NotRequired[float | None],
    "numeric": NotRequired[float | None],
    "text": NotRequired[str],
    "short": NotRequired[str | None],
    "bytea": NotRequired[str | None],
    "citext": NotRequired[str | None],
    "bits": NotRequired[str | None],
    "date": NotRequired[str | None],
    "timestamp": NotRequired[str | None],
    "timestamptz": NotRequired[str | None],
    "interval": NotRequired[str | None],
    "uuid": NotRequired[str | None],
    "inet": NotRequired[str | None],
    "oid": NotRequired[str | None],
    "json": NotRequired[Json],
    "jsonb": NotRequired[Json],
    "hstore": NotRequired[Json],
    "point": NotRequired[str | None],
    "range": NotRequired[str | None],
    "search": NotRequired[str | None],
    "colour": NotRequired[Colour | None],
    "mood": NotRequired[HiddenMood],
    "size": NotRequired[Size | None],
    "secret": NotRequired[HiddenSecret | None],
    "weight": NotRequired[float],
    "shade": NotRequired[Colour | None],
    "token": NotRequired[Json],
    "texts": NotRequired[list[str]],
    "ints": NotRequired[list[int] | None],
    "moods": NotRequired[list[HiddenMood] | None],
    "colours": NotRequired[list[Colour] | None],
    "sizes": NotRequired[list[Size] | None],
    "jsons": NotRequired[list[Json] | None],
})

OptionalRow = TypedDict("OptionalRow", {
    "id": int,
    "Json": str | None,
    "Any": str,
})

OptionalInsert = TypedDict("OptionalInsert", {
    "id": int,
    "Json": NotRequired[str | None],
    "Any": str,
})

OptionalUpdate = TypedDict("OptionalUpdate", {
    "id": NotRequired[int],
    "Json": NotRequired[str | None],
    "Any": NotRequired[str],
})

class ShownRow(TypedDict):
    id: int | None
    text: str | None
    mood: HiddenMood | None

class ShownInsert(TypedDict):
    id: NotRequired[int | None]
    text: NotRequired[str | None]
    mood: NotRequired[HiddenMood | None]

class ShownUpdate(TypedDict):
    id: NotRequired[int | None]
    text: NotRequired[str | None]
    mood: NotRequired[HiddenMood | None]

class X日本Row(TypedDict):
    id: int

class X日本Insert(TypedDict):
    id: int

class X日本Update(TypedDict):
    id: NotRequired[int]

class HiddenUnseen(TypedDict):
    id: int | None
    kind: int | None

AllSizesResult = list[Size]

ClassKindResult = list[KindsRow]

FirstKindResult = KindsRow | None

LabelResult = str | None

MoodsResult = list[HiddenMood] | None

class NumbersArgs(TypedDict):
    n: NotRequired[int]
    rest: NotRequired[list[int]]

NumbersResult = list[int]

class OneOutResult(TypedDict):
    answer: int | None

class OverloadedArgs(TypedDict):
    a: int

OverloadedResult = int | None

class Overloaded2Args(TypedDict):
    a: int
    b: NotRequired[str]

Overloaded2Result = str | None

PlainResult = str | None

RecordedResult = dict[str, Json] | None

class SizedArgs(TypedDict):
    size: Size

SizedResult = Size | None

TabledArgs = TypedDict("TabledArgs", {
    "class": str,
})

TabledResultRow = TypedDict("TabledResultRow", {
    "id": int | None,
    "def": str | None,
    "mood": HiddenMood | None,
})
TabledResult = list[TabledResultRow]

class TwoOutArgs(TypedDict):
    x: int
    y: Colour

TwoOutResult = TypedDict("TwoOutResult", {
    "a b": int | None,
    "y": Colour | None,
})

UnseenResult = list[HiddenUnseen]

WholeResult = Json
