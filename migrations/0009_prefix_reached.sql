-- breaking: no
-- What share of the bound of a perfect cache a model's engine really saved, in its last batch with something to save.

alter table model_rates add column prefix_reached real;
alter table model_rates add column prefix_measured_at timestamptz;
