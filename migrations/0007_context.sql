-- breaking: no
-- What was left out of prompts that did not fit their model's context, and the longest row of each batch.

create table trims (
  batch_id text not null,
  line integer not null,
  user_id text not null,
  strategy text not null,
  messages integer not null,
  tokens_before integer not null,
  tokens_after integer not null,
  primary key (batch_id, line)
);

alter table trims enable row level security;
alter table trims force row level security;
create policy own_rows on trims to assay_app
  using (user_id = current_setting('assay.user_id'))
  with check (user_id = current_setting('assay.user_id'));
create policy all_rows on trims to assay_system using (true) with check (true);
grant select, insert, update, delete on trims to assay_app, assay_system;

alter table batches add column peak_tokens integer;
