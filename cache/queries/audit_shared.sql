-- What no event trigger sees because it belongs to all databases: the roles that the gateway may become and who is a
-- member of them, and the settings of roles and of this database.
select
  (
    select bit_xor(hashtextextended(concat_ws(' ', oid, rolname, rolsuper, rolinherit, rolbypassrls), 0))
    from pg_roles
    where pg_has_role(oid, 'member')
  )::text
  || ' ' || coalesce((
    select bit_xor(hashtextextended(m::text, 0)) from pg_auth_members m where pg_has_role(m.member, 'member')
  ), 0)::text as roles,
  coalesce((
    select bit_xor(hashtextextended(s::text, 0))
    from pg_db_role_setting s
    where setdatabase in (0, (select oid from pg_database where datname = current_database()))
      and (setrole = 0 or pg_has_role(setrole, 'member'))
  ), 0)::text as settings
