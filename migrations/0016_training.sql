-- breaking: no
-- Training: jobs, the tokens of their trainers, metrics, predictions that nothing changes, and the sums of each evaluation.

create table training_jobs (
  job_id text primary key,
  user_id text not null references users,
  name text not null,
  base_model text not null,
  method text not null,
  status text not null default 'created' check (status in ('created', 'running', 'completed', 'failed', 'interrupted')),
  problem text,
  -- The trainer's settings; `predictions` {enabled, sample_count, sample_frequency, step_interval, max_length} with every field settled.
  config jsonb not null,
  -- {kind, id}: where its rows and its samples come from.
  data jsonb,
  samples jsonb,
  parameters_billions double precision,
  step bigint,
  total_steps bigint,
  epoch double precision,
  total_epochs double precision,
  environment jsonb not null default '{}',
  undelivered text,
  loss double precision,
  eval_loss double precision,
  model_id text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  seen_at timestamptz,
  ended_at timestamptz,
  -- Rows of a job name its user too, so that nobody adds to another's job.
  unique (job_id, user_id)
);
create index training_jobs_by_age on training_jobs (user_id, created_at desc, job_id desc);

-- What a trainer shows to write into its one job.
create table training_tokens (
  token_id text primary key,
  job_id text not null,
  user_id text not null,
  hash bytea not null unique,
  hint text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  foreign key (job_id, user_id) references training_jobs (job_id, user_id) on delete cascade
);
create index training_tokens_by_job on training_tokens (job_id);

create table training_metrics (
  job_id text not null,
  step bigint not null,
  kind text not null check (kind in ('train', 'eval', 'end')),
  user_id text not null,
  epoch double precision not null,
  logged jsonb not null,
  created_at timestamptz not null default now(),
  primary key (job_id, kind, step),
  foreign key (job_id, user_id) references training_jobs (job_id, user_id) on delete cascade
);

create table training_predictions (
  id bigint generated always as identity primary key,
  job_id text not null,
  user_id text not null,
  epoch double precision not null,
  step bigint not null,
  hook text not null,
  sample_index integer not null,
  sample_id text,
  prompt text not null,
  ground_truth text not null,
  prediction text,
  error text,
  scores jsonb not null default '{}',
  truth_nll double precision,
  dtype_rung text check (dtype_rung in ('as_is', 'autocast', 'unpatched')),
  created_at timestamptz not null default now(),
  -- Sent again, a prediction is the one that is there.
  unique (job_id, step, hook, sample_index),
  foreign key (job_id, user_id) references training_jobs (job_id, user_id) on delete cascade
);
create index training_predictions_by_job on training_predictions (job_id);
create index training_predictions_by_epoch on training_predictions (job_id, epoch, step, sample_index);
create index training_predictions_by_sample on training_predictions (job_id, sample_index, step);
create index training_predictions_by_user on training_predictions (user_id);

-- Sums of the predictions of one step, kept as they land: counting them anew for each page would read them all.
create table training_evaluations (
  job_id text not null,
  step bigint not null,
  hook text not null,
  user_id text not null,
  epoch double precision not null,
  samples integer not null default 0,
  errors integer not null default 0,
  -- {name: [sum, how many]}
  scores jsonb not null default '{}',
  nll_sum double precision not null default 0,
  nll_samples integer not null default 0,
  rungs jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (job_id, step, hook),
  foreign key (job_id, user_id) references training_jobs (job_id, user_id) on delete cascade
);

create function refuse_prediction_update() returns trigger language plpgsql as $$
begin
  raise exception 'training_predictions are never changed' using errcode = 'restrict_violation';
end
$$;
create trigger training_predictions_stay before update on training_predictions
  for each row execute function refuse_prediction_update();

do $$
declare
  t text;
begin
  foreach t in array array['training_jobs', 'training_tokens', 'training_metrics', 'training_predictions', 'training_evaluations']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format($p$create policy own_rows on %I to assay_app
      using (user_id = current_setting('assay.user_id'))
      with check (user_id = current_setting('assay.user_id'))$p$, t);
    execute format('create policy all_rows on %I to assay_system using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I to assay_app, assay_system', t);
  end loop;
  -- The trigger refuses it to everyone; the server's own roles are not even asked.
  revoke update on training_predictions from assay_app, assay_system;
end
$$;
