-- breaking: no
-- The workbench: datasets with their versions and items, runs, answers as read from results, what people say of them.

create table datasets (
  dataset_id text primary key,
  user_id text not null references users,
  name text not null,
  -- How items are read: name_path, category_path, truth_path; set by a person, else guessed at the import.
  reading jsonb not null default '{}',
  -- How answers are compared: decision_path, rules, normalisers by field path.
  comparing jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index datasets_by_age on datasets (user_id, created_at desc, dataset_id desc);

create table dataset_versions (
  version_id text primary key,
  user_id text not null,
  dataset_id text not null references datasets on delete cascade,
  -- sha256 of the uploaded bytes.
  content_hash bytea not null,
  ordinal integer not null,
  filename text not null,
  format text not null check (format in ('jsonl', 'csv', 'parquet')),
  bytes bigint not null,
  items integer not null,
  -- [{path, kind, seen, values}]: the fields of the inputs, for templates, names and categories.
  columns jsonb not null default '[]',
  -- [{category, count}], the most frequent first; kept, since counting a million items takes a second.
  categories jsonb not null default '[]',
  -- Items that have an expected answer.
  with_truth integer not null default 0,
  created_at timestamptz not null default now(),
  unique (dataset_id, ordinal)
);
create unique index dataset_versions_by_content on dataset_versions (user_id, content_hash);

create table items (
  version_id text not null references dataset_versions on delete cascade,
  -- Place in the file, from 0.
  ordinal integer not null,
  user_id text not null,
  -- The custom_id of the item; candidate_id on the wire. The same item keeps it over versions.
  item_id text not null,
  name text not null,
  category text,
  truth text,
  -- The row as it was read: {messages} | {prompt} | {body, url} of a batch line | the columns of a table.
  -- json, not jsonb, which would order names anew: a schema in it has an order that models follow.
  input json not null,
  words tsvector not null,
  primary key (version_id, ordinal)
);
create unique index items_by_id on items (version_id, item_id);
create index items_by_words on items using gin (words);

create table templates (
  template_id text primary key,
  user_id text not null references users,
  name text not null,
  text text not null,
  -- Items shown as examples in it; left out of the figures of runs that use it.
  example_items text[] not null default '{}',
  created_at timestamptz not null default now()
);
create unique index templates_by_name on templates (user_id, name);

create table runs (
  run_id text primary key,
  user_id text not null,
  dataset_id text not null references datasets on delete cascade,
  version_id text not null references dataset_versions on delete cascade,
  model_id text not null,
  source text not null check (source in ('batch', 'import')),
  -- Null for imported answers, and until the batch of a new run has been made.
  batch_id text unique,
  -- {params, template, limit, sample, seed, context, price, filename, content_hash, example_items}: what made it.
  settings json not null default '{}',
  total integer not null,
  -- Ordinals of the items that run, in the order of the batch's lines (line n is items[n]); null for all of the version.
  items integer[],
  -- A newer run of the same model over the same version takes its place in the grid.
  superseded_by text,
  created_at timestamptz not null default now()
);
create index runs_by_dataset on runs (dataset_id, created_at desc, run_id desc);
create index runs_by_age on runs (user_id, created_at desc, run_id desc);
create index runs_current on runs (version_id, model_id) where superseded_by is null;

-- Numbers what the workbench shows live; taken under an advisory lock, so that the order is that of the commits.
create sequence workbench_seq;

create table answers (
  run_id text not null references runs on delete cascade,
  ordinal integer not null,
  user_id text not null,
  version_id text not null,
  model_id text not null,
  seq bigint not null,
  ok boolean not null,
  error_code text,
  content text,
  -- How content was read: json, repaired (cut off or broken JSON), text (by a rule), none.
  parse text not null check (parse in ('json', 'repaired', 'text', 'none')),
  fields jsonb,
  decision text,
  -- Whether it is right by the item's truth; null where there is none.
  correct boolean,
  finish_reason text,
  prompt_tokens integer,
  completion_tokens integer,
  cached_tokens integer,
  latency_ms integer,
  first_token_ms integer,
  -- Scores by name, each a number: from imports and judges.
  scores jsonb,
  words tsvector,
  landed_at timestamptz not null default now(),
  -- The figures of a run are read from the index alone: 0.2 s instead of 2 s for five runs of 100,000 answers.
  primary key (run_id, ordinal) include (user_id, ok, parse, latency_ms, completion_tokens)
);
create index answers_by_item on answers (version_id, ordinal);
create index answers_by_seq on answers (user_id, seq);
create index answers_by_words on answers using gin (words);

-- One row an item with what the grid filters and sorts by, over the current runs of its version.
create table item_states (
  version_id text not null references dataset_versions on delete cascade,
  ordinal integer not null,
  user_id text not null,
  -- {model_id: decision | null}, one entry an answer there is.
  decisions jsonb not null,
  -- {model_id: whether it is right}, where there is a truth.
  correct jsonb not null default '{}',
  -- {path: {model_id: class}} of the fields that differ; models of one class agree there. Path '' is the whole text.
  classes jsonb not null default '{}',
  -- {model_id: group}: models of one group differ in nothing. Of models without a group there is nothing to compare.
  groups jsonb not null default '{}',
  -- Answers whose call failed, by which models, and answers there are.
  failed smallint not null default 0,
  failing text[] not null default '{}',
  answers smallint not null default 0,
  differs boolean not null default false,
  diff_fields text[] not null default '{}',
  -- The decision all answers share, when there are two or more and all have it.
  agreed text,
  -- Entropy of the decisions in bits.
  disagreement real not null default 0,
  longest integer not null default 0,
  slowest integer not null default 0,
  lowest_score real,
  golden smallint not null default 0,
  fixed smallint not null default 0,
  wrong smallint not null default 0,
  -- Differs, or failed, or cannot be read, and nobody has said anything yet.
  needs_review boolean not null default false,
  primary key (version_id, ordinal)
);
create index item_states_disagreement on item_states (version_id, disagreement desc, ordinal);
create index item_states_longest on item_states (version_id, longest desc, ordinal);
create index item_states_slowest on item_states (version_id, slowest desc, ordinal);
create index item_states_score on item_states (version_id, lowest_score, ordinal);

-- Ordinals of the items of a dataset's newest version that hold the words, or of which an answer does. Row level security
-- keeps an index with an operator that is not leakproof, as @@ is, from being used; so this runs as the owner of the
-- tables, and states the user itself.
create function items_with_words(dataset text, search text) returns setof integer
language sql stable security definer set search_path from current set work_mem = '64MB' as $f$
  with newest as (
    select version_id from dataset_versions
    where dataset_id = dataset and user_id = current_setting('assay.user_id') order by ordinal desc limit 1
  )
  select i.ordinal from items i
  where i.version_id = (select version_id from newest) and i.words @@ websearch_to_tsquery('simple', search)
  union
  select f.ordinal from (
    -- The fence keeps the search from being done once a run, each time together with all of that run's answers.
    select a.ordinal, a.run_id from answers a
    where a.version_id = (select version_id from newest) and a.words @@ websearch_to_tsquery('simple', search) offset 0
  ) f
  where f.run_id in (select run_id from runs where superseded_by is null)
$f$;

create table annotations (
  dataset_id text not null references datasets on delete cascade,
  item_id text not null,
  model_id text not null,
  user_id text not null,
  seq bigint not null,
  -- Null: nothing is said any more; the row stays for undo and for the live feed.
  kind text check (kind in ('golden', 'fix', 'wrong')),
  -- The mended answer of a fix.
  content text,
  note text,
  annotator text not null,
  -- The answer it was said of, and the sha256 of its content.
  run_id text,
  answer_hash bytea,
  -- What stood there before, for undo: a list, newest last, at most 50.
  history jsonb not null default '[]',
  created_at timestamptz not null default now(),
  primary key (dataset_id, item_id, model_id)
);
create index annotations_by_seq on annotations (user_id, seq);
create index annotations_by_dataset on annotations (dataset_id, seq);

create table golden_sets (
  golden_set_id text primary key,
  user_id text not null references users,
  dataset_id text not null references datasets on delete cascade,
  name text not null,
  version integer not null,
  -- {filter, models, annotators}: what it was made from.
  origin jsonb not null,
  items integer not null,
  created_at timestamptz not null default now(),
  unique (user_id, dataset_id, name, version)
);

create table golden_set_items (
  golden_set_id text not null references golden_sets on delete cascade,
  place integer not null,
  user_id text not null,
  item_id text not null,
  model_id text,
  -- {messages, content, decision, kind, annotator, run_id, version_id}: kept as it was when the set was made.
  entry jsonb not null,
  primary key (golden_set_id, place)
);

do $$
declare
  t text;
begin
  foreach t in array array['datasets', 'dataset_versions', 'items', 'templates', 'runs', 'answers', 'item_states',
    'annotations', 'golden_sets', 'golden_set_items']
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
grant usage on sequence workbench_seq to assay_app, assay_system;
revoke all on function items_with_words from public;
grant execute on function items_with_words to assay_app, assay_system;
