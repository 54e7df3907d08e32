/**
 * Rows of a transaction: its end closes them (Tx.rollback cancels the transaction's context, for which the rows wait). Where the function
 * was given the transaction and fails, whoever began it rolls it back.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { variable } from "../../../go/flow/facts.ts";
import { everyExit, LeakKind } from "../../../go/flow/leak.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { unparen } from "../../../go/types/callee.ts";
import { identical } from "../../../go/types/identical.ts";
import type { Var } from "../../../go/types/object.ts";
import { Mode } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { errorType } from "../../../go/types/universe.ts";

/** https://pkg.go.dev/database/sql#Tx and what embeds it. A pgx.Tx fails to roll back while its rows are open. */
const transactions: ReadonlySet<string> = new Set(["database/sql.Tx", "github.com/jmoiron/sqlx.Tx"]);

/** The transaction ends when the function does, or because of the error that each exit returns; nobody reads what is dropped. */
export function endsWithTransaction({ unit, site, leak }: FoundLeak): boolean {
  const fun = unparen(site.call.fun);
  const tx = fun.kind === NodeKind.SelectorExpr ? variable(fun.x) : null;
  if (tx === null || !isTransaction(tx)) return false;
  // _, err := tx.Query("ALTER TABLE …"): whoever began it ends it.
  if (leak.kind === LeakKind.Dropped) return tx.isParam;
  if (leak.kind !== LeakKind.Exit) return false;
  if (!tx.isParam) return isEndedByDefer(unit, tx);
  const last = unit.signature?.results.at(-1)?.type ?? null;
  if (last === null || !identical(last, errorType)) return false;
  return everyExit(leak).every(({ at }) => {
    const error = at?.kind === NodeKind.ReturnStmt ? at.results.at(-1) : undefined;
    return error !== undefined && unparen(error).mode !== Mode.Nil;
  });
}

function isTransaction({ type }: Var): boolean {
  const t = type?.kind === TypeKind.Pointer ? type.elem : null;
  return t?.kind === TypeKind.Named && transactions.has(`${t.obj.pkg?.path ?? ""}.${t.obj.name}`);
}

/** `defer tx.Rollback()`, `defer func() { if err != nil { tx.Rollback() } else { tx.Commit() } }()`. */
function isEndedByDefer(unit: FunctionUnit, tx: Var): boolean {
  return unit.nodes(NodeKind.DeferStmt).some((d) => {
    let ends = false;
    walk(d.call, (n) => {
      ends ||= n.kind === NodeKind.SelectorExpr && n.sel.name === "Rollback" && variable(n.x) === tx;
      return !ends;
    });
    return ends;
  });
}
