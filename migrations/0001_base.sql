-- breaking: no
-- Users, files, batches, requests, chunks, results, attempts and models, each with row level security.
-- Roles: assay_app sees only rows of current_setting('assay.user_id'); assay_system sees all (expiry, recovery, metrics).

create table users (
  user_id text primary key,
  display_name text not null,
  created_at timestamptz not null default now()
);
insert into users (user_id, display_name) values ('local', 'The local user');

create table api_keys (
  key_id text primary key,
  user_id text not null references users,
  name text not null,
  hash bytea not null unique,
  hint text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);

create table idempotency_keys (
  user_id text not null references users,
  scope text not null check (scope in ('file', 'batch', 'upload')),
  key text not null,
  body_hash bytea not null,
  resource_id text not null,
  created_at timestamptz not null default now(),
  primary key (user_id, scope, key)
);
create index idempotency_keys_by_body on idempotency_keys (user_id, scope, body_hash, created_at desc);

create table files (
  file_id text primary key,
  user_id text not null references users,
  filename text not null,
  purpose text not null,
  bytes bigint not null,
  sha256 bytea,
  content text not null check (content in ('disk', 'batch_output', 'batch_error')),
  batch_id text,
  created_at timestamptz not null default now(),
  expires_at timestamptz
);
create index files_by_age on files (user_id, created_at desc, file_id desc);
create index files_expiring on files (expires_at) where expires_at is not null;

create table uploads (
  upload_id text primary key,
  user_id text not null references users,
  filename text not null,
  purpose text not null,
  mime_type text not null,
  bytes bigint not null,
  status text not null check (status in ('pending', 'completed', 'cancelled', 'expired')),
  file_id text,
  file_expires_seconds integer,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);

create table upload_parts (
  part_id text primary key,
  upload_id text not null references uploads on delete cascade,
  user_id text not null references users,
  bytes bigint not null,
  created_at timestamptz not null default now()
);

create table batches (
  batch_id text primary key,
  user_id text not null references users,
  endpoint text not null,
  model text,
  input_file_id text not null,
  completion_window text not null,
  status text not null check (status in
    ('validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled')),
  output_file_id text not null unique,
  error_file_id text not null unique,
  created_at timestamptz not null default now(),
  in_progress_at timestamptz,
  expires_at timestamptz not null,
  finalizing_at timestamptz,
  completed_at timestamptz,
  failed_at timestamptz,
  expired_at timestamptz,
  cancelling_at timestamptz,
  cancelled_at timestamptz,
  total integer not null default 0,
  completed integer not null default 0,
  failed integer not null default 0,
  output_bytes bigint not null default 0,
  error_bytes bigint not null default 0,
  prompt_tokens bigint not null default 0,
  completion_tokens bigint not null default 0,
  cached_tokens bigint not null default 0,
  cached_unknown_rows integer not null default 0,
  reasoning_tokens bigint not null default 0,
  prompt_chars bigint not null default 0,
  prompt_chars_done bigint not null default 0,
  first_dispatch_at timestamptz,
  last_commit_at timestamptz,
  prefix_bound real,
  prefix_bound_per_slot real,
  output_expires_seconds integer,
  metadata jsonb,
  errors jsonb,
  generation integer not null default 0
);
create index batches_by_age on batches (user_id, created_at desc, batch_id desc);
create index batches_live on batches (status, expires_at) where status in ('validating', 'in_progress', 'finalizing', 'cancelling');
create index batches_metadata on batches using gin (metadata jsonb_path_ops);

create table requests (
  batch_id text not null,
  line integer not null,
  user_id text not null,
  custom_id text not null,
  prefix_key bytea not null,
  prompt_chars integer not null,
  body text not null,
  primary key (batch_id, line)
);

create table chunks (
  chunk_id uuid primary key,
  user_id text not null,
  batch_id text not null references batches on delete cascade,
  model text not null,
  queue text not null,
  ordinal integer not null,
  lines integer[] not null,
  state text not null check (state in ('open', 'done')) default 'open',
  epoch integer not null default 0,
  worker_id text,
  leased_at timestamptz
);
create index chunks_by_batch on chunks (batch_id);
create index chunks_open on chunks (queue, batch_id, ordinal) where state = 'open';

create table results (
  batch_id text not null,
  line integer not null,
  user_id text not null,
  custom_id text not null,
  ok boolean not null,
  status_code integer,
  error_code text,
  output text not null,
  bytes integer not null,
  prompt_tokens integer,
  completion_tokens integer,
  cached_tokens integer,
  reasoning_tokens integer,
  queue_ms integer,
  first_token_ms integer,
  total_ms integer,
  attempts integer not null,
  worker_id text,
  finished_at timestamptz not null default now(),
  primary key (batch_id, line)
);
create index results_failed on results (batch_id, line) where not ok;

create table attempts (
  batch_id text not null,
  line integer not null,
  user_id text not null,
  generation integer not null,
  attempt integer not null,
  code text not null,
  status_code integer,
  message text not null,
  worker_id text,
  started_at timestamptz not null,
  ended_at timestamptz not null
);
create index attempts_by_row on attempts (batch_id, line, attempt);

create table models (
  user_id text not null references users,
  model_id text not null,
  spec jsonb not null,
  created_at timestamptz not null default now(),
  primary key (user_id, model_id)
);

create table model_rates (
  user_id text not null references users,
  model_id text not null,
  rows_per_s real not null,
  measured_at timestamptz not null default now(),
  primary key (user_id, model_id)
);

do $$
declare
  t text;
begin
  foreach t in array array['users', 'api_keys', 'idempotency_keys', 'files', 'uploads', 'upload_parts', 'batches',
    'requests', 'chunks', 'results', 'attempts', 'models', 'model_rates']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format($p$create policy own_rows on %I to assay_app
      using (user_id = current_setting('assay.user_id'))
      with check (user_id = current_setting('assay.user_id'))$p$, t);
    execute format('create policy all_rows on %I to assay_system using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I to assay_app, assay_system', t);
  end loop;
end
$$;
