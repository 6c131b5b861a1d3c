DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cli_login') THEN
    CREATE ROLE cli_anon;
    CREATE ROLE cli_login LOGIN NOINHERIT;
    GRANT cli_anon TO cli_login;
  END IF;
END $$;

ALTER ROLE cli_login SET pgrst.db_anon_role = 'cli_anon';

CREATE TABLE public.items (id int PRIMARY KEY);
INSERT INTO public.items VALUES (1), (2), (3);
GRANT SELECT ON public.items TO cli_anon;

CREATE FUNCTION public.sleep(seconds float) RETURNS text LANGUAGE sql AS $$
  SELECT 'slept' FROM pg_sleep(seconds)
$$;
