# Types of rows, as JSON, of what may be written, of functions and of enum types: for Python 3.11 or later.
# Written by "trunkline types --lang python". Changes are lost when it runs again.

from typing import Any, Literal, Never, NotRequired, TypedDict

Json = Any

Certificate = Literal["U", "PG", "12", "15", "18"]

# Where films are shown.
class CinemasRow(TypedDict):
    # The key.
    id: int
    # What is written over the door.
    name: str
    # The city that it stands in.
    city: str
    # How many people find room.
    seats: int
    # Longitude and latitude.
    place: str | None

class CinemasInsert(TypedDict):
    id: NotRequired[int]
    name: str
    city: str
    seats: int
    place: NotRequired[str | None]

class CinemasUpdate(TypedDict):
    id: NotRequired[int]
    name: NotRequired[str]
    city: NotRequired[str]
    seats: NotRequired[int]
    place: NotRequired[str | None]

# Countries in which films are made and people are born.
class CountriesRow(TypedDict):
    # ISO 3166-1 alpha-2.
    code: str
    # The English name.
    name: str

class CountriesInsert(TypedDict):
    code: str
    name: str

class CountriesUpdate(TypedDict):
    code: NotRequired[str]
    name: NotRequired[str]

# Which film is of which kinds.
class FilmGenresRow(TypedDict):
    # The film.
    film_id: int
    # Its kind.
    genre_id: int

class FilmGenresInsert(TypedDict):
    film_id: int
    genre_id: int

class FilmGenresUpdate(TypedDict):
    film_id: NotRequired[int]
    genre_id: NotRequired[int]

# How much each film is liked.
class FilmScoresRow(TypedDict):
    # The film.
    id: int | None
    # Its title.
    title: str | None
    # Its year.
    year: int | None
    # How many users rated it.
    ratings: int | None
    # The mean of their stars.
    score: float | None

# Films
# What is or was shown in cinemas. None of them exists.
class FilmsRow(TypedDict):
    # The key.
    id: int
    # The English title.
    title: str
    # Year of the first screening.
    year: int
    # How long the film is.
    minutes: int
    # From which age it may be seen.
    certificate: Certificate
    # Where it was made.
    country: str
    # Who directed it.
    director_id: int
    # The film that it continues.
    sequel_of: int | None
    # What it cost, in euro, if known.
    budget: float | None
    # Words that describe it.
    tags: list[str]
    # What it is about.
    synopsis: str
    # Title and synopsis, prepared for full-text search.
    search: str

class FilmsInsert(TypedDict):
    id: NotRequired[int]
    title: str
    year: int
    minutes: int
    certificate: Certificate
    country: str
    director_id: int
    sequel_of: NotRequired[int | None]
    budget: NotRequired[float | None]
    tags: NotRequired[list[str]]
    synopsis: NotRequired[str]

class FilmsUpdate(TypedDict):
    id: NotRequired[int]
    title: NotRequired[str]
    year: NotRequired[int]
    minutes: NotRequired[int]
    certificate: NotRequired[Certificate]
    country: NotRequired[str]
    director_id: NotRequired[int]
    sequel_of: NotRequired[int | None]
    budget: NotRequired[float | None]
    tags: NotRequired[list[str]]
    synopsis: NotRequired[str]

# Figures of each genre, as of the last refresh.
class GenreStatisticsRow(TypedDict):
    # The genre.
    id: int | None
    # Its name.
    name: str | None
    # How many films there are of it.
    films: int | None
    # How long they are on average.
    mean_minutes: float | None
    # When the first of them came out.
    first_year: int | None
    # What they cost together, in euro.
    budget: float | None

# The kinds of film.
class GenresRow(TypedDict):
    # The key.
    id: int
    # What the kind is called.
    name: str

class GenresInsert(TypedDict):
    id: NotRequired[int]
    name: str

class GenresUpdate(TypedDict):
    id: NotRequired[int]
    name: NotRequired[str]

# All users, without what is private to them.
class MembersRow(TypedDict):
    # The key.
    id: str | None
    # The name that others see.
    name: str | None
    # Since when.
    joined: str | None

class MembersInsert(TypedDict):
    id: NotRequired[str | None]
    name: NotRequired[str | None]
    joined: NotRequired[str | None]

class MembersUpdate(TypedDict):
    id: NotRequired[str | None]
    name: NotRequired[str | None]
    joined: NotRequired[str | None]

# Those who direct films and act in them.
class PeopleRow(TypedDict):
    # The key.
    id: int
    # First name and last name.
    name: str
    # Date of birth, if known.
    born: str | None
    # Country of birth.
    country: str | None
    # Pages about the person, by the name of the site.
    links: Json

class PeopleInsert(TypedDict):
    id: NotRequired[int]
    name: str
    born: NotRequired[str | None]
    country: NotRequired[str | None]
    links: NotRequired[Json]

class PeopleUpdate(TypedDict):
    id: NotRequired[int]
    name: NotRequired[str]
    born: NotRequired[str | None]
    country: NotRequired[str | None]
    links: NotRequired[Json]

# What users think of films. Everybody reads them; users write their own.
class RatingsRow(TypedDict):
    # Whose rating it is; the user who asks, if not given.
    user_id: str
    # The film.
    film_id: int
    # The more, the better.
    stars: int
    # The reason, if there is one.
    review: str | None
    # When it was written.
    rated: str

class RatingsInsert(TypedDict):
    user_id: NotRequired[str]
    film_id: int
    stars: int
    review: NotRequired[str | None]
    rated: NotRequired[str]

class RatingsUpdate(TypedDict):
    user_id: NotRequired[str]
    film_id: NotRequired[int]
    stars: NotRequired[int]
    review: NotRequired[str | None]
    rated: NotRequired[str]

# Who plays whom in which film.
class RolesRow(TypedDict):
    # The film.
    film_id: int
    # The actor.
    person_id: int
    # Whom the actor plays.
    character: str
    # The place in the credits; 1 is the lead.
    billing: int

class RolesInsert(TypedDict):
    film_id: int
    person_id: int
    character: str
    billing: int

class RolesUpdate(TypedDict):
    film_id: NotRequired[int]
    person_id: NotRequired[int]
    character: NotRequired[str]
    billing: NotRequired[int]

# When which cinema shows which film: some weeks back and some ahead.
class ScreeningsRow(TypedDict):
    # The key.
    id: int
    # What is shown.
    film_id: int
    # Where it is shown.
    cinema_id: int
    # From when until when.
    during: str
    # What a seat costs, in euro.
    price: float
    # How many seats are sold.
    sold: int

class ScreeningsInsert(TypedDict):
    id: NotRequired[int]
    film_id: int
    cinema_id: int
    during: str
    price: float
    sold: NotRequired[int]

class ScreeningsUpdate(TypedDict):
    id: NotRequired[int]
    film_id: NotRequired[int]
    cinema_id: NotRequired[int]
    during: NotRequired[str]
    price: NotRequired[float]
    sold: NotRequired[int]

# The audience. Each user sees only the own row: see members for all of them.
class UsersRow(TypedDict):
    # The key, which is the claim sub of the user's token.
    id: str
    # The name that others see.
    name: str
    # An address that others do not see.
    email: str
    # Since when.
    joined: str

class UsersInsert(TypedDict):
    id: NotRequired[str]
    name: str
    email: str
    joined: NotRequired[str]

class UsersUpdate(TypedDict):
    id: NotRequired[str]
    name: NotRequired[str]
    email: NotRequired[str]
    joined: NotRequired[str]

# What users mean to see. Nobody sees another's list.
class WatchlistRow(TypedDict):
    # Whose list it is on; the user who asks, if not given.
    user_id: str
    # The film.
    film_id: int
    # Since when it is on the list.
    added: str

class WatchlistInsert(TypedDict):
    user_id: NotRequired[str]
    film_id: int
    added: NotRequired[str]

class WatchlistUpdate(TypedDict):
    user_id: NotRequired[str]
    film_id: NotRequired[int]
    added: NotRequired[str]

AgeResult = int | None

# Visitors and income of each film since a day, a week ago if not given.
class BoxOfficeArgs(TypedDict):
    since: NotRequired[str]

class BoxOfficeResultRow(TypedDict):
    film_id: int | None
    title: str | None
    visitors: int | None
    income: float | None
BoxOfficeResult = list[BoxOfficeResultRow]

ComingScreeningsResult = list[ScreeningsRow]

DecadeResult = int | None

LeadResult = list[PeopleRow]

# Makes a view of a decade's films
# It shows that a change of the schema is served at once: the answer is the view's name.
class PublishDecadeArgs(TypedDict):
    decade: int

PublishDecadeResult = str | None

# Rates a film, or changes the rating of the user who asks.
class RateArgs(TypedDict):
    film_id: int
    stars: int
    review: NotRequired[str]

RateResult = RatingsRow | None

# Searches titles and synopses
# The query is written as for a search engine; the best match comes first.
class SearchFilmsArgs(TypedDict):
    query: str

SearchFilmsResult = list[FilmsRow]

# What those who liked a film like as well.
class SimilarFilmsArgs(TypedDict):
    film_id: int

SimilarFilmsResult = list[FilmsRow]

WhoamiResult = Json
