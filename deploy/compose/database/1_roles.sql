-- The roles that the gateway needs. psql runs this when the database is created.

\set password `cat /run/secrets/authenticator_password`

-- The gateway logs in as authenticator, which may do nothing but become one of the others.
CREATE ROLE authenticator LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOSUPERUSER PASSWORD :'password';

-- The role of requests without a token, and that of requests whose token has "role": "web_user".
CREATE ROLE web_anon NOLOGIN;
CREATE ROLE web_user NOLOGIN;
GRANT web_anon, web_user TO authenticator;

-- No request keeps a connection for ever.
ALTER ROLE web_anon SET statement_timeout = '10s';
ALTER ROLE web_user SET statement_timeout = '30s';
