CREATE TABLE "edge" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"box_id" integer NOT NULL,
	"name" text NOT NULL,
	"ed25519_public_key" "bytea" NOT NULL,
	"x25519_public_key" "bytea" NOT NULL,
	"state" text NOT NULL,
	"enrolled_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "edge_tenant_id_event_id_box_id_pk" PRIMARY KEY("tenant_id","event_id","box_id"),
	CONSTRAINT "edge_identity" UNIQUE("tenant_id","event_id","ed25519_public_key"),
	CONSTRAINT "edge_box_id" CHECK ("edge"."box_id" between 1 and 65535),
	CONSTRAINT "edge_state" CHECK (("edge"."state" = 'revoked') = ("edge"."revoked_at" is not null))
);
--> statement-breakpoint
ALTER TABLE "edge" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "enrolment_code" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"code_hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"box_id" integer,
	CONSTRAINT "enrolment_code_tenant_id_code_hash_pk" PRIMARY KEY("tenant_id","code_hash"),
	CONSTRAINT "enrolment_code_used" CHECK (("enrolment_code"."used_at" is null) = ("enrolment_code"."box_id" is null))
);
--> statement-breakpoint
ALTER TABLE "enrolment_code" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "event" (
	"tenant_id" integer NOT NULL,
	"event_id" serial NOT NULL,
	"name" text NOT NULL,
	"currency" text NOT NULL,
	"time_zone" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"charge_cap_minor" bigint NOT NULL,
	"chip_cap_minor" bigint NOT NULL,
	"box_offline_cap_minor" bigint NOT NULL,
	"terminal_cap_minor" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "event_tenant_id_event_id_pk" PRIMARY KEY("tenant_id","event_id"),
	CONSTRAINT "event_dates" CHECK ("event"."starts_at" < "event"."ends_at")
);
--> statement-breakpoint
ALTER TABLE "event" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "key_set" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"number" smallint NOT NULL,
	"purse_sealed" "bytea" NOT NULL,
	"access_sealed" "bytea" NOT NULL,
	"password_sealed" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "key_set_tenant_id_event_id_number_pk" PRIMARY KEY("tenant_id","event_id","number"),
	CONSTRAINT "key_set_number" CHECK ("key_set"."number" between 0 and 255)
);
--> statement-breakpoint
ALTER TABLE "key_set" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "operator" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	CONSTRAINT "operator_tenant_id_event_id_slug_pk" PRIMARY KEY("tenant_id","event_id","slug"),
	CONSTRAINT "operator_role" CHECK ("operator"."role" in ('seller', 'cashier', 'supervisor'))
);
--> statement-breakpoint
ALTER TABLE "operator" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "plan" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"version" integer NOT NULL,
	"signed" "bytea" NOT NULL,
	"published_at" timestamp with time zone NOT NULL,
	CONSTRAINT "plan_tenant_id_event_id_version_pk" PRIMARY KEY("tenant_id","event_id","version")
);
--> statement-breakpoint
ALTER TABLE "plan" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "product" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"slug" text NOT NULL,
	"stand" text,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"price_minor" integer NOT NULL,
	"tax_rate_bp" integer NOT NULL,
	"deposit_minor" integer NOT NULL,
	CONSTRAINT "product_tenant_id_event_id_slug_pk" PRIMARY KEY("tenant_id","event_id","slug"),
	CONSTRAINT "product_amounts" CHECK ("product"."price_minor" >= 0 and "product"."deposit_minor" >= 0 and "product"."tax_rate_bp" between 0 and 10000),
	CONSTRAINT "product_kind" CHECK ("product"."kind" in ('sale', 'deposit-return'))
);
--> statement-breakpoint
ALTER TABLE "product" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "stand" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	CONSTRAINT "stand_tenant_id_event_id_slug_pk" PRIMARY KEY("tenant_id","event_id","slug")
);
--> statement-breakpoint
ALTER TABLE "stand" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "stand_price" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"stand" text NOT NULL,
	"product" text NOT NULL,
	"price_minor" integer NOT NULL,
	CONSTRAINT "stand_price_tenant_id_event_id_stand_product_pk" PRIMARY KEY("tenant_id","event_id","stand","product"),
	CONSTRAINT "stand_price_amount" CHECK ("stand_price"."price_minor" >= 0)
);
--> statement-breakpoint
ALTER TABLE "stand_price" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "till" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"slug" text NOT NULL,
	"stand" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	CONSTRAINT "till_tenant_id_event_id_slug_pk" PRIMARY KEY("tenant_id","event_id","slug"),
	CONSTRAINT "till_kind" CHECK ("till"."kind" in ('bar', 'topup'))
);
--> statement-breakpoint
ALTER TABLE "till" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "wristband" (
	"tenant_id" integer NOT NULL,
	"event_id" integer NOT NULL,
	"uid" text NOT NULL,
	"wallet" text NOT NULL,
	"generation" smallint NOT NULL,
	"age_class" smallint NOT NULL,
	"key_set" smallint NOT NULL,
	"root_image" "bytea" NOT NULL,
	"state" text NOT NULL,
	"registered_at" timestamp with time zone NOT NULL,
	CONSTRAINT "wristband_tenant_id_event_id_uid_pk" PRIMARY KEY("tenant_id","event_id","uid"),
	CONSTRAINT "wristband_wallet" UNIQUE("tenant_id","event_id","wallet","generation"),
	CONSTRAINT "wristband_root_image" CHECK (octet_length("wristband"."root_image") = 20),
	CONSTRAINT "wristband_state" CHECK ("wristband"."state" in ('active', 'blocked', 'replaced'))
);
--> statement-breakpoint
ALTER TABLE "wristband" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "tenant" (
	"tenant_id" serial NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "tenant_tenant_id_pk" PRIMARY KEY("tenant_id")
);
--> statement-breakpoint
ALTER TABLE "tenant" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "edge" ADD CONSTRAINT "edge_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment_code" ADD CONSTRAINT "enrolment_code_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment_code" ADD CONSTRAINT "enrolment_code_edge" FOREIGN KEY ("tenant_id","event_id","box_id") REFERENCES "public"."edge"("tenant_id","event_id","box_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event" ADD CONSTRAINT "event_tenant" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "key_set" ADD CONSTRAINT "key_set_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator" ADD CONSTRAINT "operator_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan" ADD CONSTRAINT "plan_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product" ADD CONSTRAINT "product_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product" ADD CONSTRAINT "product_stand" FOREIGN KEY ("tenant_id","event_id","stand") REFERENCES "public"."stand"("tenant_id","event_id","slug") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stand" ADD CONSTRAINT "stand_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stand_price" ADD CONSTRAINT "stand_price_stand" FOREIGN KEY ("tenant_id","event_id","stand") REFERENCES "public"."stand"("tenant_id","event_id","slug") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stand_price" ADD CONSTRAINT "stand_price_product" FOREIGN KEY ("tenant_id","event_id","product") REFERENCES "public"."product"("tenant_id","event_id","slug") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "till" ADD CONSTRAINT "till_event" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."event"("tenant_id","event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "till" ADD CONSTRAINT "till_stand" FOREIGN KEY ("tenant_id","event_id","stand") REFERENCES "public"."stand"("tenant_id","event_id","slug") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wristband" ADD CONSTRAINT "wristband_key_set" FOREIGN KEY ("tenant_id","event_id","key_set") REFERENCES "public"."key_set"("tenant_id","event_id","number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "edge" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("edge"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("edge"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "enrolment_code" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("enrolment_code"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("enrolment_code"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "event" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("event"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("event"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "key_set" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("key_set"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("key_set"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "operator" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("operator"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("operator"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "plan" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("plan"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("plan"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "product" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("product"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("product"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stand" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("stand"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("stand"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stand_price" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("stand_price"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("stand_price"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "till" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("till"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("till"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "wristband" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("wristband"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("wristband"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "tenant" AS PERMISSIVE FOR ALL TO "pulsera_app" USING ("tenant"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int) WITH CHECK ("tenant"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::int);