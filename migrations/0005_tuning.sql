-- breaking: no
-- Rows in flight that a model's runs found best; the speed may still be unknown then.

alter table model_rates alter column rows_per_s drop not null;
alter table model_rates add column concurrency integer check (concurrency > 0);
