/**
 * A transaction that some path neither commits nor rolls back. It keeps its connection and the locks that it has taken. A
 * deferred Rollback costs nothing after Commit: it returns ErrTxDone.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "sql-tx-unfinished",
  title: "Transaction is neither committed nor rolled back on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(pass, "sql-tx-unfinished", {
      released: "committed or rolled back",
      held: "unfinished",
      remedy: "Add `defer {x}.Rollback()` after the error check: it does nothing once the transaction is committed",
      defer: "defer {x}.Rollback()",
    });
  },
});
