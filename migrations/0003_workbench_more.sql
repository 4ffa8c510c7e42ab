-- breaking: no
-- Marks that tell what of a dataset has changed, passes that read all answers of a dataset anew, statistics on demand.

-- One row a dataset; a number grows with each commit that changes what it is about, so that a server sees what another one
-- did, and knows whether a figure it has kept still holds. No reference to the dataset: who changes answers holds this row
-- while it may wait for a deletion of the dataset, which therefore never touches it; rows left behind go at the next start.
create table dataset_marks (
  dataset_id text primary key,
  user_id text not null,
  -- Runs made, shown, superseded, ended, taken up again, removed.
  runs bigint not null default 0,
  -- Name, versions, how items are read and answers compared, progress of a pass.
  settings bigint not null default 0,
  -- Answers, what people said of them, and the states of items that follow.
  answers bigint not null default 0
) with (fillfactor = 50);
create index dataset_marks_by_user on dataset_marks (user_id);

-- The answers of the newest version are read anew, as compared by the settings of now; a row goes when its pass has ended,
-- or with the dataset.
create table comparing_passes (
  dataset_id text primary key,
  user_id text not null,
  version_id text not null,
  -- Items below this ordinal are done.
  next integer not null default 0,
  total integer not null
);

-- Whether an item needs review as long as nobody has said anything of it; null in rows from before this column.
alter table item_states add column doubtful boolean;

-- Deferred, so that the row of a dataset is locked last of all, at the commit: no transaction waits while it holds it.
create function mark_settings() returns trigger language plpgsql set search_path from current as $f$
begin
  if tg_op = 'INSERT' and tg_table_name = 'datasets' then
    insert into dataset_marks (dataset_id, user_id)
    select d.dataset_id, d.user_id from datasets d where d.dataset_id = new.dataset_id;
  elsif tg_op = 'DELETE' then
    delete from comparing_passes where dataset_id = old.dataset_id;
  else
    update dataset_marks set settings = settings + 1 where dataset_id = new.dataset_id;
  end if;
  perform pg_notify('assay_live', '');
  return null;
end
$f$;
create constraint trigger mark_settings after insert or update or delete on datasets
  deferrable initially deferred for each row execute function mark_settings();
create constraint trigger mark_settings after insert or update on dataset_versions
  deferrable initially deferred for each row execute function mark_settings();

create function mark_runs() returns trigger language plpgsql set search_path from current as $f$
begin
  -- A run that is being imported is shown to nobody.
  if tg_op = 'INSERT' and new.superseded_by = new.run_id then return null; end if;
  update dataset_marks m set runs = m.runs + 1
    where m.dataset_id = case when tg_op = 'DELETE' then old.dataset_id else new.dataset_id end
      and (tg_op <> 'DELETE' or exists (select from datasets d where d.dataset_id = m.dataset_id));
  perform pg_notify('assay_live', '');
  return null;
end
$f$;
create constraint trigger mark_runs after insert or update or delete on runs
  deferrable initially deferred for each row execute function mark_runs();

create function mark_run_of_batch() returns trigger language plpgsql set search_path from current as $f$
begin
  update dataset_marks m set runs = m.runs + 1 from runs r
    where r.batch_id = new.batch_id and m.dataset_id = r.dataset_id;
  if found then perform pg_notify('assay_live', ''); end if;
  return null;
end
$f$;
create constraint trigger mark_run_of_batch after update of status on batches
  deferrable initially deferred for each row when (old.status is distinct from new.status)
  execute function mark_run_of_batch();

-- ANALYZE is the owner's to run; who has just written much asks for it here. A table that another one analyses is passed
-- over. Words that wait to be sorted into their index, which every search reads through, are sorted in.
create function analyze_workbench(tables text[]) returns void
language plpgsql security definer set search_path from current as $f$
declare
  t text;
begin
  foreach t in array tables loop
    if t = any (array['items', 'answers', 'item_states', 'annotations']) then
      execute format('analyze (skip_locked) %I', t);
    end if;
    if t = any (array['items', 'answers']) then perform gin_clean_pending_list(format('%I', t || '_by_words')::regclass); end if;
  end loop;
end
$f$;

do $$
declare
  t text;
begin
  foreach t in array array['dataset_marks', 'comparing_passes']
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
set local role assay_system;
insert into dataset_marks (dataset_id, user_id) select dataset_id, user_id from datasets;
reset role;
revoke all on function analyze_workbench from public;
grant execute on function analyze_workbench to assay_app, assay_system;
