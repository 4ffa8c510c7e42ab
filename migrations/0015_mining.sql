-- breaking: no
-- Analyses: their steps, what they asked models, embeddings of texts, failures, clusters, patterns and targeted rows.

create table analyses (
  analysis_id text primary key,
  user_id text not null references users,
  name text not null,
  -- sha256 of what was asked for: asked again, it is the same analysis.
  content_hash bytea not null,
  source text not null default 'assay' check (source in ('assay', 'import')),
  dataset_id text references datasets on delete cascade,
  test_dataset_id text references datasets on delete set null,
  model_ids text[] not null default '{}',
  run_ids text[] not null default '{}',
  judge_run_ids text[] not null default '{}',
  -- The body of POST /api/analyses, its defaults spelled out.
  settings jsonb not null,
  status text not null default 'running' check (status in ('running', 'completed', 'failed', 'cancelled')),
  problem text,
  -- {by, model}, once failures are clustered.
  vectors jsonb,
  failures integer not null default 0,
  clusters integer not null default 0,
  targeted_stats jsonb,
  -- Which server does its steps, and until when that is so without a word from it.
  held_by text,
  held_until timestamptz,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  unique (user_id, content_hash)
);
create index analyses_by_age on analyses (user_id, created_at desc, analysis_id desc);
create index analyses_live on analyses (analysis_id) where status = 'running';

create table analysis_steps (
  analysis_id text not null references analyses on delete cascade,
  step text not null check (step in ('test_set', 'outputs', 'judge', 'cluster', 'label', 'generate')),
  user_id text not null,
  status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'reused', 'skipped', 'failed')),
  -- sha256 of all that the step takes in; another one makes it run again.
  inputs_hash bytea,
  -- Counts how often it was asked to be done anew: replies of before are then not taken.
  anew integer not null default 0,
  done integer not null default 0,
  total integer,
  counts jsonb not null default '{}',
  -- What came out in whole, where it is more than counts: the figures of the test set, of the outputs.
  outcome jsonb,
  calls integer not null default 0,
  prompt_tokens bigint not null default 0,
  completion_tokens bigint not null default 0,
  cost double precision,
  note text,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (analysis_id, step)
);

-- What was asked of models, by its content: the same calls are never made twice, by whichever analysis.
create table analysis_asks (
  user_id text not null references users,
  ask_key text not null,
  -- 0, and one more each time a cancelled or expired batch left calls without a reply.
  round integer not null default 0,
  model text not null,
  purpose text not null,
  calls integer not null,
  batch_id text,
  -- The analysis and step that had them made, whose calls, tokens and cost they are.
  analysis_id text not null,
  step text not null,
  prompt_tokens bigint,
  completion_tokens bigint,
  cost double precision,
  created_at timestamptz not null default now(),
  primary key (user_id, ask_key, round)
);
create index analysis_asks_by_step on analysis_asks (analysis_id, step);

-- Embeddings by model and text: little-endian 32-bit floats. An empty one: the model turned the text down.
create table text_vectors (
  user_id text not null references users,
  model_key text not null,
  text_hash bytea not null,
  vector bytea not null,
  primary key (user_id, model_key, text_hash)
);

create table analysis_failures (
  analysis_id text not null references analyses on delete cascade,
  ordinal integer not null,
  user_id text not null,
  item_id text not null,
  name text not null,
  category text,
  run_id text,
  model_id text not null,
  prompt text not null,
  answer text,
  expected text,
  score real,
  judge text,
  reason text,
  criteria text[] not null default '{}',
  -- Null before failures are clustered; -1 is "other".
  cluster integer,
  x real,
  y real,
  primary key (analysis_id, ordinal)
);
create index analysis_failures_by_cluster on analysis_failures (analysis_id, cluster, ordinal);
create index analysis_failures_by_item on analysis_failures (analysis_id, item_id);

create table clusters (
  analysis_id text not null references analyses on delete cascade,
  cluster integer not null,
  user_id text not null,
  -- The wire's object (contracts/mining.ts).
  body jsonb not null,
  primary key (analysis_id, cluster)
);

create table patterns (
  analysis_id text not null references analyses on delete cascade,
  cluster integer not null,
  user_id text not null,
  body jsonb not null,
  primary key (analysis_id, cluster)
);

create table targeted_rows (
  analysis_id text not null references analyses on delete cascade,
  ordinal integer not null,
  user_id text not null,
  cluster integer not null,
  dropped text,
  body jsonb not null,
  primary key (analysis_id, ordinal)
);

do $$
declare
  t text;
begin
  foreach t in array array['analyses', 'analysis_steps', 'analysis_asks', 'text_vectors', 'analysis_failures', 'clusters', 'patterns',
    'targeted_rows']
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
