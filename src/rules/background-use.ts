/**
 * Who else uses a variable while the function goes on, or after it has returned: to such a one a release at the function's end comes
 * too early.
 *
 *     watcher, err := fsnotify.NewWatcher()
 *     go func() {
 *         for event := range watcher.Events { … }      ◄ lives as long as the program
 *     }()
 *     return config, nil                               ◄ a deferred watcher.Close() would end it here
 */
import { variable } from "../go/flow/facts.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { calledName } from "../go/summary/contexts.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { CallExpr } from "../go/syntax/ast-expr.ts";
import type { BlockStmt, ReturnStmt } from "../go/syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";

/** Methods that run the function they are given some other time; all others are taken to have called it when they return. */
const laterCallers =
  /^(?:(?:Try)?Go|AfterFunc|AddCleanup|Cleanup|Handle(?:Func)?|Submit|Schedule|Subscribe|Register.*|On[A-Z].*|Set.*)$/;

/** Statements and literals of `body` that use one of `vars` beside the function; none that the function waits for. */
export function backgroundUses(body: BlockStmt, vars: readonly Var[]): readonly Node[] {
  const found: Node[] = [];
  let waits = -1;
  const note = (n: Node): void => {
    if (mentions(n, vars)) found.push(n);
  };
  walk(body, (n) => {
    switch (n.kind) {
      case NodeKind.GoStmt:
        note(n);
        return false;
      case NodeKind.DeferStmt:
        return false; // runs here, at the end
      case NodeKind.CallExpr:
        if (isWait(n)) waits = Math.max(waits, n.pos);
        if (laterCallers.test(calleeOf(n).name))
          for (const arg of n.args) if (unparen(arg).kind === NodeKind.FuncLit) note(arg);
        return true;
      case NodeKind.CompositeLit:
        for (const e of n.elts) {
          const value = e.kind === NodeKind.KeyValueExpr ? e.value : e;
          if (unparen(value).kind === NodeKind.FuncLit) note(value);
        }
        return true;
      case NodeKind.AssignStmt:
        n.lhs.forEach((place, i) => {
          const value = n.rhs[i];
          if (value !== undefined && variable(place) === null && unparen(value).kind === NodeKind.FuncLit) note(value);
        });
        return true;
      case NodeKind.ReturnStmt:
        for (const e of n.results) if (unparen(e).kind === NodeKind.FuncLit) note(e);
        return true;
      default:
        return true;
    }
  });
  return found.filter((n) => n.pos > waits);
}

/**
 * The first return of what was opened on `root`, and ends with it: `session, err := client.NewSession()`, and then `return session, nil`.
 */
export function partReturned(unit: FunctionUnit, root: Var, summaries: Summaries): ReturnStmt | null {
  const parts = new Set<Var>();
  for (const s of unit.nodes(NodeKind.AssignStmt)) {
    const call = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    const fun = call?.kind === NodeKind.CallExpr ? unparen(call.fun) : null;
    if (call?.kind !== NodeKind.CallExpr || fun?.kind !== NodeKind.SelectorExpr || variable(fun.x) !== root) continue;
    const part = variable(s.lhs[0]);
    if (part !== null && part !== root && summaries.knowledge.acquires(calledName(call, summaries)) !== null)
      parts.add(part);
  }
  const isPart = (e: Expr): boolean => {
    const v = variable(e);
    return v !== null && parts.has(v);
  };
  return unit.cfg.returns.find(({ results }) => results.some(isPart)) ?? null;
}

/** `wg.Wait()`, `g.Wait()`. */
function isWait(call: CallExpr): boolean {
  return unparen(call.fun).kind === NodeKind.SelectorExpr && calleeOf(call).name === "Wait";
}

/** What can be asked of something that is closed: f.Name(), resp.StatusCode. */
const outlives = /^(?:Name|Addr|LocalAddr|RemoteAddr|Status|StatusCode|Header)$/;

function mentions(n: Node, vars: readonly Var[]): boolean {
  let found = false;
  walk(n, (x) => {
    if (x.kind === NodeKind.SelectorExpr && outlives.test(x.sel.name) && unparen(x.x).kind === NodeKind.Ident)
      return false;
    const v = x.kind === NodeKind.Ident ? variable(x) : null;
    if (v !== null && vars.includes(v)) found = true;
    return !found;
  });
  return found;
}
