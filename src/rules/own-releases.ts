/** The statements by which a function itself releases a resource: where one stands too late, it is moved and not written again. */
import { variable } from "../go/flow/facts.ts";
import type { CallExpr } from "../go/syntax/ast-expr.ts";
import type { BlockStmt, DeferStmt } from "../go/syntax/ast-stmt.ts";
import { type Expr, NodeKind, type Stmt } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";
import type { ResourceSpec } from "../go/flow/resource.ts";

/** Of `list`, the statements that do so at the end, whatever happened: `defer x.Close()`, `defer func() { _ = x.Close() }()`. */
export function deferredReleases(list: readonly Stmt[], root: Var, spec: ResourceSpec): readonly DeferStmt[] {
  return list.filter((s): s is DeferStmt => {
    if (s.kind !== NodeKind.DeferStmt) return false;
    const fun = unparen(s.call.fun);
    if (releases(s.call, root, spec)) return true;
    const isGiven = s.call.args.some((arg) => leadsTo(arg, root, spec.path));
    // defer runutil.CloseWithLog(resp.Body)
    if (fun.kind !== NodeKind.FuncLit) return isGiven && closing.test(calleeOf(s.call).name);
    let does = false;
    walk(fun.body, (n) => {
      if (n.kind === NodeKind.CallExpr && releases(n, root, spec)) does = true;
      // `if err != nil { cancel() }` does not always.
      return !does && !(n.kind === NodeKind.BlockStmt && n !== fun.body);
    });
    // defer func(body io.Closer) { … }(resp.Body)
    return does || isGiven;
  });
}

const closing = /close|drain|release|stop|shutdown|rollback|disconnect|finish/i;

/** Statements `defer x.Close()` in the blocks of `list`, and not among them: what one ahead of them all makes superfluous. */
export function innerDefers(list: readonly Stmt[], root: Var, spec: ResourceSpec): readonly DeferStmt[] {
  const found: DeferStmt[] = [];
  for (const s of list) {
    walk(s, (n) => {
      if (n.kind === NodeKind.FuncLit) return false;
      if (n.kind === NodeKind.DeferStmt && n !== s && releases(n.call, root, spec)) found.push(n);
      return true;
    });
  }
  return found;
}

/** `x.Close()` as a statement of its own, somewhere in the function and not in a literal of it. */
export function releasesPlainly(body: BlockStmt, root: Var, spec: ResourceSpec): boolean {
  let does = false;
  walk(body, (n) => {
    if (n.kind === NodeKind.FuncLit || n.kind === NodeKind.DeferStmt || n.kind === NodeKind.GoStmt) return false;
    if (n.kind === NodeKind.CallExpr && releases(n, root, spec)) does = true;
    return !does;
  });
  return does;
}

function releases(call: CallExpr, root: Var, spec: ResourceSpec): boolean {
  const fun = unparen(call.fun);
  if (spec.call) return variable(fun) === root;
  return fun.kind === NodeKind.SelectorExpr && spec.methods.includes(fun.sel.name) && leadsTo(fun.x, root, spec.path);
}

/** `root.path`. */
function leadsTo(e: Expr, root: Var, path: readonly string[]): boolean {
  let x = unparen(e);
  for (let i = path.length - 1; i >= 0; i--) {
    if (x.kind !== NodeKind.SelectorExpr || x.sel.name !== path[i]) return false;
    x = unparen(x.x);
  }
  return variable(x) === root;
}
