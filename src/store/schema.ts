/** The tables, as steps from one version to the next. A step that was once shipped never changes. docs/formats/store.md describes the result. */
import type { Driver } from "./driver.ts";
import { StoreError } from "./errors.ts";

/** "Stch", so that `file` and we can tell. */
export const APPLICATION_ID = 0x53746368;

const steps: readonly string[] = [
  // 1: looks in blocks, who ran, what happened.
  `
  CREATE TABLE target (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE signal (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
  CREATE TABLE block (
    id INTEGER PRIMARY KEY, target INTEGER NOT NULL REFERENCES target, first_ms REAL NOT NULL, last_ms REAL NOT NULL,
    looks INTEGER NOT NULL, step_ms INTEGER NOT NULL, data BLOB NOT NULL
  );
  CREATE INDEX block_of_target ON block (target, first_ms, last_ms, looks, step_ms);
  CREATE TABLE mark (id INTEGER PRIMARY KEY, time_ms REAL NOT NULL, target INTEGER REFERENCES target, kind TEXT NOT NULL, text TEXT NOT NULL);
  CREATE INDEX mark_by_time ON mark (time_ms);
  CREATE TABLE verdict (
    id INTEGER PRIMARY KEY, time_ms REAL NOT NULL, target INTEGER NOT NULL REFERENCES target, kind TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, shape TEXT NOT NULL, body TEXT NOT NULL
  );
  CREATE INDEX verdict_by_time ON verdict (time_ms);
  `,
  // 2: profiles, each content once.
  `
  CREATE TABLE profile (hash TEXT PRIMARY KEY, gzip BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE profile_of (
    time_ms REAL NOT NULL, target INTEGER NOT NULL REFERENCES target, name TEXT NOT NULL, hash TEXT NOT NULL REFERENCES profile,
    PRIMARY KEY (target, time_ms, name)
  ) WITHOUT ROWID;
  CREATE INDEX profile_of_hash ON profile_of (hash);
  `,
];

export const SCHEMA_VERSION = steps.length;

/** Makes the tables, or brings those of an earlier version up, a step at a time, all or nothing. @throws StoreError */
export function upgrade(db: Driver, shown: string, upTo = SCHEMA_VERSION): void {
  const version = versionOf(db, shown);
  if (version >= upTo) return;
  db.transaction(() => {
    if (version === 0) db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    for (let v = version; v < upTo; v++) db.exec(steps[v]);
    db.exec(`PRAGMA user_version = ${upTo}`);
  });
}

/** 0 for a file that is empty. */
export function versionOf(db: Driver, shown: string): number {
  const version = db.number("PRAGMA user_version");
  const application = db.number("PRAGMA application_id");
  if (application !== APPLICATION_ID && (application !== 0 || db.number("SELECT count(*) FROM sqlite_master") > 0))
    throw new StoreError("damaged", `${shown} is a SQLite file, but no store of Stanch`);
  if (version > SCHEMA_VERSION)
    throw new StoreError(
      "newer",
      `${shown} is a store of version ${version}; this Stanch knows up to ${SCHEMA_VERSION}: update it`,
    );
  return version;
}
