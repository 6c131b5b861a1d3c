-- Properties of the database as a whole: whether it is a standby, which types of users in the schemas of the search path
-- ($1) have names of PostgreSQL's types (the relation whose row type it is, or an array of that, or 0), and whether there
-- are operators, casts and domains with names of media types that are the users'. Queries about what is not there are not
-- sent.
select
  pg_is_in_recovery() as standby,
  array(
    select case t.typcategory when 'A' then (select typrelid from pg_type where oid = t.typelem) else t.typrelid end
    from pg_type t
    join pg_type b on b.typname = t.typname and b.typnamespace = 'pg_catalog'::regnamespace and b.oid < 16384
    where t.oid >= 16384 and t.typnamespace = any ($1::regnamespace[])
  ) as shadows,
  exists (select from pg_operator where oid >= 16384) as operators,
  exists (select from pg_cast where oid >= 16384) as casts,
  exists (select from pg_type where typtype = 'd' and typname like '%/%') as media_types
