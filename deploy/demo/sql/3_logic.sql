-- What the sample database computes: the current user, computed columns and relationships, views, functions.

-- The claim sub of the token, or null.
CREATE FUNCTION private.user_id() RETURNS uuid
  LANGUAGE sql STABLE
  AS $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;

ALTER TABLE api.ratings ALTER COLUMN user_id SET DEFAULT private.user_id();
ALTER TABLE api.watchlist ALTER COLUMN user_id SET DEFAULT private.user_id();

-- Computed columns: functions of one row. They can be selected, and used in filters and orders, like any column.

CREATE FUNCTION api.age(api.people) RETURNS int
  LANGUAGE sql STABLE
  AS $$ SELECT extract(year FROM age($1.born))::int $$;
COMMENT ON FUNCTION api.age(api.people) IS 'A person''s age in years.';

CREATE FUNCTION api.decade(api.films) RETURNS int
  LANGUAGE sql IMMUTABLE
  AS $$ SELECT $1.year / 10 * 10 $$;
COMMENT ON FUNCTION api.decade(api.films) IS 'The decade of a film''s year, such as 1970.';

-- Computed relationships: functions of one row that return rows of another table. They can be embedded.

CREATE FUNCTION api.lead(api.films) RETURNS SETOF api.people ROWS 1
  LANGUAGE sql STABLE
  AS $$ SELECT person.* FROM api.people AS person JOIN api.roles AS role ON role.person_id = person.id
        WHERE role.film_id = $1.id AND role.billing = 1 $$;
COMMENT ON FUNCTION api.lead(api.films) IS 'The actor in a film''s leading role.';

CREATE FUNCTION api.coming_screenings(api.films) RETURNS SETOF api.screenings
  LANGUAGE sql STABLE
  AS $$ SELECT * FROM api.screenings WHERE film_id = $1.id AND lower(during) > now() ORDER BY during $$;
COMMENT ON FUNCTION api.coming_screenings(api.films) IS 'Where and when a film can be seen from now on.';

-- Views keep the keys of their tables, so they embed like tables.

CREATE VIEW api.members AS
  SELECT id, name, joined FROM api.users;
COMMENT ON VIEW api.members IS 'All users, without what is private to them.';
COMMENT ON COLUMN api.members.id IS 'The key.';
COMMENT ON COLUMN api.members.name IS 'The name that others see.';
COMMENT ON COLUMN api.members.joined IS 'Since when.';

CREATE VIEW api.film_scores AS
  SELECT film.id, film.title, film.year, count(rating.film_id) AS ratings, round(avg(rating.stars), 2) AS score
  FROM api.films AS film LEFT JOIN api.ratings AS rating ON rating.film_id = film.id
  GROUP BY film.id;
COMMENT ON VIEW api.film_scores IS 'How much each film is liked.';
COMMENT ON COLUMN api.film_scores.id IS 'The film.';
COMMENT ON COLUMN api.film_scores.title IS 'Its title.';
COMMENT ON COLUMN api.film_scores.year IS 'Its year.';
COMMENT ON COLUMN api.film_scores.ratings IS 'How many users rated it.';
COMMENT ON COLUMN api.film_scores.score IS 'The mean of their stars.';

CREATE MATERIALIZED VIEW api.genre_statistics AS
  SELECT genre.id, genre.name, count(*) AS films, round(avg(film.minutes)) AS mean_minutes,
         min(film.year) AS first_year, sum(film.budget) AS budget
  FROM api.genres AS genre
  JOIN api.film_genres AS link ON link.genre_id = genre.id
  JOIN api.films AS film ON film.id = link.film_id
  GROUP BY genre.id;
CREATE UNIQUE INDEX ON api.genre_statistics (id);
COMMENT ON MATERIALIZED VIEW api.genre_statistics IS 'Figures of each genre, as of the last refresh.';
COMMENT ON COLUMN api.genre_statistics.id IS 'The genre.';
COMMENT ON COLUMN api.genre_statistics.name IS 'Its name.';
COMMENT ON COLUMN api.genre_statistics.films IS 'How many films there are of it.';
COMMENT ON COLUMN api.genre_statistics.mean_minutes IS 'How long they are on average.';
COMMENT ON COLUMN api.genre_statistics.first_year IS 'When the first of them came out.';
COMMENT ON COLUMN api.genre_statistics.budget IS 'What they cost together, in euro.';

-- Functions are served under /rpc.

CREATE FUNCTION api.search_films(query text) RETURNS SETOF api.films
  LANGUAGE sql STABLE
  AS $$ SELECT film.* FROM api.films AS film, websearch_to_tsquery('english', query) AS words
        WHERE film.search @@ words ORDER BY ts_rank(film.search, words) DESC, film.id $$;
COMMENT ON FUNCTION api.search_films(text) IS
  E'Searches titles and synopses\nThe query is written as for a search engine; the best match comes first.';

CREATE FUNCTION api.similar_films(film_id int) RETURNS SETOF api.films
  LANGUAGE sql STABLE
  AS $$ SELECT film.*
        FROM api.films AS film
        JOIN api.ratings AS other ON other.film_id = film.id AND other.stars >= 4
        JOIN api.ratings AS same ON same.user_id = other.user_id AND same.stars >= 4
        WHERE same.film_id = similar_films.film_id AND film.id <> similar_films.film_id
        GROUP BY film.id ORDER BY count(*) DESC, film.id $$;
COMMENT ON FUNCTION api.similar_films(int) IS
  'What those who liked a film like as well.';

CREATE FUNCTION api.box_office(since date DEFAULT current_date - 7)
  RETURNS TABLE (film_id int, title text, visitors bigint, income numeric)
  LANGUAGE sql STABLE
  AS $$ SELECT film.id, film.title, sum(screening.sold), sum(screening.sold * screening.price)
        FROM api.films AS film JOIN api.screenings AS screening ON screening.film_id = film.id
        WHERE lower(screening.during) >= since AND screening.sold > 0
        GROUP BY film.id ORDER BY 4 DESC, 1 $$;
COMMENT ON FUNCTION api.box_office(date) IS 'Visitors and income of each film since a day, a week ago if not given.';

CREATE FUNCTION api.rate(film_id int, stars api.stars, review text DEFAULT NULL) RETURNS api.ratings
  LANGUAGE sql
  AS $$ INSERT INTO api.ratings AS mine (film_id, stars, review) VALUES (rate.film_id, rate.stars, rate.review)
        ON CONFLICT (user_id, film_id) DO UPDATE SET stars = excluded.stars, review = excluded.review, rated = now()
        RETURNING mine.* $$;
COMMENT ON FUNCTION api.rate(int, api.stars, text) IS 'Rates a film, or changes the rating of the user who asks.';

CREATE FUNCTION api.whoami() RETURNS json
  LANGUAGE sql STABLE
  AS $$ SELECT json_build_object('role', current_user, 'user', private.user_id()) $$;
COMMENT ON FUNCTION api.whoami() IS 'The role and the user of the request.';

CREATE FUNCTION api.publish_decade(decade int) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
DECLARE
  name text := format('films_of_the_%ss', decade);
BEGIN
  IF decade % 10 <> 0 OR decade NOT BETWEEN 1950 AND 2020 THEN
    RAISE invalid_parameter_value USING MESSAGE = 'decade must be one of 1950, 1960 ... 2020';
  END IF;
  EXECUTE format('CREATE OR REPLACE VIEW api.%I AS SELECT * FROM api.films WHERE year / 10 * 10 = %s', name, decade);
  EXECUTE format('COMMENT ON VIEW api.%I IS %L', name, 'The films of one decade.');
  EXECUTE format('GRANT SELECT ON api.%I TO web_anon, web_user', name);
  RETURN name;
END $$;
COMMENT ON FUNCTION api.publish_decade(int) IS
  E'Makes a view of a decade''s films\nIt shows that a change of the schema is served at once: the answer is the view''s name.';
