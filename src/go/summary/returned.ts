/** What the return statements of a function give, as far as they say it themselves. */
import { type Block, type Edge, EdgeKind } from "../cfg/blocks.ts";
import { type Fact, factOf, nonNilBehind, variable } from "../flow/facts.ts";
import { mentions } from "../flow/mentions.ts";
import type { ResourceSpec } from "../flow/resource.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { BuiltinId, type Var } from "../types/object.ts";
import { Mode } from "../types/record.ts";
import type { Signature } from "../types/type.ts";

/** What the results beside the resource are in every return statement that may give it, by their index. */
export function saidBeside(
  giving: readonly { readonly results: readonly Expr[] }[],
  result: number,
  sig: Signature,
): Map<number, Fact> {
  const out = new Map<number, Fact>();
  for (let i = 0; i < sig.results.length; i++) {
    if (i === result || giving.some(({ results }) => results.length !== sig.results.length)) continue;
    const [first, ...rest] = giving.map(({ results }) => factOf(results[i]));
    if (first !== undefined && first !== null && rest.every((fact) => fact === first)) out.set(i, first);
  }
  return out;
}

export function returnsMade(unit: FunctionUnit | null, isMade: (e: Expr) => boolean): boolean {
  if (unit === null) return false;
  const { returns } = unit.cfg;
  return returns.length > 0 && returns.every(({ results }) => results.length === 1 && isMade(unparen(results[0])));
}

/** Where the parameter, an error, is nil, the last result is nil too, or the parameter: it makes no error of none. */
export function returnsGiven(unit: FunctionUnit, param: Var, isPredicate: (call: CallExpr) => boolean): boolean {
  // A deferred function may give a named result another value.
  if (unit.signature?.results.at(-1)?.name !== "" && unit.nodes(NodeKind.DeferStmt).length > 0) return false;
  const seen = new Set<Block>();
  const next = [unit.cfg.entry];
  let gives = false;
  for (let block = next.pop(); block !== undefined; block = next.pop()) {
    if (seen.has(block)) continue;
    seen.add(block);
    for (const n of block.nodes) {
      if (n.kind === NodeKind.AssignStmt && n.lhs.some((e) => variable(e) === param)) return false;
      if (n.kind !== NodeKind.ReturnStmt) continue;
      const e = n.results.length < 1 ? null : unparen(n.results[n.results.length - 1]);
      if (e === null || (e.mode !== Mode.Nil && variable(e) !== param)) return false;
      gives = true;
    }
    for (const edge of block.succs) if (!tellsError(edge, param, isPredicate)) next.push(edge.to);
  }
  return gives;
}

/** Behind the edge the variable is an error, and not nil: `err != nil`, `errors.Is(err, …)`, `case *T`. */
function tellsError(edge: Edge, v: Var, isPredicate: (call: CallExpr) => boolean): boolean {
  if (nonNilBehind(edge) === v) return true;
  const { kind, cond, subject } = edge;
  if (kind === EdgeKind.TypeCase)
    return cond !== null && cond.mode !== Mode.Nil && subject !== null && mentions(subject, new Set([v]));
  const call = kind === EdgeKind.True && cond !== null ? unparen(cond) : null;
  return call?.kind === NodeKind.CallExpr && call.args.length > 0 && variable(call.args[0]) === v && isPredicate(call);
}

/** The function calls its parameter `index` and returns what that returned first, or nothing. */
export function passesOn(unit: FunctionUnit, index: number): boolean {
  const param = unit.signature?.params[index];
  if (param === undefined) return false;
  const calls = (e: Expr): boolean => {
    const x = unparen(e);
    return x.kind === NodeKind.CallExpr && variable(x.fun) === param;
  };
  const given = new Set<Var>();
  const assigned = new Set<Var>();
  for (const s of unit.nodes(NodeKind.AssignStmt)) {
    const first = variable(s.lhs[0]);
    if (first !== null && s.rhs.length === 1 && calls(s.rhs[0])) given.add(first);
    else
      for (const e of s.lhs) {
        const v = variable(e);
        if (v !== null) assigned.add(v);
      }
  }
  let passes = false;
  for (const { results } of unit.cfg.returns) {
    const e = results[0] === undefined ? null : unparen(results[0]);
    if (e === null) return false;
    const v = variable(e);
    if (calls(e) || (v !== null && given.has(v) && !assigned.has(v))) passes = true;
    else if (e.mode !== Mode.Nil && !isZero(e) && (v === null || v.isParam || assigned.has(v) || given.has(v)))
      return false;
  }
  return passes;
}

/** What its parameter `index` gives it, the function releases by itself on some path: `resp, err = send()`, and then `resp.Body.Close()`. */
export function releasesGiven(unit: FunctionUnit, index: number, { methods }: ResourceSpec): boolean {
  const param = unit.signature?.params[index];
  const given = new Set<Var>();
  for (const { lhs, rhs } of unit.nodes(NodeKind.AssignStmt)) {
    const call = rhs.length === 1 ? unparen(rhs[0]) : null;
    const first = call?.kind === NodeKind.CallExpr && variable(call.fun) === param ? variable(lhs[0]) : null;
    if (first !== null) given.add(first);
  }
  return unit.nodes(NodeKind.CallExpr).some((call) => {
    const fun = unparen(call.fun);
    return fun.kind === NodeKind.SelectorExpr && methods.includes(fun.sel.name) && mentions(fun.x, given);
  });
}

/** `*new(T)`. */
function isZero(e: Expr): boolean {
  const call = e.kind === NodeKind.StarExpr ? unparen(e.x) : e;
  return (
    e.kind === NodeKind.StarExpr && call.kind === NodeKind.CallExpr && calleeOf(call).builtin?.id === BuiltinId.New
  );
}

/** Whether a return statement at or behind `from` returns `root`. */
export function returnsAfter(from: Block, root: Var | null): boolean {
  const seen = new Set<Block>([from]);
  const queue = [from];
  for (let block = queue.pop(); block !== undefined; block = queue.pop()) {
    for (const n of block.nodes) {
      if (n.kind === NodeKind.ReturnStmt && root !== null && n.results.some((e) => variable(e) === root)) return true;
    }
    for (const { to } of block.succs) {
      if (!seen.has(to)) {
        seen.add(to);
        queue.push(to);
      }
    }
  }
  return false;
}
