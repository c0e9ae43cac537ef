"""The schema of `project.db`, as the migrations that make it. Append only: a released migration never changes.

AUTOINCREMENT keeps the greatest id that each table ever had: an id is never given twice, so undo can always bring back
the row it means, and a category id in an old export still means the same category.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.store.database import Migration

_FIRST: Migration = (
    """CREATE TABLE categories (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        name TEXT NOT NULL UNIQUE,
        color TEXT NOT NULL,
        supercategory TEXT NOT NULL,
        position INTEGER NOT NULL,
        extra TEXT NOT NULL
    )""",
    """CREATE TABLE images (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        path TEXT NOT NULL UNIQUE,
        position INTEGER NOT NULL,
        height INTEGER,
        width INTEGER,
        reviewed INTEGER NOT NULL DEFAULT 0,
        unsure INTEGER NOT NULL DEFAULT 0,
        missing INTEGER NOT NULL DEFAULT 0,
        extra TEXT NOT NULL DEFAULT '{}'
    )""",
    """CREATE TABLE annotations (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        image_id INTEGER NOT NULL REFERENCES images (id),
        category_id INTEGER NOT NULL REFERENCES categories (id),
        x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
        provenance TEXT NOT NULL,
        iscrowd INTEGER NOT NULL,
        extra TEXT NOT NULL,
        origin_x1 REAL, origin_y1 REAL, origin_x2 REAL, origin_y2 REAL,
        origin_name TEXT, origin_score REAL, origin_model_version TEXT,
        CHECK (x1 < x2 AND y1 < y2)
    )""",
    "CREATE INDEX annotations_by_image ON annotations (image_id)",
    "CREATE INDEX annotations_by_category ON annotations (category_id)",
    """CREATE TABLE rejections (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        image_id INTEGER NOT NULL REFERENCES images (id),
        x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
        name TEXT NOT NULL, score REAL NOT NULL, model_version TEXT NOT NULL
    )""",
    "CREATE INDEX rejections_by_image ON rejections (image_id)",
    "CREATE TABLE dataset (id INTEGER PRIMARY KEY CHECK (id = 1), extra TEXT NOT NULL)",
    "INSERT INTO dataset VALUES (1, '{}')",
    """CREATE TABLE journal (
        position INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        command TEXT NOT NULL,
        made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    )""",
    "CREATE TABLE history (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL)",
    "INSERT INTO history VALUES (1, 0)",
    "CREATE TABLE remembered (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
)

# What a fine-tune made: the file of each is in `heads/`. One row says which of them is in use, NULL: none of them.
_MODEL_VERSIONS: Migration = (
    """CREATE TABLE model_versions (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        version TEXT NOT NULL UNIQUE,
        file TEXT NOT NULL UNIQUE,
        parent TEXT NOT NULL,
        categories TEXT NOT NULL,
        result TEXT NOT NULL,
        made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    )""",
    """CREATE TABLE active_version (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        version_id INTEGER REFERENCES model_versions (id)
    )""",
    "INSERT INTO active_version VALUES (1, NULL)",
    "CREATE INDEX reviewed_images ON images (id) WHERE reviewed = 1",
)

# What a person says of the categories of a model, by the name of its content. No reference to the category: undo may
# take that back, and redo bring it again under the same id.
_CATEGORY_MAPPING: Migration = (
    """CREATE TABLE category_mapping (
        model_version TEXT NOT NULL,
        name TEXT NOT NULL,
        category_id INTEGER,
        ignored INTEGER NOT NULL,
        PRIMARY KEY (model_version, name)
    ) WITHOUT ROWID""",
    # Where a model lies that looked at this project: a version that was trained from it can go back to it.
    """CREATE TABLE base_models (
        model_version TEXT PRIMARY KEY,
        file TEXT NOT NULL
    ) WITHOUT ROWID""",
)

# What people say of a box beyond its place and category, thresholds of single categories, and when somebody worked on
# which image: a row of `activity` is a stretch without a pause, `began_at` as the journal writes its times.
_FLAGS_AND_ACTIVITY: Migration = (
    *(
        f"ALTER TABLE annotations ADD COLUMN {flag} INTEGER NOT NULL DEFAULT 0"
        for flag in ("difficult", "occluded", "truncated", "locked")
    ),
    "ALTER TABLE annotations ADD COLUMN note TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE categories ADD COLUMN score_thresh REAL CHECK (score_thresh BETWEEN 0 AND 1)",
    """CREATE TABLE activity (
        id INTEGER PRIMARY KEY,
        image_id INTEGER NOT NULL REFERENCES images (id),
        began_at TEXT NOT NULL,
        seconds REAL NOT NULL CHECK (seconds > 0)
    )""",
)

# What filters of the image list ask, a million boxes at a time: each index answers its question alone.
_SEARCHES: Migration = (
    "DROP INDEX annotations_by_category",
    "CREATE INDEX annotations_by_category ON annotations (category_id, image_id)",
    "CREATE INDEX annotations_by_provenance ON annotations (provenance, image_id)",
    """CREATE INDEX annotations_by_model ON annotations (origin_model_version, image_id)
        WHERE origin_model_version IS NOT NULL""",
    *(
        f"CREATE INDEX annotations_{name} ON annotations (image_id) WHERE {holds}"
        for name, holds in (
            *((flag, f"{flag} = 1") for flag in ("difficult", "occluded", "truncated", "iscrowd", "locked")),
            ("note", "note <> ''"),
        )
    ),
)

# Of each category, (id, name) of those that were merged into it, as JSON: models and decisions go on naming them.
_MERGED_CATEGORIES: Migration = ("ALTER TABLE categories ADD COLUMN merged TEXT NOT NULL DEFAULT '[]'",)

# Who worked on the share of the project that a box came back with, and which project a share is of.
_SHARES: Migration = (
    "ALTER TABLE annotations ADD COLUMN author TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), project TEXT NOT NULL)",
    "INSERT INTO identity VALUES (1, lower(hex(randomblob(16))))",
)

MIGRATIONS: tuple[Migration, ...] = (
    _FIRST,
    _MODEL_VERSIONS,
    _CATEGORY_MAPPING,
    _FLAGS_AND_ACTIVITY,
    _SEARCHES,
    _MERGED_CATEGORIES,
    _SHARES,
)
