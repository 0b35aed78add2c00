-- Whether a chip was registered, or is only known from what some box journaled of it: its wallet and generation are then a claim.
ALTER TABLE chip_state ADD COLUMN registered boolean NOT NULL DEFAULT false;--> statement-breakpoint
-- For the one statement that goes over all tenants: forced policies hold the owner too.
ALTER TABLE chip_state NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE wristband NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE chip_state c SET registered = true FROM wristband w
WHERE w.tenant_id = c.tenant_id AND w.event_id = c.event_id AND w.uid = c.uid;--> statement-breakpoint
ALTER TABLE chip_state FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE wristband FORCE ROW LEVEL SECURITY;
