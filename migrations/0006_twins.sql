-- breaking: yes
-- Rows of a batch whose request is the same as an earlier one's, and whose answer would be: they are answered with it.
-- A worker that does not know of them would leave their batches unfinished.

create table twins (
  batch_id text not null,
  line integer not null,
  user_id text not null,
  same_as integer not null,
  primary key (batch_id, line)
);
create index twins_same_as on twins (batch_id, same_as);

alter table twins enable row level security;
alter table twins force row level security;
create policy own_rows on twins to assay_app
  using (user_id = current_setting('assay.user_id'))
  with check (user_id = current_setting('assay.user_id'));
create policy all_rows on twins to assay_system using (true) with check (true);
grant select, insert, update, delete on twins to assay_app, assay_system;
