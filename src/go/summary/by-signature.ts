/**
 * What a call of an interface's method or of a function value acquires. Nobody knows what it runs; its name and what it gives say enough:
 *
 *     type DBTX interface {
 *         QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)   ← as that of sql.DB and sql.Tx
 *     }
 */
import { kinds } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { calleeOf } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import { errorType } from "../types/universe.ts";
import { isContext, isRequest } from "./contexts.ts";
import { typeName } from "./entry-points.ts";
import { type Acquired, signatureOf } from "./site.ts";

/** By the type of the first result of two: what the callee's name has to be like, and the kind. */
const given: ReadonlyMap<string, readonly [name: RegExp, kind: string]> = new Map([
  ["*database/sql.Rows", [/^Query/i, "sql-rows"]],
  ["*github.com/jmoiron/sqlx.Rows", [/^(?:Named)?Query/i, "sql-rows"]],
  ["github.com/jackc/pgx/v4.Rows", [/^Query/i, "pgx-rows"]],
  ["github.com/jackc/pgx/v5.Rows", [/^Query/i, "pgx-rows"]],
  ["*database/sql.Stmt", [/^Prepare/i, "sql-stmt"]],
  ["*database/sql.Tx", [/^Begin/i, "sql-tx"]],
  ["net.Conn", [/dial/i, "net-conn"]],
  ["net.Listener", [/^listen/i, "listener"]],
  ["*os.File", [/^(?:open|create)/i, "file"]],
]);

/** Null where nothing, or where it is not sure. */
export function acquiredBySignature(call: CallExpr): Acquired | null {
  const sig = signatureOf(call);
  if (sig?.results.length !== 2) return null;
  const [{ type }, error] = sig.results;
  if (type === null || error.type === null || !identical(error.type, errorType)) return null;
  const name = typeName(type);
  // What takes a request and gives a response does as http.Client.Do and http.RoundTripper do, whatever it is called.
  const answers =
    name === "*net/http.Response" &&
    isRequest(sig.params.at(-1)?.type ?? null) &&
    sig.params.slice(0, -1).every((p) => p.type !== null && isContext(p.type));
  const [pattern, id] = answers ? [/^/, "http-body"] : (given.get(name) ?? [null, ""]);
  const kind = kinds.get(id);
  return pattern?.test(calleeOf(call).name) === true && kind !== undefined ? { kind, result: 0, through: null } : null;
}
