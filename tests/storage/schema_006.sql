BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'forepost','001_runs','2026-11-22 11:23:08.207681+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'forepost','002_incidents','2026-11-22 11:23:08.209158+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'forepost','003_complaints','2026-11-22 11:23:08.212213+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'forepost','004_load','2026-11-22 11:23:08.213740+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'forepost','005_rollups','2026-11-22 11:23:08.218766+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'forepost','006_salt','2026-11-22 11:23:08.219374+00:00');
CREATE TABLE "cursors" (
   "source" TEXT PRIMARY KEY,
   "cursor" TEXT NOT NULL,
   "at" TEXT
) STRICT;
INSERT INTO "cursors" VALUES('town','17','2026-11-03T12:03:00.000000Z');
CREATE TABLE "incidents" (
   "id" TEXT PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "subject" TEXT NOT NULL,
   "onset_at" TEXT NOT NULL,
   "first_failed_at" TEXT NOT NULL,
   "opened_at" TEXT NOT NULL,
   "closed_at" TEXT,
   "run_id" TEXT,
   "step" TEXT,
   "message" TEXT
) STRICT;
INSERT INTO "incidents" VALUES('probe-payment-0','probe','payment','2026-11-03T11:58:00.000000Z','2026-11-03T11:59:00.000000Z','2026-11-03T12:00:00.000000Z',NULL,'payment-local-0','pay','no order number');
CREATE TABLE "load_cells" (
   "load_run" TEXT,
   "second" INTEGER,
   "flow" TEXT,
   "endpoint" TEXT,
   "started" INTEGER,
   "done" INTEGER,
   "failed" INTEGER,
   "censored" INTEGER,
   "dropped" INTEGER,
   "in_flight" INTEGER,
   "response_us" TEXT,
   "service_us" TEXT,
   PRIMARY KEY ("load_run", "second", "flow", "endpoint")
) STRICT;
CREATE TABLE "load_runs" (
   "id" TEXT PRIMARY KEY,
   "campaign" TEXT NOT NULL,
   "target" TEXT NOT NULL,
   "started_at" TEXT NOT NULL,
   "finished_at" TEXT,
   "verdict" TEXT,
   "bottleneck" TEXT,
   "detail" TEXT NOT NULL
) STRICT;
CREATE TABLE "outbox" (
   "id" INTEGER PRIMARY KEY,
   "key" TEXT NOT NULL,
   "channel" TEXT NOT NULL,
   "at" TEXT NOT NULL,
   "severity" TEXT NOT NULL,
   "title" TEXT NOT NULL,
   "lines" TEXT NOT NULL,
   "incident_id" TEXT,
   "state" TEXT NOT NULL,
   "tries" INTEGER NOT NULL,
   "next_at" TEXT,
   "sent_at" TEXT,
   "error" TEXT
) STRICT;
INSERT INTO "outbox" VALUES(1,'probe-payment-0:opened','terminal','2026-11-03T12:00:00.000000Z','critical','payment is down','["no order number","since 11:58"]','probe-payment-0','waiting',0,'2026-11-03T12:00:00.000000Z',NULL,'');
CREATE TABLE "pages" (
   "run_id" TEXT REFERENCES "runs"("id"),
   "step" INTEGER,
   "position" INTEGER,
   "url" TEXT,
   "ttfb_ms" REAL,
   "fcp_ms" REAL,
   "lcp_ms" REAL,
   "lcp_element" TEXT,
   "cls" REAL,
   "tbt_ms" REAL,
   "dcl_ms" REAL,
   "load_ms" REAL,
   "requests" INTEGER,
   "bytes" INTEGER,
   "third_party_requests" INTEGER,
   "third_party_bytes" INTEGER,
   PRIMARY KEY ("run_id", "step", "position")
) STRICT;
INSERT INTO "pages" VALUES('payment-local-0',0,0,'https://shop.example/checkout/payment',81.5,120.25,310.0,'img.hero',0.02,12.0,200.0,450.5,31,812345,4,90210);
INSERT INTO "pages" VALUES('payment-local-0',0,1,'https://shop.example/checkout/payment',81.5,120.25,310.0,'img.hero',0.02,12.0,200.0,450.5,31,812345,4,90210);
INSERT INTO "pages" VALUES('payment-local-0',1,0,'https://shop.example/checkout/pay',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,0);
CREATE TABLE "polls" (
   "id" INTEGER PRIMARY KEY,
   "source" TEXT NOT NULL,
   "at" TEXT NOT NULL,
   "covered_from" TEXT,
   "covered_to" TEXT,
   "error" TEXT
) STRICT;
INSERT INTO "polls" VALUES(1,'town','2026-11-03T12:03:00.000000Z','2026-11-03T12:00:00.000000Z','2026-11-03T12:03:00.000000Z','');
CREATE TABLE "posts" (
   "source" TEXT,
   "key" TEXT,
   "author_key" TEXT NOT NULL,
   "author_no" INTEGER,
   "posted_at" TEXT NOT NULL,
   "arrived_at" TEXT NOT NULL,
   "score" REAL NOT NULL,
   "complaint" INTEGER NOT NULL,
   "topics" TEXT,
   "repost" INTEGER NOT NULL,
   PRIMARY KEY ("source", "key")
) STRICT;
INSERT INTO "posts" VALUES('town','ann1','ann',NULL,'2026-11-03T12:01:00.000000Z','2026-11-03T12:02:00.000000Z',0.875,1,'["payment"]',0);
CREATE TABLE "rollup_day" (
   "day_at" TEXT,
   "flow" TEXT,
   "step" TEXT,
   "n" INTEGER,
   "ok" INTEGER,
   "sum_ms" REAL,
   "max_ms" REAL,
   "histogram" BLOB,
   PRIMARY KEY ("flow", "day_at", "step")
) STRICT;
INSERT INTO "rollup_day" VALUES('2026-11-03T00:00:00.000000Z','payment','open the shop',1,1,812.5,812.5,X'520101000000');
INSERT INTO "rollup_day" VALUES('2026-11-03T00:00:00.000000Z','payment','pay',1,0,0.0,NULL,X'');
INSERT INTO "rollup_day" VALUES('2026-11-03T00:00:00.000000Z','payment','',1,0,0.0,NULL,X'');
CREATE TABLE "rollup_hour" (
   "hour_at" TEXT,
   "flow" TEXT,
   "step" TEXT,
   "n" INTEGER,
   "ok" INTEGER,
   "sum_ms" REAL,
   "max_ms" REAL,
   "p50_ms" REAL,
   "p75_ms" REAL,
   "p95_ms" REAL,
   PRIMARY KEY ("flow", "hour_at", "step")
) STRICT;
INSERT INTO "rollup_hour" VALUES('2026-11-03T12:00:00.000000Z','payment','open the shop',1,1,812.5,812.5,812.5,812.5,812.5);
INSERT INTO "rollup_hour" VALUES('2026-11-03T12:00:00.000000Z','payment','pay',1,0,0.0,NULL,NULL,NULL,NULL);
INSERT INTO "rollup_hour" VALUES('2026-11-03T12:00:00.000000Z','payment','',1,0,0.0,NULL,NULL,NULL,NULL);
CREATE TABLE "runs" (
   "id" TEXT PRIMARY KEY,
   "flow" TEXT NOT NULL,
   "location" TEXT NOT NULL,
   "slot_at" TEXT NOT NULL,
   "started_at" TEXT NOT NULL,
   "finished_at" TEXT NOT NULL,
   "outcome" TEXT NOT NULL,
   "failed_step" TEXT,
   "message" TEXT,
   "fault" TEXT,
   "attempts" INTEGER,
   "first_message" TEXT,
   "queued_ms" REAL,
   "cpu_ratio" REAL,
   "browser_name" TEXT,
   "browser_version" TEXT,
   "browser_kind" TEXT,
   "artefacts" TEXT,
   "facts" TEXT,
   "load_run" TEXT,
   "step_count" INTEGER,
   "steps_kept" INTEGER
) STRICT;
INSERT INTO "runs" VALUES('payment-local-0','payment','local','2026-11-03T12:00:00.000000Z','2026-11-03T12:00:00.001500Z','2026-11-03T12:00:09.000000Z','failed','pay','pay: no order number after 8.0 s','payment provider',2,'pay: the shop answered 500',3.25,0.41,'chromium','142.0.1','headless-shell','[{"kind":"screenshot","path":"runs/1/pay.png","size_bytes":40112}]','[["order","1001"],["total","49.90 \u20ac"]]',NULL,2,1);
CREATE TABLE "salt" (
   "id" INTEGER PRIMARY KEY,
   "salt" BLOB NOT NULL
) STRICT;
INSERT INTO "salt" VALUES(1,X'38E6ECB8217BB311ABC2C4498EF4175D9C916FBAD0CFFD64ECF188E088494396');
CREATE TABLE "steps" (
   "run_id" TEXT REFERENCES "runs"("id"),
   "position" INTEGER,
   "name" TEXT NOT NULL,
   "outcome" TEXT NOT NULL,
   "duration_ms" REAL NOT NULL,
   "url" TEXT,
   "message" TEXT,
   "budget_ms" REAL,
   "picture" TEXT,
   PRIMARY KEY ("run_id", "position")
) STRICT;
INSERT INTO "steps" VALUES('payment-local-0',0,'open the shop','passed',812.5,'https://shop.example/','',NULL,NULL);
INSERT INTO "steps" VALUES('payment-local-0',1,'pay','failed',8000.0,'https://shop.example/checkout/pay','no order number after 8.0 s',4000.0,'runs/1/pay.png');
CREATE TABLE "transitions" (
   "incident_id" TEXT REFERENCES "incidents"("id"),
   "kind" TEXT,
   "at" TEXT NOT NULL,
   "reason" TEXT NOT NULL,
   "run_id" TEXT,
   PRIMARY KEY ("incident_id", "kind")
) STRICT;
INSERT INTO "transitions" VALUES('probe-payment-0','opened','2026-11-03T12:00:00.000000Z','failed 2 of the last 2 attempts','payment-local-0');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE UNIQUE INDEX "idx_runs_flow_location_slot_at"
    ON "runs" ("flow", "location", "slot_at");
CREATE INDEX "idx_runs_flow_started_at"
    ON "runs" ("flow", "started_at");
CREATE INDEX "idx_runs_started_at"
    ON "runs" ("started_at");
CREATE INDEX runs_with_steps ON runs (started_at) WHERE steps_kept = 1;
CREATE INDEX "idx_incidents_opened_at"
    ON "incidents" ("opened_at");
CREATE UNIQUE INDEX one_open_incident ON incidents (kind, subject) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX "idx_outbox_key_channel"
    ON "outbox" ("key", "channel");
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX "idx_posts_posted_at"
    ON "posts" ("posted_at");
CREATE INDEX "idx_polls_at"
    ON "polls" ("at");
CREATE INDEX "idx_polls_source_covered_from_covered_to_at"
    ON "polls" ("source", "covered_from", "covered_to", "at");
COMMIT;
