-- breaking: no
-- Answers taken over from earlier batches, where a batch asks for that (metadata.assay_reuse).

-- sha256 of what settles an answer beside the body: endpoint, context strategy, model with its parameters.
-- Null where the batch does not take part, or where its model cannot be told from another of the same name.
alter table batches add column reuse_scope bytea;
-- Rows answered from earlier batches, at no cost.
alter table batches add column reused integer not null default 0;

-- sha256 of the body; null in other batches, and for rows that may be answered otherwise each time.
alter table requests add column reuse_key bytea;
create index requests_reuse on requests (user_id, reuse_key) where reuse_key is not null;

-- The row whose answer was taken over.
alter table results add column reused_batch_id text;
alter table results add column reused_line integer;
