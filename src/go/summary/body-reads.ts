/** Calls that read the body of a response to its end, themselves or in what they call. */
import { evaluated } from "../cfg/blocks.ts";
import { variable } from "../flow/facts.ts";
import { unsettledPath } from "../flow/paths.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { typeOf } from "../types/record.ts";
import { calledName, isNamed } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

/** Functions that read one of their arguments until it ends or fails, and which it is. */
const readers: ReadonlyMap<string, number> = new Map([
  ["io.ReadAll", 0],
  ["io/ioutil.ReadAll", 0],
  ["io.Copy", 1],
  ["(*bytes.Buffer).ReadFrom", 0],
]);

/** Helpers of helpers are not asked. */
const MaxDepth = 2;

/** Below `node`, outside of function literals, something reads the body of the response `root` until it ends or the read fails. */
export function readsBody(node: Node, root: Var, summaries: Summaries, depth = 0): boolean {
  let reads = false;
  evaluated(node, (n) => {
    if (n.kind !== NodeKind.CallExpr) return !reads;
    const index = readers.get(calledName(n, summaries));
    if (index !== undefined && n.args.length > index)
      reads ||= isBody(n.args[index], root) && (index === 0 || !mayHangUp(n.args[0]));
    else if (index === undefined) reads ||= isReadBy(n, root, summaries, depth);
    return !reads;
  });
  return reads;
}

/** What a copy writes to is a peer, which may go at any time: then it stops in the middle of what it reads. */
function mayHangUp(to: Expr): boolean {
  const t = typeOf(to);
  return (
    isNamed(t, "net/http", "ResponseWriter") ||
    ["SetDeadline", "RemoteAddr"].every((m) => lookupFieldOrMethod(t, m, null))
  );
}

/** `parse(resp)`, which reads the body on each of its paths. */
function isReadBy(call: CallExpr, root: Var, summaries: Summaries, depth: number): boolean {
  const index = call.args.findIndex((arg) => variable(arg) === root);
  const { func, kind } = calleeOf(call);
  if (index < 0 || depth >= MaxDepth || func === null || kind !== CalleeKind.Static) return false;
  const helper = func.pkg?.source?.standard === true ? null : summaries.unitOf(func.origin);
  const param = helper?.signature?.params[index];
  if (helper === null || param === undefined) return false;
  return (
    unsettledPath(helper.cfg, helper.file.file.src, {
      from: null,
      settles: (n) => readsBody(n, param, summaries, depth + 1),
      results: helper.signature?.results ?? [],
    }) === null
  );
}

/** `resp.Body`, itself and not what limits it. */
function isBody(e: Expr, root: Var): boolean {
  const x = unparen(e);
  return x.kind === NodeKind.SelectorExpr && x.sel.name === "Body" && variable(x.x) === root;
}
