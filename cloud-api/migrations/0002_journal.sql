-- Everything that ingest and the ledger write, by hand: drizzle-kit knows neither partitions nor forced policies.

-- The journals of all boxes, and the cloud's own (box 0). By far the largest table, and only ever appended to.
-- Hashed by event: a range by time would put one evening into one partition, and a partition per event would mean DDL for
-- every event that is created. Each partition stays small enough to vacuum and index; all rows of one event lie together,
-- as they would if Citus spread the tables by tenant.
CREATE TABLE journal (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  box_id integer NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  uid text COLLATE "C",
  wall_ms bigint NOT NULL,
  content bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT journal_pk PRIMARY KEY (tenant_id, event_id, box_id, epoch, seq)
) PARTITION BY HASH (tenant_id, event_id);--> statement-breakpoint
DO $$ BEGIN
  FOR i IN 0..15 LOOP
    EXECUTE format('CREATE TABLE journal_%s PARTITION OF journal FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i);
  END LOOP;
END $$;--> statement-breakpoint
-- A chip's history (`rebuildGraphs`): read when a late journal reaches further back than its pruned graph.
CREATE INDEX journal_uid ON journal (tenant_id, event_id, uid) WHERE uid IS NOT NULL;--> statement-breakpoint

-- Where each journal ends. The row is the lock under which its journal grows.
CREATE TABLE journal_head (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  box_id integer NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  head bytea,
  checkpoint bytea,
  state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'forked')),
  CONSTRAINT journal_head_pk PRIMARY KEY (tenant_id, event_id, box_id, epoch),
  CONSTRAINT journal_head_event FOREIGN KEY (tenant_id, event_id) REFERENCES event (tenant_id, event_id)
) WITH (fillfactor = 50);--> statement-breakpoint

-- Batches that can't be booked and must not be lost, as they were sent.
CREATE TABLE quarantine (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  box_id integer NOT NULL,
  epoch bigint NOT NULL,
  from_seq bigint NOT NULL,
  head_hash bytea NOT NULL,
  reason text COLLATE "C" NOT NULL,
  received_ms bigint NOT NULL,
  batch bytea NOT NULL,
  CONSTRAINT quarantine_pk PRIMARY KEY (tenant_id, event_id, box_id, epoch, from_seq, head_hash)
);--> statement-breakpoint

-- One row per chip, rewritten with each of its taps: the fillfactor keeps the new version on the same page.
CREATE TABLE chip_state (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  uid text COLLATE "C" NOT NULL,
  wallet text COLLATE "C" NOT NULL,
  generation smallint NOT NULL,
  blocked boolean NOT NULL,
  graph bytea NOT NULL,
  main_minor bigint NOT NULL,
  bonus_minor bigint NOT NULL,
  CONSTRAINT chip_state_pk PRIMARY KEY (tenant_id, event_id, uid)
) WITH (fillfactor = 60);--> statement-breakpoint
-- A wallet's chips: for its balance, and the generation that credits go to.
CREATE INDEX chip_state_wallet ON chip_state (tenant_id, event_id, wallet);--> statement-breakpoint

-- A box's share of each account's balance, so that boxes don't wait for one another's rows. Summed when read.
CREATE TABLE balance (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  account text COLLATE "C" NOT NULL,
  box_id integer NOT NULL,
  amount_minor bigint NOT NULL,
  CONSTRAINT balance_pk PRIMARY KEY (tenant_id, event_id, account, box_id)
) WITH (fillfactor = 60);--> statement-breakpoint

-- The credit lists as the cloud's journal numbers them.
CREATE TABLE wallet_credit (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  wallet text COLLATE "C" NOT NULL,
  generation smallint NOT NULL,
  number smallint NOT NULL CHECK (number BETWEEN 1 AND 255),
  main_minor bigint NOT NULL,
  bonus_minor bigint NOT NULL,
  source text COLLATE "C" NOT NULL,
  reference text NOT NULL,
  seq bigint NOT NULL,
  CONSTRAINT wallet_credit_pk PRIMARY KEY (tenant_id, event_id, wallet, generation, number),
  -- What makes a payment, and the giving back of a tap, happen once.
  CONSTRAINT wallet_credit_reference UNIQUE (tenant_id, event_id, source, reference)
);--> statement-breakpoint

CREATE TABLE case_file (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  number integer NOT NULL,
  kind text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  uid text COLLATE "C",
  refs jsonb NOT NULL,
  detail jsonb NOT NULL,
  loss_bound_minor bigint,
  opened_ms bigint NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'closed')),
  CONSTRAINT case_file_pk PRIMARY KEY (tenant_id, event_id, number),
  -- Found again, it is the same case.
  CONSTRAINT case_file_subject UNIQUE (tenant_id, event_id, kind, subject)
);--> statement-breakpoint

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['journal', 'journal_head', 'quarantine', 'chip_state', 'balance', 'wallet_credit', 'case_file'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %I AS PERMISSIVE FOR ALL TO pulsera_app '
      'USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::int) '
      'WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::int)', name);
  END LOOP;
END $$;--> statement-breakpoint

-- Journal, quarantine and credits are never changed, and nothing is ever deleted.
GRANT SELECT, INSERT ON journal, quarantine, wallet_credit TO pulsera_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON journal_head, chip_state, balance, case_file TO pulsera_app;
