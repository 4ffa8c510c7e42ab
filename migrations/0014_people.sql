-- breaking: no
-- People's verdicts in the store of judgments: which sample an answer was labelled from, and one labelling a run.

-- audit: drawn at random; picked: chosen since judges disagreed or were unsure. Null where nobody knows.
alter table judgments add column sample text check (sample in ('audit', 'picked'));

-- What people said in the labelling queue stands in one judge run of mode human for each run, or pair of runs.
create unique index judge_runs_of_people on judge_runs (run_id, coalesce(other_run_id, ''))
  where mode = 'human' and source = 'assay';
