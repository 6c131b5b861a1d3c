// Types for @supabase/postgrest-js, written by "trunkline types --lang ts". Changes are lost when it runs again.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  // The features that postgrest-js may use. It knows none of a version above 14, and takes it for an old one.
  __InternalSupabase: {
    PostgrestVersion: "14"
  }
  "Odd Names": {
    Tables: {
      class: {
        Row: {
          type: number
          def: string | null
          label: string | null
        }
        Insert: {
          type: number
          def?: never
          kinds_id?: number | null
        }
        Update: {
          type?: never
          def?: string | null
          kinds_id?: never
        }
        Relationships: []
      }
      optional: {
        Row: {
        }
        Insert: {
          id: number
          Json?: string | null
          Any: string
        }
        Update: never
        Relationships: []
      }
    }
    Views: {
      shown: {
        Row: {
          id: number | null
          text: string | null
          mood: "sad" | "happy" | null
        }
        Relationships: []
      }
    }
    Functions: {
      label: {
        Args: { "": Database["Odd Names"]["Tables"]["class"]["Row"] }
        Returns: string
      }
      none: {
        Args: never
        Returns: undefined
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
