-- breaking: no
-- Workers that have room and no rows while others still hold some: each says so here, by queue, and the others hand rows over.
-- No row belongs to a user: assay_system alone sees the table. And the place of a chunk in its batch gets an index.

create table idle_workers (
  queue text not null,
  worker_id text not null,
  rows integer not null,
  since timestamptz not null default now(),
  asked_at timestamptz not null default now(),
  given_at timestamptz,
  primary key (queue, worker_id)
);

alter table idle_workers enable row level security;
alter table idle_workers force row level security;
create policy all_rows on idle_workers to assay_system using (true) with check (true);
grant select, insert, update, delete on idle_workers to assay_system;

create index chunks_by_place on chunks (batch_id, ordinal);
drop index chunks_by_batch;
