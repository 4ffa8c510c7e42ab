-- breaking: no
-- The workers there are: each writes here, every second or so, what it does; every server reads it.
-- No row belongs to a user: assay_system alone sees the table.

create table workers (
  worker_id text primary key,
  host text not null,
  pid integer not null,
  version text not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  report jsonb not null default '{}'
);

alter table workers enable row level security;
alter table workers force row level security;
create policy all_rows on workers to assay_system using (true) with check (true);
grant select, insert, update, delete on workers to assay_system;
