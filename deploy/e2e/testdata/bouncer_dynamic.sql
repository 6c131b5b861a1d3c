-- The same functions, with SQL that is composed when they are called: they could leave prepared statements behind.
DO $$
BEGIN
  FOR k IN 1..20 LOOP
    EXECUTE format($sql$
      CREATE OR REPLACE FUNCTION api.bump%1$s("row" int) RETURNS text LANGUAGE plpgsql AS $f$
      DECLARE
        found text;
      BEGIN
        EXECUTE 'UPDATE api.t%1$s SET calls = calls + 1 WHERE id = $1 RETURNING which' INTO found USING "row";
        RETURN found;
      END $f$;
      $sql$, k);
  END LOOP;
END $$;
