do $$ begin
  if not exists (select from pg_roles where rolname = 'pgtest_reader') then
    create role pgtest_reader;
  end if;
  execute format('alter database %I set statement_timeout = ''7s''', current_database());
  execute format('alter role pgtest_reader in database %I set work_mem = ''3MB''', current_database());
  execute format('revoke connect on database %I from public', current_database());
  execute format('grant connect on database %I to pgtest_reader', current_database());
end $$;

create table book (id int primary key, title text not null);
insert into book values (1, 'Middlemarch'), (2, 'Bleak House');
