-- SPDX-License-Identifier: Apache-2.0
-- Full-text search, JSON, R-trees, blobs, functions, the shell's own commands.
create virtual table page using fts5(title, body, tokenize = 'porter');
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
  insert into page select 'page ' || i,
    'running runner ' || (i % 7) || ' words' || (i % 101) || ' ' || hex(i * i) from n;
select title, snippet(page, 1, '[', ']', '...', 4) from page where page match 'run AND words7' limit 5;
select count(*), round(max(bm25(page)), 6) from page where page match 'words50 OR words51';
create virtual table area using rtree(id, x1, x2, y1, y2);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
  insert into area select i, i % 100, i % 100 + 2, i / 100, i / 100 + 1.5 from n;
select count(*), min(id), max(id) from area where x1 < 20 and x2 > 10 and y1 < 8 and y2 > 5;
create table doc(j json);
insert into doc values ('{"name":"a","tags":[1,2,{"deep":null}],"pi":3.25}'), (json_array(1, 'two', 3.5));
select json_extract(j, '$.tags[2]'), json_type(j), json_array_length(j) from doc;
select key, value, type, fullkey from doc, json_tree(doc.j) where atom is not null;
create table data(id integer primary key, bytes blob, x real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
  insert into data select i, zeroblob(i * 40), sin(i) * exp(i / 50.0) from n;
update data set bytes = cast(printf('%0200d', id) as blob) where id % 2;
select sum(length(bytes)), printf('%.12g', sum(x)), group_concat(substr(hex(bytes), 1, 4), '') from data
  where id < 20;
select date('2024-02-29', '+1 year'), strftime('%W %j', 86400 * 365, 'unixepoch'), julianday('2000-01-01');
select soundex is null from (select null as soundex);
select upper('straße'), instr('abcabc', 'c'), replace('aXbX', 'X', '--'), quote(x'00ff'), 5 / 2, 5 % 3, 7.0 / 2;
select like('a%z', 'abcz'), 'abc' glob 'a*', 'x' between 'a' and 'y', nullif(1, 1), coalesce(null, 2);
.mode csv
.headers on
select id, length(bytes) as size, round(x, 9) as value from data limit 5;
.mode box
select * from area limit 3;
.mode insert thing
select id, bytes from data where id = 3;
.schema
.tables
select * from missing;
.quit
