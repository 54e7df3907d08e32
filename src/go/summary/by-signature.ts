/**
 * What a call of an interface's method or of a function value acquires. Nobody knows what it runs; its name and what it gives say enough:
 *
 *     type DBTX interface {
 *         QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)   ← as that of sql.DB and sql.Tx
 *     }
 *     type Layer interface {
 *         Compressed() (io.ReadCloser, error)                                               ← by its type alone
 *     }
 */
import { kindOfType } from "../knowledge/by-type.ts";
import { kinds, type ResourceKind } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { calleeOf } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import { errorType } from "../types/universe.ts";
import { isContext, isRequest } from "./contexts.ts";
import { typeName } from "./entry-points.ts";
import { type Acquired, signatureOf } from "./site.ts";

/** What the callee of two results is named like, by the type of the first. */
const givers: ReadonlyMap<string, RegExp> = new Map([
  ["*database/sql.Rows", /^Query/i],
  ["*github.com/jmoiron/sqlx.Rows", /^(?:Named)?Query/i],
  ["github.com/jackc/pgx/v4.Rows", /^Query/i],
  ["github.com/jackc/pgx/v5.Rows", /^Query/i],
  ["*database/sql.Stmt", /^Prepare/i],
  ["*database/sql.Tx", /^Begin/i],
  ["net.Conn", /dial/i],
  ["net.Listener", /^listen/i],
  ["*os.File", /^(?:open|create)/i],
  // As those of net/http; what calls itself after an operation of some API may have read the answer.
  ["*net/http.Response", /^(?:func)?(?:get|post|put|head|do|send|fetch|request|roundtrip)$/i],
]);

const givenReader = kinds.get("given-reader") as ResourceKind;

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
  // Whoever gives one beside an error has opened something.
  if (name === "io.ReadCloser") return { kind: givenReader, result: 0, through: null };
  const kind = answers || givers.get(name)?.test(calleeOf(call).name) === true ? kindOfType(name) : null;
  return kind === null ? null : { kind, result: 0, through: null };
}
