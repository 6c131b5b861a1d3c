-- A role that may do all that can be done in the sample database.
do $$ begin
  if to_regrole('sample_all') is null then create role sample_all bypassrls; end if;
end $$;
grant usage on schema api, private to sample_all;
grant all on all tables in schema api to sample_all;
-- Its table has a column that the view does not show and that must be given.
revoke insert on api.members from sample_all;
grant all on all sequences in schema api to sample_all;
grant execute on all functions in schema api, private to sample_all;
-- Which decades it takes is known to its code only.
revoke execute on function api.publish_decade from sample_all, web_anon, web_user;
