-- breaking: no
-- Label Studio: the connection, projects, the tasks that went out, what annotators said of them, and the rounds of review.

create table label_studio_links (
  -- One connection a user.
  user_id text primary key references users,
  base_url text not null,
  token_kind text not null check (token_kind in ('personal', 'legacy')),
  -- AES-256-GCM: nonce, tag, text. The key is in the configuration.
  token_sealed bytea not null,
  account text not null,
  version text not null,
  problem text,
  checked_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);

create table label_studio_projects (
  project_id text primary key,
  user_id text not null references users,
  dataset_id text not null references datasets on delete cascade,
  title text not null,
  -- Its number there, and where there is; null: files only.
  remote_id bigint,
  base_url text,
  -- made there by Assay, mapped to one that was there, or files only.
  origin text not null check (origin in ('made', 'mapped', 'files')),
  models text[] not null,
  blind boolean not null,
  seed integer not null,
  label_config text not null,
  -- What the controls mean: a Mapping, see src/curate/label-studio/mapping.ts.
  mapping jsonb not null,
  -- How one answer is taken from several annotators.
  rule text not null check (rule in ('majority', 'review', 'newest')),
  audit_share real not null,
  hook_id bigint,
  hook_secret_sealed bytea,
  -- The newest push: {state, select, filter, limit, total, done, updated, kept, problem, started_at, ended_at}; null: none yet.
  push jsonb,
  pulled_at timestamptz,
  problem text,
  created_at timestamptz not null default now(),
  unique (project_id, user_id),
  unique (user_id, base_url, remote_id)
);
create index label_studio_projects_by_dataset on label_studio_projects (dataset_id);

create table label_studio_tasks (
  project_id text not null,
  item_id text not null,
  user_id text not null,
  version_id text not null,
  ordinal integer not null,
  -- The order in which they are sent, most useful first.
  place integer not null,
  -- planned: not sent; sending: perhaps there; sent; gone: was there, and was deleted there.
  state text not null default 'planned' check (state in ('planned', 'sending', 'sent', 'gone')),
  remote_id bigint,
  -- {slot: {model_id, run_id, answer_hash}}: which model's answer stands in which block.
  answers jsonb not null,
  -- 1 - disagreement, of [0, 1]; of an item drawn at random that of its neighbour.
  score real not null,
  cluster integer,
  -- Drawn at random, not chosen.
  audit boolean not null,
  -- The push that is under way is to bring it there, or up to date, and has not yet.
  wanted boolean not null default false,
  -- sha256 of the data, and of the predictions, that are there; while they are changed, of the data before and after, and null.
  data_hash bytea,
  predictions_hash bytea,
  sent_at timestamptz,
  primary key (project_id, item_id),
  unique (project_id, remote_id),
  foreign key (project_id, user_id) references label_studio_projects (project_id, user_id) on delete cascade
);
create index label_studio_tasks_to_send on label_studio_tasks (project_id, state, place);

create table label_studio_annotations (
  project_id text not null,
  remote_id bigint not null,
  user_id text not null,
  item_id text not null,
  annotator text not null,
  -- What it says of each model's answer: {model_id: {kind, content, fields, note}}, and which is best.
  said jsonb not null,
  best text,
  -- As it came, so that a file of it is what Label Studio made.
  raw jsonb not null,
  skipped boolean not null default false,
  made_at timestamptz not null,
  changed_at timestamptz not null,
  deleted_at timestamptz,
  primary key (project_id, remote_id),
  foreign key (project_id, user_id) references label_studio_projects (project_id, user_id) on delete cascade
);
create index label_studio_annotations_by_item on label_studio_annotations (project_id, item_id);

-- What annotators together say of one answer, and how it stands with what Assay holds of it.
create table label_studio_answers (
  project_id text not null,
  item_id text not null,
  model_id text not null,
  user_id text not null,
  -- applied: Assay holds it; conflict: both sides changed; review: annotators do not agree; none: nothing is said there (any more);
  -- refused: Assay cannot take it, `problem` says why.
  state text not null check (state in ('applied', 'conflict', 'review', 'none', 'refused')),
  -- {kind, content, note, annotators, at}: what the rule takes from there; null: nothing.
  theirs jsonb,
  -- The same of Assay's side at the time of a conflict.
  ours jsonb,
  problem text,
  -- Seq of the annotation that both sides last agreed on, 0 for none.
  base_seq bigint not null default 0,
  changed_at timestamptz not null default now(),
  primary key (project_id, item_id, model_id),
  foreign key (project_id, user_id) references label_studio_projects (project_id, user_id) on delete cascade
);
create index label_studio_answers_open on label_studio_answers (project_id, state) where state in ('conflict', 'review', 'refused');

-- What labels have bought: after each so many new ones, the shares that they say, with their intervals.
create table review_rounds (
  dataset_id text not null references datasets on delete cascade,
  round integer not null,
  user_id text not null,
  -- All labels so far, and those of the audit sample.
  labels integer not null,
  audit_labels integer not null,
  -- [{model_id, run_id, golden, n, share, low, high, judge_run_id, corrected, corrected_low, corrected_high}]
  figures jsonb not null,
  created_at timestamptz not null default now(),
  primary key (dataset_id, round)
);

do $$
declare
  t text;
begin
  foreach t in array array['label_studio_links', 'label_studio_projects', 'label_studio_tasks', 'label_studio_annotations',
    'label_studio_answers', 'review_rounds']
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
