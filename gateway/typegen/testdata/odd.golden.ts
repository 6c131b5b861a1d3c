// Types for @supabase/postgrest-js, written by "trunkline types --lang ts". Changes are lost when it runs again.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  // The features that postgrest-js may use. It knows none of a version above 14, and takes it for an old one.
  __InternalSupabase: {
    PostgrestVersion: "14"
  }
  "Odd Names": {
    Tables: {
      "100%s": {
        Row: {
          id: number
        }
        Insert: {
          id: number
        }
        Update: {
          id?: number
        }
        Relationships: []
      }
      AB: {
        Row: {
          a: number
          b: number
          class: number | null
          other: number | null
        }
        Insert: {
          a: number
          b: number
          class?: number | null
          other?: number | null
        }
        Update: {
          a?: number
          b?: number
          class?: number | null
          other?: number | null
        }
        Relationships: [
          {
            foreignKeyName: "AB_class_fkey"
            columns: ["class"]
            isOneToOne: false
            referencedRelation: "class"
            referencedColumns: ["type"]
          },
          {
            foreignKeyName: "AB_other_fkey"
            columns: ["other"]
            isOneToOne: false
            referencedRelation: "class"
            referencedColumns: ["type"]
          },
        ]
      }
      Set: {
        Row: {
        }
        Insert: never
        Update: never
        Relationships: []
      }
      a_b: {
        Row: {
          id: number
          constructor: number | null
        }
        Insert: {
          id: number
          constructor?: number | null
        }
        Update: {
          id?: number
          constructor?: number | null
        }
        Relationships: [
          {
            foreignKeyName: "a_b_id_fkey"
            columns: ["id"]
            isOneToOne: true
            referencedRelation: "class"
            referencedColumns: ["type"]
          },
        ]
      }
      ab_row: {
        Row: {
          a: number | null
          b: number | null
        }
        Insert: {
          a?: number | null
          b?: number | null
        }
        Update: {
          a?: number | null
          b?: number | null
        }
        Relationships: [
          {
            foreignKeyName: "ab_row_a_b_fkey"
            columns: ["a", "b"]
            isOneToOne: false
            referencedRelation: "AB"
            referencedColumns: ["a", "b"]
          },
        ]
      }
      class: {
        Row: {
          type: number
          def: string | null
          "a b": string | null
          "a,b": string | null
          "quote\"d": string | null
          "back\\slash": string | null
          "`tick`": string | null
          "-": string | null
          __private: string | null
          "1st": string | null
          "höhe": string | null
          "日本": string | null
          a_b: string | null
          aB: string | null
          "${x}": string | null
          "*/": string | null
          None: string | null
          kinds_id: number | null
          label: string | null
        }
        Insert: {
          type: number
          def?: string | null
          "a b"?: string | null
          "a,b"?: string | null
          "quote\"d"?: string | null
          "back\\slash"?: string | null
          "`tick`"?: string | null
          "-"?: string | null
          __private?: string | null
          "1st"?: string | null
          "höhe"?: string | null
          "日本"?: string | null
          a_b?: string | null
          aB?: string | null
          "${x}"?: string | null
          "*/"?: string | null
          None?: string | null
          kinds_id?: number | null
        }
        Update: {
          type?: number
          def?: string | null
          "a b"?: string | null
          "a,b"?: string | null
          "quote\"d"?: string | null
          "back\\slash"?: string | null
          "`tick`"?: string | null
          "-"?: string | null
          __private?: string | null
          "1st"?: string | null
          "höhe"?: string | null
          "日本"?: string | null
          a_b?: string | null
          aB?: string | null
          "${x}"?: string | null
          "*/"?: string | null
          None?: string | null
          kinds_id?: number | null
        }
        Relationships: [
          {
            foreignKeyName: "class_kinds_id_fkey"
            columns: ["kinds_id"]
            isOneToOne: false
            referencedRelation: "kinds"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "class_kinds_id_fkey"
            columns: ["kinds_id"]
            isOneToOne: false
            referencedRelation: "shown"
            referencedColumns: ["id"]
          },
        ]
      }
      /**
       * Of every kind.
       * Not to be closed by * / or """,
       * nor by * / and * /.
       */
      kinds: {
        Row: {
          /**
           * The key,
           * which PostgreSQL makes.
           */
          id: number
          by_default: number
          bool: boolean
          int2: number | null
          int4: number | null
          float4: number | null
          float8: number | null
          numeric: number | null
          text: string
          short: string | null
          bytea: string | null
          citext: string | null
          bits: string | null
          date: string | null
          timestamp: string | null
          timestamptz: string | null
          interval: string | null
          uuid: string | null
          inet: string | null
          oid: string | null
          json: Json
          jsonb: Json
          hstore: Json
          point: string | null
          range: string | null
          search: string | null
          colour: Database["Odd Names"]["Enums"]["Colour"] | null
          mood: "sad" | "happy"
          size: Database["Odd Names"]["CompositeTypes"]["size"] | null
          secret: { size: Database["Odd Names"]["CompositeTypes"]["size"] | null; note: string | null } | null
          weight: number
          shade: Database["Odd Names"]["Enums"]["Colour"] | null
          token: Json
          texts: string[]
          ints: number[] | null
          moods: ("sad" | "happy")[] | null
          colours: Database["Odd Names"]["Enums"]["Colour"][] | null
          sizes: Database["Odd Names"]["CompositeTypes"]["size"][] | null
          jsons: Json[] | null
          doubled: number | null
        }
        Insert: {
          id?: never
          by_default?: number
          bool?: boolean
          int2?: number | null
          int4?: number | null
          float4?: number | null
          float8?: number | null
          numeric?: number | null
          text: string
          short?: string | null
          bytea?: string | null
          citext?: string | null
          bits?: string | null
          date?: string | null
          timestamp?: string | null
          timestamptz?: string | null
          interval?: string | null
          uuid?: string | null
          inet?: string | null
          oid?: string | null
          json: Json
          jsonb?: Json
          hstore?: Json
          point?: string | null
          range?: string | null
          search?: string | null
          colour?: Database["Odd Names"]["Enums"]["Colour"] | null
          mood: "sad" | "happy"
          size?: Database["Odd Names"]["CompositeTypes"]["size"] | null
          secret?: { size: Database["Odd Names"]["CompositeTypes"]["size"] | null; note: string | null } | null
          weight: number
          shade?: Database["Odd Names"]["Enums"]["Colour"] | null
          token?: Json
          texts: string[]
          ints?: number[] | null
          moods?: ("sad" | "happy")[] | null
          colours?: Database["Odd Names"]["Enums"]["Colour"][] | null
          sizes?: Database["Odd Names"]["CompositeTypes"]["size"][] | null
          jsons?: Json[] | null
          doubled?: never
        }
        Update: {
          id?: never
          by_default?: number
          bool?: boolean
          int2?: number | null
          int4?: number | null
          float4?: number | null
          float8?: number | null
          numeric?: number | null
          text?: string
          short?: string | null
          bytea?: string | null
          citext?: string | null
          bits?: string | null
          date?: string | null
          timestamp?: string | null
          timestamptz?: string | null
          interval?: string | null
          uuid?: string | null
          inet?: string | null
          oid?: string | null
          json?: Json
          jsonb?: Json
          hstore?: Json
          point?: string | null
          range?: string | null
          search?: string | null
          colour?: Database["Odd Names"]["Enums"]["Colour"] | null
          mood?: "sad" | "happy"
          size?: Database["Odd Names"]["CompositeTypes"]["size"] | null
          secret?: { size: Database["Odd Names"]["CompositeTypes"]["size"] | null; note: string | null } | null
          weight?: number
          shade?: Database["Odd Names"]["Enums"]["Colour"] | null
          token?: Json
          texts?: string[]
          ints?: number[] | null
          moods?: ("sad" | "happy")[] | null
          colours?: Database["Odd Names"]["Enums"]["Colour"][] | null
          sizes?: Database["Odd Names"]["CompositeTypes"]["size"][] | null
          jsons?: Json[] | null
          doubled?: never
        }
        Relationships: []
      }
      optional: {
        Row: {
          id: number
          Json: string | null
          Any: string
        }
        Insert: {
          id: number
          Json?: string | null
          Any: string
        }
        Update: {
          id?: number
          Json?: string | null
          Any?: string
        }
        Relationships: []
      }
      "日本": {
        Row: {
          id: number
        }
        Insert: {
          id: number
        }
        Update: {
          id?: number
        }
        Relationships: []
      }
    }
    Views: {
      counted: {
        Row: {
          n: number | null
          greatest: number | null
        }
        Relationships: []
      }
      shown: {
        Row: {
          id: number | null
          text: string | null
          mood: "sad" | "happy" | null
        }
        Insert: {
          id?: number | null
          text?: string | null
          mood?: "sad" | "happy" | null
        }
        Update: {
          id?: number | null
          text?: string | null
          mood?: "sad" | "happy" | null
        }
        Relationships: []
      }
    }
    Functions: {
      all_sizes: {
        Args: never
        Returns: Database["Odd Names"]["CompositeTypes"]["size"][]
      }
      class_kind: {
        Args: { "": Database["Odd Names"]["Tables"]["class"]["Row"] }
        Returns: Database["Odd Names"]["Tables"]["kinds"]["Row"]
        SetofOptions: {
          from: "class"
          to: "kinds"
          isOneToOne: true
          isSetofReturn: true
        }
      }
      first_kind: {
        Args: never
        Returns: Database["Odd Names"]["Tables"]["kinds"]["Row"]
        SetofOptions: {
          from: "*"
          to: "kinds"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      label: {
        Args: { "": Database["Odd Names"]["Tables"]["class"]["Row"] }
        Returns: string
      }
      moods: {
        Args: never
        Returns: ("sad" | "happy")[]
      }
      none: {
        Args: never
        Returns: undefined
      }
      numbers: {
        Args: {
          n?: number
          rest?: number[]
        }
        Returns: number[]
      }
      one_out: {
        Args: never
        Returns: {
          answer: number | null
        }
      }
      overloaded:
        | {
          Args: {
            a: number
          }
          Returns: number
        }
        | {
          Args: {
            a: number
            b?: string
          }
          Returns: string
        }
      plain: {
        Args: {
          "": string
        }
        Returns: string
      }
      recorded: {
        Args: never
        Returns: Record<string, unknown>
      }
      sized: {
        Args: {
          size: Database["Odd Names"]["CompositeTypes"]["size"]
        }
        Returns: Database["Odd Names"]["CompositeTypes"]["size"]
      }
      tabled: {
        Args: {
          class: string
        }
        Returns: {
          id: number | null
          def: string | null
          mood: "sad" | "happy" | null
        }[]
      }
      two_out: {
        Args: {
          x: number
          y: Database["Odd Names"]["Enums"]["Colour"]
        }
        Returns: {
          "a b": number | null
          y: Database["Odd Names"]["Enums"]["Colour"] | null
        }
      }
      unseen: {
        Args: never
        Returns: { id: number | null; kind: number | null }[]
      }
      whole: {
        Args: Record<string, Json | undefined>
        Returns: Json
      }
    }
    Enums: {
      Colour: "red" | "it's \"blue\"" | "" | "*/" | "1st"
      none: never
    }
    CompositeTypes: {
      size: {
        width: number | null
        class: number | null
        moods: ("sad" | "happy")[] | null
      }
    }
  }
}

type Schemas = Omit<Database, "__InternalSupabase">
type Relations<S extends keyof Schemas> = Schemas[S]["Tables"] & Schemas[S]["Views"]

/** A row of a table or view: Row<"api", "films">. */
export type Row<S extends keyof Schemas, R extends keyof Relations<S>> =
  Relations<S>[R] extends { Row: infer T } ? T : never

/** What can be inserted into a table or view. */
export type Insert<S extends keyof Schemas, R extends keyof Relations<S>> =
  Relations<S>[R] extends { Insert: infer T } ? T : never

/** What of a row of a table or view can be changed. */
export type Update<S extends keyof Schemas, R extends keyof Relations<S>> =
  Relations<S>[R] extends { Update: infer T } ? T : never

/** A value of an enum type. */
export type Enum<S extends keyof Schemas, E extends keyof Schemas[S]["Enums"]> = Schemas[S]["Enums"][E]

/** The values of enum types, in their order. */
export const Constants = {
  "Odd Names": {
    Enums: {
      Colour: ["red", "it's \"blue\"", "", "*/", "1st"],
      none: [],
    },
  },
} as const
