// Types of names that TypeScript does not take as they are.
import { PostgrestClient } from "@supabase/postgrest-js"
import { Constants, type Database, type Enum, type Insert, type Row, type Update } from "./odd.js"
import type { Database as RoleDatabase, Insert as RoleInsert, Row as RoleRow } from "./role.js"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function assertType<A, B>(_same: Equal<A, B>): void {}

type Odd = "Odd Names"
assertType<Enum<Odd, "Colour">, "red" | "it's \"blue\"" | "" | "*/" | "1st">(true)
assertType<Enum<Odd, "none">, never>(true)
assertType<(typeof Constants)[Odd]["Enums"]["Colour"][4], "1st">(true)
assertType<Row<Odd, "class">["quote\"d"], string | null>(true)
assertType<Row<Odd, "class">["back\\slash"], string | null>(true)
assertType<Row<Odd, "class">["${x}"], string | null>(true)
assertType<Row<Odd, "kinds">["mood"], "sad" | "happy">(true)
assertType<Row<Odd, "kinds">["moods"], ("sad" | "happy")[] | null>(true)
assertType<Row<Odd, "kinds">["shade"], Enum<Odd, "Colour"> | null>(true)
assertType<Row<Odd, "kinds">["weight"], number>(true)
assertType<NonNullable<Row<Odd, "kinds">["secret"]>["size"], Database[Odd]["CompositeTypes"]["size"] | null>(true)
assertType<Insert<Odd, "kinds">["id"], undefined>(true)
assertType<Insert<Odd, "kinds">["doubled"], undefined>(true)
assertType<Insert<Odd, "kinds">["by_default"], number | undefined>(true)
assertType<Insert<Odd, "kinds">["text"], string>(true)
assertType<Update<Odd, "kinds">["mood"], "sad" | "happy" | undefined>(true)
assertType<Insert<Odd, "counted">, never>(true)
assertType<Insert<Odd, "shown">["text"], string | null | undefined>(true)
assertType<Database[Odd]["Tables"]["a_b"]["Relationships"][0]["isOneToOne"], true>(true)
assertType<Database[Odd]["Tables"]["ab_row"]["Relationships"][0]["columns"], ["a", "b"]>(true)

// What a role may not use is missing.
assertType<keyof RoleDatabase[Odd]["Tables"], "class" | "optional">(true)
assertType<keyof RoleDatabase[Odd]["Functions"], "label" | "none">(true)
assertType<keyof RoleRow<Odd, "class">, "type" | "def" | "label">(true)
assertType<RoleInsert<Odd, "class">["def"], undefined>(true)
assertType<RoleInsert<Odd, "shown">, never>(true)

export async function requests(): Promise<void> {
  const db = new PostgrestClient<Database>("http://localhost", { schema: "Odd Names" })
  const one = await db.from("class").select("type, label, kinds(text), a_b(id)").single()
  assertType<NonNullable<typeof one.data>["kinds"], { text: string } | null>(true)
  assertType<NonNullable<typeof one.data>["a_b"], { id: number } | null>(true)
  assertType<NonNullable<typeof one.data>["label"], string | null>(true)
  const short = await db.rpc("overloaded", { a: 1, b: "x" })
  assertType<typeof short.data, string | null>(true)
  const out = await db.rpc("two_out", { x: 1, y: "red" })
  assertType<NonNullable<typeof out.data>["a b"], number | null>(true)
  void db.rpc("whole", { any: ["thing"] })
  // @ts-expect-error a value that the enum type does not have
  void db.rpc("two_out", { x: 1, y: "green" })
  const ambiguous = await db.from("AB").select("class(type)").single()
  // @ts-expect-error two foreign keys lead to the relation, so it is not embedded
  void ambiguous.data!.class.type.toFixed()
}
