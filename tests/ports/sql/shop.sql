-- SPDX-License-Identifier: Apache-2.0
-- Tables, keys, triggers, transactions, joins, windows.
pragma journal_mode = wal;
pragma foreign_keys = on;
create table customer(id integer primary key, name text not null unique, joined text);
create table item(id integer primary key, name text, price real check(price > 0));
create table purchase(
  customer_id integer references customer on delete cascade,
  item_id integer references item, quantity int, day int);
create index purchase_by_day on purchase(day, item_id);
create index purchase_by_customer on purchase(customer_id);
create table log(what text);
create trigger bought after insert on purchase begin
  insert into log values (new.customer_id || '/' || new.item_id);
end;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
  insert into customer select i, printf('customer %04d', i), date(2450000 + i) from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 50)
  insert into item select i, 'item ' || char(64 + i % 26), 0.25 * i from n;
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
  insert into purchase select 1 + i * 7919 % 2000, 1 + i * 31 % 50, 1 + i % 9, i % 365 from n;
commit;
select count(*), sum(quantity * price) from purchase join item on item.id = item_id;
select item.name, sum(quantity) as sold, rank() over (order by sum(quantity) desc, item.id)
  from purchase join item on item.id = item_id group by item.id order by 3 limit 10;
select day, count(*), avg(count(*)) over (order by day rows 6 preceding)
  from purchase group by day order by day limit 12;
select customer.name from customer left join purchase on customer_id = id
  where customer_id is null limit 5;
begin;
delete from customer where id % 3 = 0;
select count(*) from purchase;
rollback;
savepoint one;
update item set price = price * 2 where id < 10;
rollback to one;
release one;
insert into item values (99, 'wrong', -1);
insert into purchase values (999999, 1, 1, 1);
select changes(), total(price) from item;
explain query plan select * from purchase where day = 7 and item_id = 3;
delete from customer where id between 100 and 1500;
select count(*), max(rowid) from log;
vacuum;
analyze;
select * from sqlite_stat1 order by 1, 2;
pragma integrity_check;
pragma journal_mode = delete;
