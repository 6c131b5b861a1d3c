-- A sample schema, to be replaced with yours. The gateway serves the schema "api".

CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO web_anon, web_user;

CREATE TABLE api.notes (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  text text NOT NULL CHECK (text <> ''),
  written timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE api.notes IS 'Notes, which everybody may read and users may write.';

INSERT INTO api.notes (text) VALUES ('Every table and view of this schema is a resource.'), ('So is every function.');

GRANT SELECT ON api.notes TO web_anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO web_user;
