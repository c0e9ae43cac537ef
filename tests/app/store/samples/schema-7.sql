BEGIN TRANSACTION;
CREATE TABLE active_version (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        version_id INTEGER REFERENCES model_versions (id)
    );
INSERT INTO "active_version" VALUES(1,1);
CREATE TABLE activity (
        id INTEGER PRIMARY KEY,
        image_id INTEGER NOT NULL REFERENCES images (id),
        began_at TEXT NOT NULL,
        seconds REAL NOT NULL CHECK (seconds > 0)
    );
INSERT INTO "activity" VALUES(1,1,'2026-11-20T09:30:00.000Z',12.5);
CREATE TABLE annotations (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        image_id INTEGER NOT NULL REFERENCES images (id),
        category_id INTEGER NOT NULL REFERENCES categories (id),
        x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
        provenance TEXT NOT NULL,
        iscrowd INTEGER NOT NULL,
        extra TEXT NOT NULL,
        origin_x1 REAL, origin_y1 REAL, origin_x2 REAL, origin_y2 REAL,
        origin_name TEXT, origin_score REAL, origin_model_version TEXT, difficult INTEGER NOT NULL DEFAULT 0, occluded INTEGER NOT NULL DEFAULT 0, truncated INTEGER NOT NULL DEFAULT 0, locked INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '', author TEXT NOT NULL DEFAULT '',
        CHECK (x1 < x2 AND y1 < y2)
    );
INSERT INTO "annotations" VALUES(2,1,1,1.5,2.25,30.1,40.7,'moved',1,'{"note": 1}',1.0,2.0,30.0,40.0,'bolt',7.30000019073486328125e-01,'v1',0,0,0,0,'','');
CREATE TABLE base_models (
        model_version TEXT PRIMARY KEY,
        file TEXT NOT NULL
    ) WITHOUT ROWID;
INSERT INTO "base_models" VALUES('embedded-11223344','/models/embedded.safetensors');
CREATE TABLE categories (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        name TEXT NOT NULL UNIQUE,
        color TEXT NOT NULL,
        supercategory TEXT NOT NULL,
        position INTEGER NOT NULL,
        extra TEXT NOT NULL
    , score_thresh REAL CHECK (score_thresh BETWEEN 0 AND 1), merged TEXT NOT NULL DEFAULT '[]');
INSERT INTO "categories" VALUES(1,'bolt','#ff0000','metal',0,'{"key": "é"}',NULL,'[]');
CREATE TABLE category_mapping (
        model_version TEXT NOT NULL,
        name TEXT NOT NULL,
        category_id INTEGER,
        ignored INTEGER NOT NULL,
        PRIMARY KEY (model_version, name)
    ) WITHOUT ROWID;
INSERT INTO "category_mapping" VALUES('embedded-11223344','coin',NULL,1);
INSERT INTO "category_mapping" VALUES('embedded-11223344','die',NULL,0);
INSERT INTO "category_mapping" VALUES('embedded-11223344','screw',1,0);
CREATE TABLE dataset (id INTEGER PRIMARY KEY CHECK (id = 1), extra TEXT NOT NULL);
INSERT INTO "dataset" VALUES(1,'{}');
CREATE TABLE history (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL);
INSERT INTO "history" VALUES(1,2);
CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), project TEXT NOT NULL);
INSERT INTO "identity" VALUES(1,'00112233445566778899aabbccddeeff');
CREATE TABLE images (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        path TEXT NOT NULL UNIQUE,
        position INTEGER NOT NULL,
        height INTEGER,
        width INTEGER,
        reviewed INTEGER NOT NULL DEFAULT 0,
        unsure INTEGER NOT NULL DEFAULT 0,
        missing INTEGER NOT NULL DEFAULT 0,
        extra TEXT NOT NULL DEFAULT '{}'
    );
INSERT INTO "images" VALUES(1,'1.png',0,NULL,NULL,0,0,0,'{}');
INSERT INTO "images" VALUES(2,'2.png',1,NULL,NULL,0,0,0,'{}');
CREATE TABLE journal (
        position INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        command TEXT NOT NULL,
        made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    );
INSERT INTO "journal" VALUES(1,'import','{"text":"import","image_id":1,"edits":[[null,{"kind":"category","id":1,"name":"bolt","color":"#ff0000","supercategory":"metal","position":0,"extra":"{\"key\": \"é\"}"}],[null,{"kind":"annotation","id":2,"image_id":1,"category_id":1,"box":[1.5,2.25,30.1,40.7],"provenance":"moved","origin":{"box":[1.0,2.0,30.0,40.0],"name":"bolt","score":0.7300000190734863,"model_version":"v1"},"iscrowd":true,"extra":"{\"note\": 1}"}],[null,{"kind":"annotation","id":3,"image_id":1,"category_id":1,"box":[1.5,2.25,30.1,40.7],"provenance":"drawn","origin":null,"iscrowd":false,"extra":"{}"}],[null,{"kind":"rejection","id":1,"image_id":1,"origin":{"box":[1.0,2.0,30.0,40.0],"name":"bolt","score":0.7300000190734863,"model_version":"v1"}}]]}','2026-11-21T03:32:22.038Z');
INSERT INTO "journal" VALUES(2,'delete box','{"text":"delete box","image_id":1,"edits":[[{"kind":"annotation","id":3,"image_id":1,"category_id":1,"box":[1.5,2.25,30.1,40.7],"provenance":"drawn","origin":null,"iscrowd":false,"extra":"{}"},null]]}','2026-11-21T03:32:22.042Z');
CREATE TABLE model_versions (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        version TEXT NOT NULL UNIQUE,
        file TEXT NOT NULL UNIQUE,
        parent TEXT NOT NULL,
        categories TEXT NOT NULL,
        result TEXT NOT NULL,
        made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    );
INSERT INTO "model_versions" VALUES(1,'head-1-0a1b2c3d','head-1.safetensors','embedded-11223344','[[1,"bolt"]]','{"stage":"head","counts":{"images":20,"held_out":4,"boxes":91,"rejections":7,"left_out":["1 image is missing."]},"before":{"images":4,"ap50":0.25,"ap":0.125,"score_thresh":0.4,"categories":[{"name":"bolt","boxes":7,"found":5,"missed":2,"false":1,"ap50":0.25}]},"after":{"images":4,"ap50":0.75,"ap":0.375,"score_thresh":0.4,"categories":[{"name":"bolt","boxes":7,"found":5,"missed":2,"false":1,"ap50":0.75}]},"is_better":true,"proposal_recall":0.9375,"seconds":31.5,"note":""}','2026-11-21T06:40:00.000Z');
CREATE TABLE rejections (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        image_id INTEGER NOT NULL REFERENCES images (id),
        x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
        name TEXT NOT NULL, score REAL NOT NULL, model_version TEXT NOT NULL
    );
INSERT INTO "rejections" VALUES(1,1,1.0,2.0,30.0,40.0,'bolt',7.30000019073486328125e-01,'v1');
CREATE TABLE remembered (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "remembered" VALUES('current_image','1');
CREATE INDEX annotations_by_image ON annotations (image_id);
CREATE INDEX rejections_by_image ON rejections (image_id);
CREATE INDEX reviewed_images ON images (id) WHERE reviewed = 1;
CREATE INDEX annotations_by_category ON annotations (category_id, image_id);
CREATE INDEX annotations_by_provenance ON annotations (provenance, image_id);
CREATE INDEX annotations_by_model ON annotations (origin_model_version, image_id)
        WHERE origin_model_version IS NOT NULL;
CREATE INDEX annotations_difficult ON annotations (image_id) WHERE difficult = 1;
CREATE INDEX annotations_occluded ON annotations (image_id) WHERE occluded = 1;
CREATE INDEX annotations_truncated ON annotations (image_id) WHERE truncated = 1;
CREATE INDEX annotations_iscrowd ON annotations (image_id) WHERE iscrowd = 1;
CREATE INDEX annotations_locked ON annotations (image_id) WHERE locked = 1;
CREATE INDEX annotations_note ON annotations (image_id) WHERE note <> '';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('images',2);
INSERT INTO "sqlite_sequence" VALUES('categories',1);
INSERT INTO "sqlite_sequence" VALUES('annotations',3);
INSERT INTO "sqlite_sequence" VALUES('rejections',1);
INSERT INTO "sqlite_sequence" VALUES('model_versions',1);
COMMIT;
