/** Groups of goroutines, https://pkg.go.dev/sync#WaitGroup: who counts them down, and who waits for them. */
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { deref } from "../types/lookup.ts";
import type { Var } from "../types/object.ts";
import { typeOf } from "../types/record.ts";
import { isNamed } from "./contexts.ts";
import type { Started } from "./started.ts";

/** The group that a call is a method of. */
export function groupOf({ fun }: CallExpr): Var | null {
  const x = unparen(fun);
  if (x.kind !== NodeKind.SelectorExpr || !isNamed(deref(typeOf(x.x))[0], "sync", "WaitGroup")) return null;
  return variable(x.x);
}

/** Groups that a goroutine counts down. */
export function countedBy(goroutine: Started): ReadonlySet<Var> {
  const groups = new Set<Var>();
  walk(goroutine.body, (n) => {
    const group = n.kind === NodeKind.CallExpr && calleeOf(n).name === "Done" ? groupOf(n) : null;
    if (group !== null) groups.add(group);
  });
  return groups;
}

/** The same, of those that it counts down when it is done: `defer wg.Done()`, `wg.Done(); return`. */
function countedAtTheEnd(goroutine: Started): ReadonlySet<Var> {
  const groups = new Set<Var>();
  const add = (call: Node): void => {
    const group = call.kind === NodeKind.CallExpr && calleeOf(call).name === "Done" ? groupOf(call) : null;
    if (group !== null) groups.add(group);
  };
  walk(goroutine.body, (n) => {
    if (n.kind === NodeKind.DeferStmt) add(n.call);
    if (n.kind === NodeKind.BlockStmt)
      n.list.forEach((s, i) => {
        const next = n.list.at(i + 1);
        const isLast = next === undefined ? n === goroutine.body : next.kind === NodeKind.ReturnStmt;
        if (s.kind === NodeKind.ExprStmt && isLast) add(unparen(s.x));
      });
    return n.kind !== NodeKind.FuncLit;
  });
  return groups;
}

/**
 * Whoever comes to `at` in the literal has waited for the goroutine:
 *
 *     go func() {
 *         wg.Wait()
 *         close(done)     ← at
 *     }()
 */
export function hasWaitedFor(goroutine: Started, by: Started, at: Node): boolean {
  const counted = countedAtTheEnd(goroutine);
  return by.body.list.some((s) => {
    const call = s.kind === NodeKind.ExprStmt && s.end <= at.pos ? unparen(s.x) : null;
    if (call?.kind !== NodeKind.CallExpr || calleeOf(call).name !== "Wait") return false;
    const group = groupOf(call);
    return group !== null && counted.has(group);
  });
}
