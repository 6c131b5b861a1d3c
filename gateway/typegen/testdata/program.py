"""Reads rows of the sample database, and holds them against the types that are written of it.

The argument is a gateway's address.
"""
import json
import sys
import types
import typing
import urllib.request

import films
import odd
import odd_role


def matches(value: object, expected: object) -> bool:
    """Reports whether a JSON value has a type."""
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if expected is typing.Any:
        return True
    if origin is typing.Literal:
        return value in arguments
    if origin in (typing.Union, types.UnionType):
        return any(matches(value, one) for one in arguments)
    if origin is typing.NotRequired:
        return matches(value, arguments[0])
    if origin is list:
        return isinstance(value, list) and all(matches(element, arguments[0]) for element in value)
    if typing.is_typeddict(expected):
        hints = typing.get_type_hints(expected)
        return (isinstance(value, dict) and expected.__required_keys__ <= set(value) <= set(hints)
                and all(matches(v, hints[k]) for k, v in value.items()))
    if expected is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return value is None if expected in (None, type(None)) else isinstance(value, expected)


def get(path: str) -> object:
    with urllib.request.urlopen(sys.argv[1] + path) as answer:
        return json.load(answer)


for path, expected in {
    "/films?limit=100": list[films.FilmsRow],
    "/people?limit=100": list[films.PeopleRow],
    "/ratings?limit=100": list[films.RatingsRow],
    "/screenings?limit=100": list[films.ScreeningsRow],
    "/genre_statistics": list[films.GenreStatisticsRow],
    "/rpc/box_office": films.BoxOfficeResult,
    "/rpc/search_films?query=storm": films.SearchFilmsResult,
    "/rpc/whoami": films.WhoamiResult,
}.items():
    answer = get(path)
    assert answer and matches(answer, expected), (path, answer)

row = typing.cast(list[films.FilmsRow], get("/films?limit=1"))[0]
assert matches(row, films.FilmsRow)
assert not matches({**row, "title": None}, films.FilmsRow)
assert not matches({**row, "certificate": "PG-13"}, films.FilmsRow)
assert not matches({**row, "more": 1}, films.FilmsRow)
assert matches({"user_id": "", "film_id": 1}, films.WatchlistInsert)
assert not matches({"user_id": ""}, films.WatchlistInsert)
assert matches({}, films.RatingsUpdate)
assert "search" not in typing.get_type_hints(films.FilmsInsert)
assert typing.get_type_hints(odd.ClassRow)["a,b"] == str | None
assert odd_role.ClassRow.__required_keys__ == {"type", "def"}
print("done")
