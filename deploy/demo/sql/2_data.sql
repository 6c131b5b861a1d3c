-- The sample database's rows. Hashes choose them from lists of words, so they are the same everywhere, except that
-- screenings are on days around the one on which the database is created.

-- A number from 0 to below n that depends on the key only.
CREATE FUNCTION private.pick(key text, n int) RETURNS int
  LANGUAGE sql IMMUTABLE
  AS $$ SELECT (('x' || substr(md5(key), 1, 7))::bit(28)::int % n) $$;

-- One of the words, chosen by the key.
CREATE FUNCTION private.word(key text, VARIADIC words text[]) RETURNS text
  LANGUAGE sql IMMUTABLE
  AS $$ SELECT words[1 + private.pick(key, cardinality(words))] $$;

INSERT INTO api.countries VALUES
  ('AR', 'Argentina'), ('BR', 'Brazil'), ('CA', 'Canada'), ('CZ', 'Czechia'), ('DE', 'Germany'), ('DK', 'Denmark'),
  ('EG', 'Egypt'), ('ES', 'Spain'), ('FI', 'Finland'), ('FR', 'France'), ('GB', 'United Kingdom'), ('GR', 'Greece'),
  ('IE', 'Ireland'), ('IN', 'India'), ('IS', 'Iceland'), ('IT', 'Italy'), ('JP', 'Japan'), ('KR', 'South Korea'),
  ('MX', 'Mexico'), ('NG', 'Nigeria'), ('NO', 'Norway'), ('PL', 'Poland'), ('PT', 'Portugal'), ('SE', 'Sweden'),
  ('US', 'United States'), ('ZA', 'South Africa');

INSERT INTO api.genres (name)
SELECT unnest(ARRAY['Adventure', 'Animation', 'Comedy', 'Crime', 'Documentary', 'Drama', 'Family', 'Fantasy',
                    'History', 'Horror', 'Musical', 'Mystery', 'Romance', 'Science fiction', 'Thriller', 'Western']);

INSERT INTO api.people (name, born, country, links)
SELECT name,
       CASE WHEN private.pick('born?' || i, 20) > 0 THEN date '1928-03-14' + private.pick('born' || i, 27000) END,
       (SELECT code FROM api.countries ORDER BY md5(code || i) LIMIT 1),
       CASE WHEN private.pick('links' || i, 3) = 0
         THEN jsonb_build_object('site', 'https://' || lower(translate(name, ' ', '-')) || '.example')
         ELSE '{}' END
FROM (
  SELECT i, first[1 + (i * 7) % cardinality(first)] || ' ' || last[1 + (i + 2 * (i / 30)) % cardinality(last)] AS name
  FROM generate_series(0, 599) AS i,
    (VALUES (
      ARRAY['Ada', 'Bruno', 'Chiara', 'Dmitri', 'Elif', 'Femi', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kavya', 'Luca',
            'Mirela', 'Noor', 'Oskar', 'Paloma', 'Quentin', 'Rosa', 'Stellan', 'Tomoko', 'Ugo', 'Vera', 'Wanda',
            'Xavier', 'Yuki', 'Zofia', 'Amara', 'Bjarni', 'Carmen', 'Declan'],
      ARRAY['Abel', 'Brandt', 'Castellan', 'Dahl', 'Eriksen', 'Fontaine', 'Grieve', 'Haddad', 'Ibarra', 'Jansen',
            'Kowalska', 'Lindqvist', 'Moreau', 'Nakata', 'Okafor', 'Pereira', 'Quinn', 'Rossi', 'Sundaram',
            'Takahashi', 'Ullman', 'Varga', 'Whitlock', 'Ximenes', 'Yilmaz', 'Zeller', 'Andrade', 'Bellini',
            'Corrigan', 'Duarte', 'Ekwueme'])) AS words (first, last)
) AS named;

INSERT INTO api.films (title, year, minutes, certificate, country, director_id, budget, tags, synopsis)
SELECT private.word('form' || i, 'The ' || adjective || ' ' || noun, noun || ' of the ' || place,
                    adjective || ' ' || noun, 'The ' || noun || ' at the ' || place, 'The Last ' || noun,
                    'The ' || adjective || ' ' || place),
       1950 + private.pick('year' || i, 75),
       74 + private.pick('minutes' || i, 92),
       ('{U,PG,12,15,18}'::api.certificate[])[1 + private.pick('certificate' || i, 5)],
       (SELECT code FROM api.countries ORDER BY md5(i || code) LIMIT 1),
       1 + private.pick('director' || i, 120),
       CASE WHEN private.pick('budget?' || i, 5) > 0 THEN 100000 + 1000 * private.pick('budget' || i, 90000) END,
       ARRAY(SELECT tag FROM unnest('{slow,cult,black-and-white,debut,restored,based-on-a-novel,festival}'::text[]) AS tag
             WHERE private.pick(tag || i, 4) = 0 ORDER BY tag),
       format('%s %s %s %s %s, and %s.',
              private.word('who' || i, 'A lighthouse keeper', 'Two sisters', 'A retired detective', 'An orphan',
                           'A travelling magician', 'A cartographer', 'A young doctor', 'The last projectionist',
                           'A stubborn farmer', 'An opera singer', 'Three smugglers', 'A clockmaker'),
              private.word('does' || i, 'crossed', 'returned to', 'got lost in', 'defended', 'inherited a house in',
                           'fell in love with', 'could not forget', 'drew a map of'),
              'the ' || lower(adjective), lower(place),
              private.word('when' || i, 'during a storm', 'in the last summer of the war', 'on the eve of a wedding',
                           'after an earthquake', 'while the river rose', 'in a single night', 'before the harvest'),
              private.word('twist' || i, 'an old letter changed everything', 'nobody was who they seemed to be',
                           'a stranger offered help', 'the past came knocking', 'a storm did the rest',
                           'a child knew the answer', 'the truth was stranger than the legend'))
FROM (
  SELECT i,
         private.word('adjective' || i, 'Silent', 'Crooked', 'Golden', 'Hollow', 'Midnight', 'Scarlet', 'Forgotten',
                      'Northern', 'Paper', 'Burning', 'Gentle', 'Invisible', 'Distant', 'Broken', 'Sleeping') AS adjective,
         private.word('noun' || i, 'Gardener', 'River', 'Orchestra', 'Lighthouse', 'Winter', 'Station', 'Smuggler',
                      'Violin', 'Letter', 'Harvest', 'Astronaut', 'Map', 'Thief', 'Ferry', 'Promise') AS noun,
         private.word('place' || i, 'Harbour', 'Mountain', 'Island', 'Desert', 'Border', 'Valley', 'Observatory',
                      'Archive', 'Delta', 'Forest', 'Canal', 'Museum') AS place
  FROM generate_series(1, 400) AS i
) AS worded;

UPDATE api.films AS film
SET title = first.title || ' II', director_id = first.director_id, year = least(first.year + 3, 2025), sequel_of = first.id
FROM api.films AS first
WHERE film.id = first.id + 200 AND first.id <= 200 AND first.id % 8 = 0;

INSERT INTO api.film_genres
SELECT film.id, genre.id
FROM api.films AS film
CROSS JOIN LATERAL (
  SELECT id FROM api.genres ORDER BY md5(name || film.id) LIMIT 1 + private.pick('genres' || film.id, 3)
) AS genre;

INSERT INTO api.roles (film_id, person_id, character, billing)
SELECT film.id, actor.id,
       private.word('character' || film.id || ' ' || actor.id, 'The Captain', 'Mrs. Almeida', 'Inspector Roth', 'Nina',
                    'The Stranger', 'Professor Lem', 'Old Tom', 'Marguerite', 'The Innkeeper', 'Dr. Osei', 'Sam',
                    'The Narrator', 'Aunt Judith', 'Viktor', 'The Girl with the Kite'),
       row_number() OVER (PARTITION BY film.id ORDER BY actor.n)
FROM api.films AS film
CROSS JOIN LATERAL (
  SELECT 1 + (private.pick('cast' || film.id, 600) + 61 * n) % 600 AS id, n
  FROM generate_series(1, 3 + private.pick('actors' || film.id, 5)) AS n
) AS actor;

INSERT INTO api.cinemas (name, city, seats, place)
SELECT name, city, 60 + 10 * private.pick(name || city, 40), place
FROM (VALUES ('Lisbon', point(-9.14, 38.72)), ('Bologna', point(11.34, 44.49)), ('Gdansk', point(18.65, 54.35)),
             ('Lyon', point(4.84, 45.76)), ('Leipzig', point(12.37, 51.34)), ('Uppsala', point(17.64, 59.86)),
             ('Cork', point(-8.47, 51.90)), ('Brno', point(16.61, 49.20))) AS cities (city, place),
     (VALUES ('Astoria'), ('Lumen'), ('Rex')) AS names (name);

INSERT INTO api.screenings (film_id, cinema_id, during, price, sold)
SELECT 1 + private.pick('film' || cinema.id || ' ' || day || ' ' || slot, 400), cinema.id,
       tstzrange(start, start + interval '2 hours 30 minutes'),
       7 + 0.5 * private.pick('price' || cinema.id || slot, 12),
       CASE WHEN day < 3 THEN private.pick('sold' || cinema.id || ' ' || day || ' ' || slot, cinema.seats + 1) ELSE 0 END
FROM api.cinemas AS cinema, generate_series(-14, 14) AS day, generate_series(0, 2) AS slot,
     LATERAL (SELECT (current_date + day) + make_interval(hours => 15 + 3 * slot) AS start) AS time;

INSERT INTO api.users (id, name, email, joined)
SELECT md5('user' || i)::uuid, name, name || '@mail.example', date '2019-01-01' + private.pick('joined' || i, 2200)
FROM (
  SELECT i, lower(split_part(person.name, ' ', 1)) || i AS name
  FROM generate_series(1, 200) AS i JOIN api.people AS person ON person.id = 600 - i
) AS named;

INSERT INTO api.users (id, name, email, joined)
VALUES ('11111111-1111-4111-8111-111111111111', 'demo', 'demo@mail.example', '2024-02-29');

INSERT INTO api.ratings (user_id, film_id, stars, review, rated)
SELECT viewer.id, seen.film_id,
       greatest(1, least(5, 1 + private.pick('liked' || seen.film_id, 5) + private.pick('mood' || viewer.name || n, 3) - 1)),
       CASE WHEN private.pick('review' || viewer.name || n, 3) = 0 THEN
         private.word('text' || viewer.name || n, 'I could watch it again tomorrow.', 'Too long by half an hour.',
                      'The music stays with you.', 'A wonderful cast.', 'I fell asleep, twice.',
                      'Nobody should miss the last scene.', 'The book was better.', 'My mother liked it.') END,
       viewer.joined + make_interval(days => private.pick('day' || viewer.name || n, 400), hours => n)
FROM api.users AS viewer
CROSS JOIN LATERAL (
  SELECT 1 + (private.pick('seen' || viewer.name, 400) + 17 * n) % 400 AS film_id, n
  FROM generate_series(1, 5 + private.pick('many' || viewer.name, 20)) AS n
) AS seen;

INSERT INTO api.watchlist (user_id, film_id)
SELECT viewer.id, 1 + (private.pick('wish' || viewer.name, 400) + 23 * n) % 400
FROM api.users AS viewer, generate_series(1, 3) AS n;
