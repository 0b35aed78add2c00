-- Forced: the policies hold for the tables' owner too. Only a superuser sees past them.
ALTER TABLE tenant FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE event FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE key_set FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE stand FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE product FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE stand_price FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE till FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE operator FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE wristband FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE plan FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE edge FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE enrolment_code FORCE ROW LEVEL SECURITY;--> statement-breakpoint

-- The least the API needs. Nothing is deleted; a published plan and a key set are never changed.
GRANT SELECT, INSERT, UPDATE ON tenant, event, stand, product, stand_price, till, operator, wristband, edge, enrolment_code TO pulsera_app;--> statement-breakpoint
GRANT SELECT, INSERT ON key_set, plan TO pulsera_app;--> statement-breakpoint
GRANT USAGE ON SEQUENCE tenant_tenant_id_seq, event_event_id_seq TO pulsera_app;
