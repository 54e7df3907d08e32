/**
 * A `database/sql` pool whose maximum is never set: the default is no limit, so a burst opens as many connections as it has
 * queries, and the server refuses.
 */
import { calledName } from "../../../go/summary/contexts.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { constOf } from "../../../go/types/record.ts";
import { defineRule } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const opens: ReadonlySet<string> = new Set(["database/sql.Open", "database/sql.OpenDB"]);

export const rule = defineRule({
  id: "sql-pool-unbounded",
  title: "Database pool without a maximum",
  severity: "note",
  since: "0.1.0",
  messages: {
    unbounded:
      "Nothing in this package calls SetMaxOpenConns on the pool of {call}: it has no limit, and a burst opens a connection for each query.",
  },
  check(pass) {
    if (!pass.imports("database/sql") || pass.pkg.source?.tests === true) return;
    const found: { unit: (typeof pass.units)[number]; call: CallExpr }[] = [];
    for (const unit of pass.units) {
      let limited = false;
      for (const call of unit.nodes(NodeKind.CallExpr)) {
        if (call.fun.kind === NodeKind.SelectorExpr && call.fun.sel.name === "SetMaxOpenConns") limited = true;
        if (opens.has(calledName(call, pass.summaries)) && !isEmbedded(call)) found.push({ unit, call });
      }
      if (limited) {
        for (const { unit: at, call } of found) pass.spare?.(at, call, "the package calls SetMaxOpenConns");
        return;
      }
    }
    for (const { unit, call } of found) {
      if (isHandedOn(unit.body, call)) pass.spare?.(unit, call, "whoever gets the pool may limit it");
      else
        pass.report({
          file: unit.file,
          at: call,
          unit,
          message: "unbounded",
          data: { call: exprText(unit.file, call.fun) },
        });
    }
  },
});

/** SQLite and its kin have no server that could refuse. */
function isEmbedded(call: CallExpr): boolean {
  const driver = call.args[0] === undefined ? null : constOf(call.args[0]);
  return (
    typeof driver === "string" &&
    /sqlite|duckdb|ramsql|sqlmock|txdb|ql/i.test(driver) &&
    !/mysql|postgres|pgx|mssql|sqlserver/i.test(driver)
  );
}

/** `return sql.Open(…)`: whoever gets the pool may set it. */
function isHandedOn(body: Parameters<typeof walk>[0], call: CallExpr): boolean {
  let handed = false;
  walk(body, (n) => {
    if (n.kind === NodeKind.ReturnStmt && n.results.includes(call)) handed = true;
    return !handed;
  });
  return handed;
}
