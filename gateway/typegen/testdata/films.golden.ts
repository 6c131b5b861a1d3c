// Types for @supabase/postgrest-js, written by "trunkline types --lang ts". Changes are lost when it runs again.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  // The features that postgrest-js may use. It knows none of a version above 14, and takes it for an old one.
  __InternalSupabase: {
    PostgrestVersion: "14"
  }
  api: {
    Tables: {
      /** Where films are shown. */
      cinemas: {
        Row: {
          /** The key. */
          id: number
          /** What is written over the door. */
          name: string
          /** The city that it stands in. */
          city: string
          /** How many people find room. */
          seats: number
          /** Longitude and latitude. */
          place: string | null
        }
        Insert: {
          id?: number
          name: string
          city: string
          seats: number
          place?: string | null
        }
        Update: {
          id?: number
          name?: string
          city?: string
          seats?: number
          place?: string | null
        }
        Relationships: []
      }
      /** Countries in which films are made and people are born. */
      countries: {
        Row: {
          /** ISO 3166-1 alpha-2. */
          code: string
          /** The English name. */
          name: string
        }
        Insert: {
          code: string
          name: string
        }
        Update: {
          code?: string
          name?: string
        }
        Relationships: []
      }
      /** Which film is of which kinds. */
      film_genres: {
        Row: {
          /** The film. */
          film_id: number
          /** Its kind. */
          genre_id: number
        }
        Insert: {
          film_id: number
          genre_id: number
        }
        Update: {
          film_id?: number
          genre_id?: number
        }
        Relationships: [
          {
            foreignKeyName: "film_genres_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "film_scores"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "film_genres_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "films"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "film_genres_genre_id_fkey"
            columns: ["genre_id"]
            isOneToOne: false
            referencedRelation: "genre_statistics"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "film_genres_genre_id_fkey"
            columns: ["genre_id"]
            isOneToOne: false
            referencedRelation: "genres"
            referencedColumns: ["id"]
          },
        ]
      }
      /**
       * Films
       * What is or was shown in cinemas. None of them exists.
       */
      films: {
        Row: {
          /** The key. */
          id: number
          /** The English title. */
          title: string
          /** Year of the first screening. */
          year: number
          /** How long the film is. */
          minutes: number
          /** From which age it may be seen. */
          certificate: Database["api"]["Enums"]["certificate"]
          /** Where it was made. */
          country: string
          /** Who directed it. */
          director_id: number
          /** The film that it continues. */
          sequel_of: number | null
          /** What it cost, in euro, if known. */
          budget: number | null
          /** Words that describe it. */
          tags: string[]
          /** What it is about. */
          synopsis: string
          /** Title and synopsis, prepared for full-text search. */
          search: string
          decade: number | null
        }
        Insert: {
          id?: number
          title: string
          year: number
          minutes: number
          certificate: Database["api"]["Enums"]["certificate"]
          country: string
          director_id: number
          sequel_of?: number | null
          budget?: number | null
          tags?: string[]
          synopsis?: string
          search?: never
        }
        Update: {
          id?: number
          title?: string
          year?: number
          minutes?: number
          certificate?: Database["api"]["Enums"]["certificate"]
          country?: string
          director_id?: number
          sequel_of?: number | null
          budget?: number | null
          tags?: string[]
          synopsis?: string
          search?: never
        }
        Relationships: [
          {
            foreignKeyName: "films_country_fkey"
            columns: ["country"]
            isOneToOne: false
            referencedRelation: "countries"
            referencedColumns: ["code"]
          },
          {
            foreignKeyName: "films_sequel_fkey"
            columns: ["sequel_of"]
            isOneToOne: true
            referencedRelation: "film_scores"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "films_director_fkey"
            columns: ["director_id"]
            isOneToOne: false
            referencedRelation: "people"
            referencedColumns: ["id"]
          },
        ]
      }
      /** The kinds of film. */
      genres: {
        Row: {
          /** The key. */
          id: number
          /** What the kind is called. */
          name: string
        }
        Insert: {
          id?: number
          name: string
        }
        Update: {
          id?: number
          name?: string
        }
        Relationships: []
      }
      /** Those who direct films and act in them. */
      people: {
        Row: {
          /** The key. */
          id: number
          /** First name and last name. */
          name: string
          /** Date of birth, if known. */
          born: string | null
          /** Country of birth. */
          country: string | null
          /** Pages about the person, by the name of the site. */
          links: Json
          age: number | null
        }
        Insert: {
          id?: number
          name: string
          born?: string | null
          country?: string | null
          links?: Json
        }
        Update: {
          id?: number
          name?: string
          born?: string | null
          country?: string | null
          links?: Json
        }
        Relationships: [
          {
            foreignKeyName: "people_country_fkey"
            columns: ["country"]
            isOneToOne: false
            referencedRelation: "countries"
            referencedColumns: ["code"]
          },
        ]
      }
      /** What users think of films. Everybody reads them; users write their own. */
      ratings: {
        Row: {
          /** Whose rating it is; the user who asks, if not given. */
          user_id: string
          /** The film. */
          film_id: number
          /** The more, the better. */
          stars: number
          /** The reason, if there is one. */
          review: string | null
          /** When it was written. */
          rated: string
        }
        Insert: {
          user_id?: string
          film_id: number
          stars: number
          review?: string | null
          rated?: string
        }
        Update: {
          user_id?: string
          film_id?: number
          stars?: number
          review?: string | null
          rated?: string
        }
        Relationships: [
          {
            foreignKeyName: "ratings_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "film_scores"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "ratings_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "films"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "ratings_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "members"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "ratings_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "users"
            referencedColumns: ["id"]
          },
        ]
      }
      /** Who plays whom in which film. */
      roles: {
        Row: {
          /** The film. */
          film_id: number
          /** The actor. */
          person_id: number
          /** Whom the actor plays. */
          character: string
          /** The place in the credits; 1 is the lead. */
          billing: number
        }
        Insert: {
          film_id: number
          person_id: number
          character: string
          billing: number
        }
        Update: {
          film_id?: number
          person_id?: number
          character?: string
          billing?: number
        }
        Relationships: [
          {
            foreignKeyName: "roles_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "film_scores"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "roles_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "films"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "roles_person_id_fkey"
            columns: ["person_id"]
            isOneToOne: false
            referencedRelation: "people"
            referencedColumns: ["id"]
          },
        ]
      }
      /** When which cinema shows which film: some weeks back and some ahead. */
      screenings: {
        Row: {
          /** The key. */
          id: number
          /** What is shown. */
          film_id: number
          /** Where it is shown. */
          cinema_id: number
          /** From when until when. */
          during: string
          /** What a seat costs, in euro. */
          price: number
          /** How many seats are sold. */
          sold: number
        }
        Insert: {
          id?: number
          film_id: number
          cinema_id: number
          during: string
          price: number
          sold?: number
        }
        Update: {
          id?: number
          film_id?: number
          cinema_id?: number
          during?: string
          price?: number
          sold?: number
        }
        Relationships: [
          {
            foreignKeyName: "screenings_cinema_id_fkey"
            columns: ["cinema_id"]
            isOneToOne: false
            referencedRelation: "cinemas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "screenings_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "film_scores"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "screenings_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "films"
            referencedColumns: ["id"]
          },
        ]
      }
      /** The audience. Each user sees only the own row: see members for all of them. */
      users: {
        Row: {
          /** The key, which is the claim sub of the user's token. */
          id: string
          /** The name that others see. */
          name: string
          /** An address that others do not see. */
          email: string
          /** Since when. */
          joined: string
        }
        Insert: {
          id?: string
          name: string
          email: string
          joined?: string
        }
        Update: {
          id?: string
          name?: string
          email?: string
          joined?: string
        }
        Relationships: []
      }
      /** What users mean to see. Nobody sees another's list. */
      watchlist: {
        Row: {
          /** Whose list it is on; the user who asks, if not given. */
          user_id: string
          /** The film. */
          film_id: number
          /** Since when it is on the list. */
          added: string
        }
        Insert: {
          user_id?: string
          film_id: number
          added?: string
        }
        Update: {
          user_id?: string
          film_id?: number
          added?: string
        }
        Relationships: [
          {
            foreignKeyName: "watchlist_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "film_scores"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "watchlist_film_id_fkey"
            columns: ["film_id"]
            isOneToOne: false
            referencedRelation: "films"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "watchlist_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "members"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "watchlist_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "users"
            referencedColumns: ["id"]
          },
        ]
      }
    }
    Views: {
      /** How much each film is liked. */
      film_scores: {
        Row: {
          /** The film. */
          id: number | null
          /** Its title. */
          title: string | null
          /** Its year. */
          year: number | null
          /** How many users rated it. */
          ratings: number | null
          /** The mean of their stars. */
          score: number | null
        }
        Relationships: []
      }
      /** Figures of each genre, as of the last refresh. */
      genre_statistics: {
        Row: {
          /** The genre. */
          id: number | null
          /** Its name. */
          name: string | null
          /** How many films there are of it. */
          films: number | null
          /** How long they are on average. */
          mean_minutes: number | null
          /** When the first of them came out. */
          first_year: number | null
          /** What they cost together, in euro. */
          budget: number | null
        }
        Relationships: []
      }
      /** All users, without what is private to them. */
      members: {
        Row: {
          /** The key. */
          id: string | null
          /** The name that others see. */
          name: string | null
          /** Since when. */
          joined: string | null
        }
        Insert: {
          id?: string | null
          name?: string | null
          joined?: string | null
        }
        Update: {
          id?: string | null
          name?: string | null
          joined?: string | null
        }
        Relationships: []
      }
    }
    Functions: {
      age: {
        Args: { "": Database["api"]["Tables"]["people"]["Row"] }
        Returns: number
      }
      /** Visitors and income of each film since a day, a week ago if not given. */
      box_office: {
        Args: {
          since?: string
        }
        Returns: {
          film_id: number | null
          title: string | null
          visitors: number | null
          income: number | null
        }[]
      }
      coming_screenings: {
        Args: { "": Database["api"]["Tables"]["films"]["Row"] }
        Returns: Database["api"]["Tables"]["screenings"]["Row"][]
        SetofOptions: {
          from: "films"
          to: "screenings"
          isOneToOne: false
          isSetofReturn: true
        }
      }
      decade: {
        Args: { "": Database["api"]["Tables"]["films"]["Row"] }
        Returns: number
      }
      lead: {
        Args: { "": Database["api"]["Tables"]["films"]["Row"] }
        Returns: Database["api"]["Tables"]["people"]["Row"]
        SetofOptions: {
          from: "films"
          to: "people"
          isOneToOne: true
          isSetofReturn: true
        }
      }
      /**
       * Makes a view of a decade's films
       * It shows that a change of the schema is served at once: the answer is the view's name.
       */
      publish_decade: {
        Args: {
          decade: number
        }
        Returns: string
      }
      /** Rates a film, or changes the rating of the user who asks. */
      rate: {
        Args: {
          film_id: number
          stars: number
          review?: string
        }
        Returns: Database["api"]["Tables"]["ratings"]["Row"]
        SetofOptions: {
          from: "*"
          to: "ratings"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      /**
       * Searches titles and synopses
       * The query is written as for a search engine; the best match comes first.
       */
      search_films: {
        Args: {
          query: string
        }
        Returns: Database["api"]["Tables"]["films"]["Row"][]
        SetofOptions: {
          from: "*"
          to: "films"
          isOneToOne: false
          isSetofReturn: true
        }
      }
      /** What those who liked a film like as well. */
      similar_films: {
        Args: {
          film_id: number
        }
        Returns: Database["api"]["Tables"]["films"]["Row"][]
        SetofOptions: {
          from: "*"
          to: "films"
          isOneToOne: false
          isSetofReturn: true
        }
      }
      /** The role and the user of the request. */
      whoami: {
        Args: never
        Returns: Json
      }
    }
    Enums: {
      certificate: "U" | "PG" | "12" | "15" | "18"
    }
    CompositeTypes: {
      [_ in never]: never
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
  api: {
    Enums: {
      certificate: ["U", "PG", "12", "15", "18"],
    },
  },
} as const
