// A program that is typed by what is written of the sample database. It compiles only if the types are what is asserted
// here, and runs against a gateway whose address is its first argument; the second one is a token.
import { PostgrestClient } from "@supabase/postgrest-js"
import { Constants, type Database, type Enum, type Insert, type Json, type Row, type Update } from "./films.js"

// Equal is true if two types are the same, and assertType compiles only if they are.
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function assertType<A, B>(_same: Equal<A, B>): void {}

function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

type Answer<T> = { data: T; error: unknown }
function must<T>(answer: Answer<T>): NonNullable<T> {
  assert(answer.error === null && answer.data !== null && answer.data !== undefined, JSON.stringify(answer.error))
  return answer.data
}

const [url, token] = process.argv.slice(2)
const db = new PostgrestClient<Database>(url!, { schema: "api", headers: { Authorization: `Bearer ${token}` } })

// The rows of tables and views, and what can be written.
type Certificate = "U" | "PG" | "12" | "15" | "18"
assertType<Enum<"api", "certificate">, Certificate>(true)
assertType<Row<"api", "films">["certificate"], Certificate>(true)
assertType<Row<"api", "films">["sequel_of"], number | null>(true)
assertType<Row<"api", "films">["tags"], string[]>(true)
assertType<Row<"api", "people">["links"], Json>(true)
assertType<Row<"api", "film_scores">["score"], number | null>(true)
assertType<Insert<"api", "films">["search"], undefined>(true)
assertType<Insert<"api", "watchlist">["film_id"], number>(true)
assertType<Insert<"api", "watchlist">["added"], string | undefined>(true)
assertType<Update<"api", "ratings">["review"], string | null | undefined>(true)
assertType<Insert<"api", "film_scores">, never>(true)
assert(Constants.api.Enums.certificate.join() === "U,PG,12,15,18", "the labels of the enum type")

async function read(): Promise<void> {
  const films = must(await db.from("films").select("id, title, minutes:minutes, decade").eq("certificate", "PG").limit(3))
  assertType<typeof films, { id: number; title: string; minutes: number; decade: number | null }[]>(true)
  assert(films.length === 3 && typeof films[0]!.decade === "number", "films")

  const all = must(await db.from("films").select().limit(1).single())
  assertType<"decade" extends keyof typeof all ? true : false, false>(true) // computed: only if it is asked for
  assertType<typeof all.budget, number | null>(true)
  assert(!("decade" in all) && Array.isArray(all.tags), "a film")
}

// mistakes has requests that must not compile. It is not called.
export async function mistakes(): Promise<void> {
  // @ts-expect-error a column that is not there
  void db.from("films").select("id").eq("titel", "x")
  // @ts-expect-error a value that the enum type does not have
  void db.from("films").select("id").eq("certificate", "PG-13")
  // @ts-expect-error a table that is not there
  void db.from("film")
  const wrong = must(await db.from("films").select("id, titel"))
  // @ts-expect-error the result is an error that names the column
  void wrong[0]!.id
  const listed = must(await db.from("films").select("id, watchlist(user_id)"))
  assertType<typeof listed, { id: number; watchlist: { user_id: string }[] }[]>(true)
  // @ts-expect-error an assertion that is wrong
  assertType<typeof listed, { id: string; watchlist: { user_id: string }[] }[]>(true)
  const nothing = must(await db.from("cinemas").select("id, people(name)"))
  // @ts-expect-error cinemas and people are not related
  void nothing[0]!.people[0]!.name
  // @ts-expect-error a column that must be given is missing
  void db.from("watchlist").insert({ user_id: user() })
  // @ts-expect-error a column that is not there
  void db.from("watchlist").insert({ user_id: user(), film_id: 1, seen: true })
  // @ts-expect-error a column that PostgreSQL generates
  void db.from("films").update({ search: "x" })
  // @ts-expect-error a value of another type
  void db.from("ratings").insert({ film_id: "1", stars: 1 })
  // @ts-expect-error a view that cannot be written
  void db.from("film_scores").insert({ title: "x" })
  // @ts-expect-error an argument that is not there
  void db.rpc("search_films", { text: "storm" })
  // @ts-expect-error a function that is not there
  void db.rpc("find_films")
}

async function embed(): Promise<void> {
  const film = must(
    await db.from("films")
      .select("title, director:people!films_director_fkey(name, born), genres(name), roles(character, people(name)), countries(code)")
      .limit(1).single(),
  )
  assertType<typeof film.director, { name: string; born: string | null }>(true)
  assertType<typeof film.genres, { name: string }[]>(true)
  assertType<typeof film.roles, { character: string; people: { name: string } }[]>(true)
  assertType<typeof film.countries, { code: string }>(true)
  assert(film.director.name !== "" && film.genres.length > 0 && film.roles[0]!.people.name !== "", "embedded rows")

  const rated = must(await db.from("ratings").select("stars, members(name), films(title)").limit(1).single())
  assertType<typeof rated.members.name, string | null>(true)
  assertType<typeof rated.films, { title: string }>(true)
  assert(typeof rated.members.name === "string", "a view that is embedded by the key of its table")

  const shown = must(await db.from("films").select("title, coming_screenings(price), lead(name)").limit(1).single())
  assertType<typeof shown.coming_screenings, { price: number }[]>(true)
  assert(Array.isArray(shown.coming_screenings), "screenings that a function finds")
}

async function write(): Promise<void> {
  const { id } = must(await db.from("films").select("id").order("id").limit(1).single())
  await db.from("watchlist").delete().eq("film_id", id)
  const added = must(await db.from("watchlist").insert({ user_id: user(), film_id: id }).select("film_id, added").single())
  assertType<typeof added, { film_id: number; added: string }>(true)
  assert(added.film_id === id && added.added !== "", "the row that was inserted")

  const rating = must(await db.rpc("rate", { film_id: id, stars: 4 }))
  assertType<typeof rating, Row<"api", "ratings">>(true)
  const changed = must(await db.from("ratings").update({ review: null, stars: 5 }).eq("film_id", id).eq("user_id", user()).select("stars, review"))
  assertType<typeof changed, { stars: number; review: string | null }[]>(true)
  assert(changed.length === 1 && changed[0]!.stars === 5, "the row that was changed")
  must(await db.from("watchlist").delete().eq("film_id", id).select())
}

async function call(): Promise<void> {
  const found = must(await db.rpc("search_films", { query: "storm" }).select("id, title, genres(name)").limit(2))
  assertType<typeof found, { id: number; title: string; genres: { name: string }[] }[]>(true)
  assert(found.length > 0, "films that were found")
  const income = must(await db.rpc("box_office").limit(1))
  assertType<typeof income, { film_id: number | null; title: string | null; visitors: number | null; income: number | null }[]>(true)
  const me = must(await db.rpc("whoami"))
  assertType<typeof me, NonNullable<Json>>(true)
}

// user returns the claim sub of the token.
function user(): string {
  return (JSON.parse(Buffer.from(token!.split(".")[1]!, "base64url").toString()) as { sub: string }).sub
}

await read()
await embed()
await write()
await call()
console.log("done")
