-- breaking: no
-- What was learned of a model on a card: how many tokens may be in flight before its memory runs out.

create table token_ceilings (
  -- Who the model belongs to; empty for a model that all share, since its engine serves all of them.
  user_id text not null,
  model_id text not null,
  -- Name of the card, as its driver tells it.
  card text not null,
  -- Most tokens in flight that were seen to fit.
  safe_tokens bigint not null,
  -- Fewest tokens in flight at which the card was full; null when it never was.
  full_tokens bigint,
  updated_at timestamptz not null default now(),
  primary key (user_id, model_id, card)
);

alter table token_ceilings enable row level security;
alter table token_ceilings force row level security;
create policy own_rows on token_ceilings to assay_app
  using (user_id = current_setting('assay.user_id'))
  with check (user_id = current_setting('assay.user_id'));
create policy all_rows on token_ceilings to assay_system using (true) with check (true);
grant select, insert, update, delete on token_ceilings to assay_app, assay_system;
