/** database/sql and the drivers below it. */
import { databasePorts } from "../ports.ts";
import { companion, type Signature } from "./signature.ts";

export const databases: readonly Signature[] = [
  {
    id: "sql-pool-waiting",
    anyFrame: ["database/sql.(*DB).conn"],
    role: "pile",
    title: "callers waiting for a database connection",
    meaning:
      "The pool is at its maximum and every connection is borrowed. Somebody borrowed them and does not give them back; whoever waits here is a victim, not the cause.",
    next: [
      "look for the borrowers: Rows not closed, Tx neither committed nor rolled back, Conn not closed (goroutines in awaitDone, below, count them)",
      "`stanch diagnose --trace 30s` shows which stack borrowed a connection and holds it longest",
    ],
    rule: "sql-rows-unclosed",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "sql-tx-open",
    anyFrame: ["database/sql.(*Tx).awaitDone"],
    role: "pile",
    title: "database transactions that are still open",
    meaning:
      "One goroutine per transaction that was begun with a cancellable context and neither committed nor rolled back.",
    next: [
      "defer tx.Rollback() right after BeginTx: after a Commit it does nothing",
      "look for early returns between BeginTx and Commit",
    ],
    rule: "sql-tx-unfinished",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "sql-rows-open",
    anyFrame: ["database/sql.(*Rows).awaitDone"],
    role: "pile",
    title: "database result sets that are still open",
    meaning:
      "One goroutine per Rows that was made with a cancellable context and neither closed nor read to the end. Each holds a connection of the pool.",
    next: ["defer rows.Close() right after the error check of Query", "look for returns inside the rows.Next() loop"],
    rule: "sql-rows-unclosed",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "sql-open-many",
    anyFrame: ["database/sql.(*DB).connectionOpener"],
    role: "resident",
    upTo: 8,
    title: "database/sql pools",
    meaning:
      "One per sql.DB. A program needs one for each database: many mean that sql.Open is called per request, each with connections of its own.",
    next: ["open the pool once and share it"],
    rule: "sql-open-per-call",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "pgx-pool-waiting",
    anyFrame: [
      "github.com/jackc/puddle.(*Pool).acquire",
      "github.com/jackc/puddle.(*Pool).Acquire",
      "github.com/jackc/pgx/pgxpool.(*Pool).Acquire",
    ],
    role: "pile",
    title: "callers waiting for a pgx connection",
    meaning: "The pgxpool is at its maximum and nothing is given back.",
    next: ["release every acquired connection; close Rows on every path"],
    rule: "sql-conn-unreleased",
    connections: { direction: "out", ports: databasePorts },
  },
  companion("sql-driver-watcher", [
    "github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func",
    "github.com/lib/pq.(*conn).watchCancel.func",
    "github.com/jackc/pgx/pgxpool.(*Pool).backgroundHealthCheck",
  ]),
];
