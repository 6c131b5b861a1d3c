-- The roles that the gateway needs. The PostgreSQL image runs this file with psql when it creates the database.

\set password `cat /run/secrets/authenticator_password`

-- The gateway logs in as authenticator, which has no privileges except to switch to the other roles.
CREATE ROLE authenticator LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOSUPERUSER PASSWORD :'password';

-- The role of requests without a token, and of those whose token has "role": "web_user".
CREATE ROLE web_anon NOLOGIN;
CREATE ROLE web_user NOLOGIN;
GRANT web_anon, web_user TO authenticator;

-- Bounds how long a request can occupy a connection.
ALTER ROLE web_anon SET statement_timeout = '10s';
ALTER ROLE web_user SET statement_timeout = '30s';
