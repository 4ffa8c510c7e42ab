-- breaking: no
-- Rows in flight found best for a model on each card (its concurrency in model_rates knew no card and is read no more), and
-- what an engine's own counters say of its prefix cache while it served one batch alone.

create table tuned_cards (
  user_id text not null references users,
  model_id text not null,
  -- Names of the cards beside the engine; empty for a remote engine, and where there is none.
  card text not null,
  concurrency integer not null check (concurrency > 0),
  measured_at timestamptz not null default now(),
  primary key (user_id, model_id, card)
);

alter table tuned_cards enable row level security;
alter table tuned_cards force row level security;
create policy own_rows on tuned_cards to assay_app
  using (user_id = current_setting('assay.user_id'))
  with check (user_id = current_setting('assay.user_id'));
create policy all_rows on tuned_cards to assay_system using (true) with check (true);
grant select, insert, update, delete on tuned_cards to assay_app, assay_system;

insert into tuned_cards (user_id, model_id, card, concurrency, measured_at)
select user_id, model_id, '', concurrency, measured_at from model_rates where concurrency is not null;

-- Prompt tokens that were looked up in the prefix cache, and those found; null where no engine told them.
alter table batches add column prefix_queries bigint;
alter table batches add column prefix_hits bigint;
