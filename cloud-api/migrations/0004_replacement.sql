-- Wristbands that were replaced, by the generation that ended: what of it has moved into the wallet's current list, and what
-- that waits for. Credits say the same in the journal; this is what the next batch is held to without reading it.
CREATE TABLE replacement (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  wallet text COLLATE "C" NOT NULL,
  generation smallint NOT NULL,
  uid text COLLATE "C" NOT NULL,
  -- Entries of the cloud's journal: the first that takes the old wristband out of use, and the replacement itself.
  block_seq bigint NOT NULL,
  seq bigint NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('held', 'moved')),
  main_minor bigint NOT NULL,
  bonus_minor bigint NOT NULL,
  -- The old chip's part of the books when its balance moved: it must not change any more.
  chip_main_minor bigint NOT NULL,
  chip_bonus_minor bigint NOT NULL,
  CONSTRAINT replacement_pk PRIMARY KEY (tenant_id, event_id, wallet, generation)
);--> statement-breakpoint
-- What a box's cursor may let go.
CREATE INDEX replacement_held ON replacement (tenant_id, event_id, block_seq) WHERE state = 'held';--> statement-breakpoint
-- Whether a chip that is blocked and was tapped all the same was replaced.
CREATE INDEX replacement_uid ON replacement (tenant_id, event_id, uid);--> statement-breakpoint
ALTER TABLE replacement ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE replacement FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant_isolation ON replacement AS PERMISSIVE FOR ALL TO pulsera_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON replacement TO pulsera_app;
