-- breaking: no
-- Judging: rubrics by version, judge runs, the calls they make, and one store of judgments of every kind.

create table rubrics (
  rubric_id text not null,
  version integer not null,
  user_id text not null references users,
  name text not null,
  -- {criteria, instructions, rules}, as it was kept.
  body jsonb not null,
  created_at timestamptz not null default now(),
  primary key (rubric_id, version)
);
create unique index rubrics_by_name on rubrics (user_id, name, version);

create table judge_runs (
  judge_run_id text primary key,
  user_id text not null,
  dataset_id text not null references datasets on delete cascade,
  version_id text not null references dataset_versions on delete cascade,
  -- The run that is judged, and the one it is compared with.
  run_id text not null references runs on delete cascade,
  other_run_id text references runs on delete cascade,
  mode text not null check (mode in ('rules', 'metrics', 'single', 'batch', 'pairwise', 'human')),
  source text not null default 'assay' check (source in ('assay', 'import')),
  -- Judges results while the run is going: ends when the run has ended and all its answers are judged.
  follows boolean not null default false,
  judges text[] not null default '{}',
  rubric_id text,
  rubric_version integer,
  -- What it was asked with, the criteria spelled out, so that it can go on after a kill.
  settings jsonb not null,
  threshold real not null,
  status text not null default 'running'
    check (status in ('running', 'completed', 'failed', 'cancelled', 'stopped_by_budget', 'imported')),
  problem text,
  -- Answers up to this seq are planned (see answers.seq), and the next number of a call.
  planned_seq bigint not null default 0,
  next_call integer not null default 0,
  next_wave integer not null default 0,
  -- Answers a call now.
  batch_size integer not null default 1,
  -- Kept as verdicts are read, never counted.
  answers integer not null default 0,
  judged integer not null default 0,
  failed integer not null default 0,
  spared integer not null default 0,
  calls integer not null default 0,
  asked_again integer not null default 0,
  prompt_tokens bigint not null default 0,
  completion_tokens bigint not null default 0,
  cached_tokens bigint,
  cost double precision,
  created_at timestamptz not null default now(),
  ended_at timestamptz
);
create index judge_runs_by_run on judge_runs (run_id, created_at desc);
create index judge_runs_by_age on judge_runs (user_id, created_at desc, judge_run_id desc);
create index judge_runs_live on judge_runs (judge_run_id) where status = 'running';

-- Runs whose answers are judged as they land, so that each is taken up once.
create table followed_runs (
  run_id text primary key references runs on delete cascade,
  user_id text not null
);

create table judge_calls (
  judge_run_id text not null references judge_runs on delete cascade,
  call integer not null,
  user_id text not null,
  judge text not null,
  -- What for: verdict, check (an answer of a batched call judged alone), ab, ba.
  part text not null check (part in ('verdict', 'check', 'ab', 'ba')),
  -- How often these answers were asked about before.
  tries integer not null default 0,
  -- The call whose reply could not be used, which this one shows the judge again.
  repairs integer,
  -- The id that stands for each answer in the call, and the ordinals of the answers, in the same order.
  ids text[] not null,
  ordinals integer[] not null,
  -- planned: in no batch yet; sent: line `line` of `batch_id`; read: its verdicts are kept or asked for anew.
  state text not null default 'planned' check (state in ('planned', 'sent', 'read')),
  wave integer,
  batch_id text,
  line integer,
  -- Not sent before, after a failure.
  not_before timestamptz,
  primary key (judge_run_id, call)
);
create index judge_calls_open on judge_calls (judge_run_id, state) where state <> 'read';
create index judge_calls_by_batch on judge_calls (batch_id, line);

create table judgments (
  judge_run_id text not null references judge_runs on delete cascade,
  ordinal integer not null,
  judge text not null,
  part text not null default 'verdict' check (part in ('verdict', 'check', 'ab', 'ba')),
  user_id text not null,
  run_id text not null,
  judge_type text not null check (judge_type in ('rule', 'metric', 'llm', 'human')),
  -- Of 10; null where the judge only says pass or fail, or nothing usable.
  score real,
  -- Said by the judge itself; null where it follows from the score and a threshold.
  passed boolean,
  preference text check (preference in ('a', 'b', 'tie', 'undecided')),
  criteria jsonb not null default '{}',
  reasoning text,
  confidence real,
  error text,
  error_detail text,
  rubric_version integer,
  call integer,
  position smallint,
  of smallint,
  prompt_tokens real,
  completion_tokens real,
  created_at timestamptz not null default now(),
  primary key (judge_run_id, ordinal, judge, part)
);
create index judgments_by_run on judgments (run_id, ordinal);
create index judgments_by_score on judgments (judge_run_id, part, score, ordinal);

do $$
declare
  t text;
begin
  foreach t in array array['rubrics', 'judge_runs', 'followed_runs', 'judge_calls', 'judgments']
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
