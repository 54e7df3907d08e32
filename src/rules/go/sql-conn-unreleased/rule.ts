/**
 * A single connection taken from a pool (sql.DB.Conn, pgxpool's Acquire) that some path does not give back. The pool has one
 * less for ever.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "sql-conn-unreleased",
  title: "Connection is not given back to its pool on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(pass, "sql-conn-unreleased", {
      released: "given back",
      held: "taken",
      remedy: "Give it back with a deferred call after the error check",
      defer: null,
    });
  },
});
