-- What PostgreSQL may run for the relations of the exposed schemas ($1), for reading them, for inserting and for other
-- changes. $2 and $3 are the classes and oids of code of the database's users (code.sql, code_types.sql), $4 the types
-- whose text depends on the search path, $5 the names of the operators that statements use. A use is pure if none of
-- that code is needed for a row, its policies, the views between, what PostgreSQL looks at while it plans (checks,
-- indexes, statistics, partitions), or triggers, rules and defaults, of the relation or of one that it leads to. The
-- bits of the settings that are read are those of cache.Settings. Dependencies on what initdb made are not recorded:
-- these are looked for in the expressions themselves (the format of pg_node_tree is that of nodes/outfuncs.c).
with recursive
code (class, oid) as materialized (select * from unnest($2::oid[], $3::oid[]) as code (class, oid)),
-- Uses: r to read, i to insert, c to update and delete, w what the latter two have in common.
edges (relation, use, needed, needed_use) as (
  select r.ev_class, 'r', d.refobjid, 'r'
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class and c.relkind = 'v'
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
  where r.ev_type = '1'
  union all
  select p.polrelid, 'r', d.refobjid, 'r'
  from pg_policy p
  join pg_class c on c.oid = p.polrelid and c.relrowsecurity
  join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
  union all
  select inhparent, use, inhrelid, use from pg_inherits cross join unnest('{r,i,c}'::text[]) as use
  union all
  select oid, use, oid, common
  from pg_class
  cross join unnest('{i,c}'::text[]) as use
  cross join unnest('{r,w}'::text[]) as common
  where relkind in ('r', 'p')
  union all
  select conrelid, use, confrelid, 'r' from pg_constraint cross join unnest('{i,c}'::text[]) as use where contype = 'f'
  union all
  select
    confrelid, 'c', conrelid,
    case when confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd') then 'c' else 'r' end
  from pg_constraint where contype = 'f'
),
reach (root, root_use, relation, use) as (
  select c.oid, use, c.oid, use
  from pg_class c
  cross join unnest('{r,i,c}'::text[]) as use
  where c.relkind in ('r', 'v', 'm', 'p', 'f')
    and not c.relispartition
    and c.relnamespace = any ($1::regnamespace[])
    and (use = 'r' or c.relkind in ('r', 'p'))
  union
  select r.root, r.root_use, e.needed, e.needed_use
  from reach r
  join edges e on e.relation = r.relation and e.use = r.use
),
reached as materialized (select distinct relation, use from reach),
-- What belongs to a relation and may be evaluated.
parts (relation, use, class, oid, tree) as materialized (
  select r.ev_class, 'r', 'pg_rewrite'::regclass, r.oid, r.ev_action::text
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class and c.relkind = 'v'
  where r.ev_type = '1'
  union all
  select
    p.polrelid, case when p.polcmd in ('*', 'r') then 'r' else 'w' end, 'pg_policy'::regclass, p.oid,
    concat(p.polqual::text, p.polwithcheck::text)
  from pg_policy p
  join pg_class c on c.oid = p.polrelid and c.relrowsecurity
  union all
  select conrelid, case contype when 'c' then 'r' else 'w' end, 'pg_constraint'::regclass, oid, conbin::text
  from pg_constraint where conrelid <> 0
  union all
  -- Generated columns that are computed when they are read (PostgreSQL 18) have a v.
  select d.adrelid, case a.attgenerated when 'v' then 'r' else 'w' end, 'pg_attrdef'::regclass, d.oid, d.adbin::text
  from pg_attrdef d
  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  union all
  select indrelid, 'r', 'pg_class'::regclass, indexrelid, concat(indexprs::text, indpred::text) from pg_index
  union all
  select stxrelid, 'r', 'pg_statistic_ext'::regclass, oid, null from pg_statistic_ext
  union all
  select c.oid, 'r', 'pg_class'::regclass, c.oid, p.partexprs::text
  from pg_class c
  left join pg_partitioned_table p on p.partrelid = c.oid
  where c.relkind in ('r', 'v', 'm', 'p')
),
needed (relation, use, class, oid) as materialized (
  select p.relation, p.use, d.refclassid, d.refobjid
  from parts p
  join pg_depend d on d.classid = p.class and d.objid = p.oid
    and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_opclass'::regclass)
  union all
  select a.attrelid, 'r', 'pg_type'::regclass, a.atttypid
  from pg_attribute a
  join reached r on r.relation = a.attrelid and r.use = 'r'
  where a.attnum > 0 and not a.attisdropped
    and (a.atttypid >= 16384 or a.atttypid = any ($4::oid[])
      or a.atttypid in (select oid from code where class = 'pg_type'::regclass))
  union all
  select oid, 'r', 'pg_am'::regclass, relam from pg_class where relam <> 0
  union all
  select i.indrelid, 'r', 'pg_am'::regclass, c.relam from pg_index i join pg_class c on c.oid = i.indexrelid
),
-- The sequences of defaults and their names are nobody's code. Many expressions are the same.
trees (relation, use, tree) as materialized (
  select p.relation, p.use, case
      when p.class = 'pg_attrdef'::regclass and p.tree like '%:funcid 1574 %'
      then regexp_replace(p.tree, ':funcid 1574 [^{}()]*:args \(\{CONST :consttype 2205', '', 'g')
      else p.tree
    end
  from parts p
  join reached r on r.relation = p.relation and r.use = p.use
  where p.tree <> ''
),
texts (tree) as materialized (select distinct tree from trees),
found (relation, use, field, oid) as materialized (
  select distinct t.relation, t.use, f.field, f.oid
  from (
    select distinct
      tree, case
        when m[1] = 'relid' then 'relation'
        when m[1] = 'resulttype' then 'cast'
        when m[1] ~ 'type' then 'type'
        else 'function'
      end as field, m[2]::oid as oid
    from texts
    cross join regexp_matches(tree, ':(funcid|aggfnoid|winfnoid|relid|\w*type(?:[iI]d)?) (\d+)', 'g') as m
  ) as f
  join trees t on t.tree = f.tree
),
impure (relation, use) as (
  select n.relation, n.use from needed n where case when true then (n.class, n.oid) in (select class, oid from code) end
  union
  select f.relation, f.use from found f -- a CASE keeps the subquery hashed, however few rows are expected of it
  where case when f.field = 'function' then f.oid in (select oid from code where class = 'pg_proc'::regclass) end
  union
  -- The system's views show settings, statements and what else a session has.
  select f.relation, f.use from found f
  join pg_class c on c.oid = f.oid and c.oid < 16384 and c.relkind = 'v'
  where f.field = 'relation'
  union
  select oid, 'r' from pg_class where relkind not in ('r', 'v', 'm', 'p', 'i', 'I', 't', 'S', 'c')
  union
  select tgrelid, 'w' from pg_trigger where not tgisinternal
  union
  select ev_class, 'w' from pg_rewrite where ev_type <> '1'
),
-- Calls of current_setting with what may be the constant name, and the bytes of that constant without its length.
calls (relation, use, name) as (
  select
    t.relation, t.use, (
      select lower(string_agg(case when byte::int between 32 and 126 then chr(byte::int) else '?' end, '' order by place))
      from unnest(string_to_array(btrim(m[2]), ' ')) with ordinality as bytes (byte, place)
      where place > 4
    )
  from trees t
  cross join regexp_matches(
    case when t.tree like '%:funcid 2077 %' or t.tree like '%:funcid 3294 %' then t.tree end,
    ':funcid (2077|3294)(?: [^{}()]*:args \(\{CONST :consttype 25 [^{}]*:constvalue \d+ \[([-0-9 ]+)\])?', 'g') as m
),
-- Functions of PostgreSQL's whose result depends on the search path.
pathed as materialized (
  select p.oid
  from pg_proc p
  where p.oid < 16384
    and (
      p.proname in ('current_schema', 'current_schemas', 'format_type', 'regclass', 'pg_get_serial_sequence', 'pg_typeof',
        'to_tsvector', 'to_tsquery', 'plainto_tsquery', 'phraseto_tsquery', 'websearch_to_tsquery', 'ts_headline',
        'json_to_tsvector', 'jsonb_to_tsvector', 'get_current_ts_config', 'ts_lexize', 'ts_parse', 'ts_token_type',
        'ts_debug', 'ts_match_tt', 'ts_match_tq', 'row_security_active', 'pg_describe_object')
      or p.proname ~ '^(to_reg|has_.*_privilege$|pg_.*_is_visible$|pg_get_)'
    )
),
settings (relation, use, bits) as (
  select relation, use, case
      when name = 'request.jwt.claims' or name like 'request.jwt.claim.%' then 1
      when name = 'request.headers' or name like 'request.header.%' then 2
      when name = 'request.cookies' or name like 'request.cookie.%' then 4
      when name = 'request.method' then 8
      when name = 'request.path' then 16
      when name like 'app.settings.%' then 32
      when name = 'search_path' then 64
      when name = 'role' then 0
      else 255
    end
  from calls
  union all
  select f.relation, f.use, 64 from found f
  where f.field = 'function' and f.oid in (select oid from pathed)
    or f.field in ('cast', 'type') and f.oid = any ($4::oid[])
    or f.field = 'cast' and f.oid >= 16384 -- a message about a wrong value names the type
  union all
  select relation, use, 64 from trees where tree like '%SQLVALUEFUNCTION :op 14 %' -- CURRENT_SCHEMA
  union all
  select n.relation, n.use, 64 from needed n where n.class = 'pg_type'::regclass and n.oid = any ($4::oid[])
  union all
  -- Messages about what cannot be written name types and index expressions, with their schema if it is not in the path.
  select n.relation, 'w', 64 from needed n
  where n.class in ('pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass) and n.oid >= 16384
  union all
  select f.relation, f.use, 255 from found f
  join pg_proc p on p.oid = f.oid
  where f.field = 'function' and p.proname in ('pg_show_all_settings', 'show_all_file_settings')
),
facts (relation, use, impure, sees) as (
  select relation, use, bool_or(impure), bit_or(sees)
  from (
    select relation, use, true, 0 from impure
    union all
    select relation, use, false, bits from settings
  ) as facts (relation, use, impure, sees)
  group by relation, use
),
summed (root, use, pure, sees) as (
  select r.root, r.root_use, not coalesce(bool_or(f.impure), false), coalesce(bit_or(f.sees), 0)
  from reach r
  left join facts f on f.relation = r.relation and f.use = r.use
  group by r.root, r.root_use
)
select
  c.oid,
  c.relrowsecurity as row_security,
  bool_or(s.pure) filter (where s.use = 'r') as pure,
  coalesce(bool_or(s.pure) filter (where s.use = 'i'), false) as pure_insert,
  coalesce(bool_or(s.pure) filter (where s.use = 'c'), false) as pure_change,
  bit_or(s.sees) filter (where s.use = 'r') as sees,
  coalesce(bit_or(s.sees) filter (where s.use = 'i'), 0) as insert_sees,
  coalesce(bit_or(s.sees) filter (where s.use = 'c'), 0) as change_sees
from summed s
join pg_class c on c.oid = s.root
-- Operators of users on PostgreSQL's own types may be what any expression means, and a conversion is part of any answer.
where not exists (
    select
    from pg_operator o
    join code u on u.class = 'pg_operator'::regclass and u.oid = o.oid
    where o.oprname = any ($5::text[]) and greatest(o.oprleft, o.oprright) < 16384
      and o.oprleft not in ('anyenum'::regtype, 'anyrange'::regtype, 'anymultirange'::regtype)
  )
  and not exists (
    select
    from pg_conversion v
    join code u on u.class = 'pg_proc'::regclass and u.oid = v.conproc
    where v.condefault
  )
group by c.oid, c.relrowsecurity
