-- Whose the right to reverse a sale is, as the cloud's journal moves it: a row per entry, none while it is with the box that sold.
CREATE TABLE reversal_right (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  sale_box integer NOT NULL,
  sale_epoch bigint NOT NULL,
  sale_seq bigint NOT NULL,
  -- Of the entry in the cloud's journal.
  seq bigint NOT NULL,
  -- Null: withdrawn, and not granted anew.
  holder integer,
  CONSTRAINT reversal_right_pk PRIMARY KEY (tenant_id, event_id, sale_box, sale_epoch, sale_seq, seq)
);--> statement-breakpoint

-- Every tap that reverses a sale, by the sale, and what became of it. Few sales are reversed.
CREATE TABLE sale_reversal (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  sale_box integer NOT NULL,
  sale_epoch bigint NOT NULL,
  sale_seq bigint NOT NULL,
  box_id integer NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  uid text COLLATE "C" NOT NULL,
  amount_minor bigint NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'posted', 'dropped')),
  CONSTRAINT sale_reversal_pk PRIMARY KEY (tenant_id, event_id, sale_box, sale_epoch, sale_seq, box_id, epoch, seq)
) WITH (fillfactor = 80);--> statement-breakpoint

-- When a box was heard last, to within some seconds: who waits for one must know whether it is there.
CREATE TABLE box_contact (
  tenant_id integer NOT NULL,
  event_id integer NOT NULL,
  box_id integer NOT NULL,
  heard_ms bigint NOT NULL,
  CONSTRAINT box_contact_pk PRIMARY KEY (tenant_id, event_id, box_id)
) WITH (fillfactor = 50);--> statement-breakpoint

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['reversal_right', 'sale_reversal', 'box_contact'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %I AS PERMISSIVE FOR ALL TO pulsera_app '
      'USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::int) '
      'WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::int)', name);
  END LOOP;
END $$;--> statement-breakpoint

GRANT SELECT, INSERT ON reversal_right TO pulsera_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON sale_reversal, box_contact TO pulsera_app;
