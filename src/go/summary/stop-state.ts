/**
 * Fields that say that their owner has been stopped: what only methods named so set.
 *
 *     func (p *pool) Stop()    { p.workers = nil }        workers is nil once it has stopped
 *     func (s *server) Close() { s.closed = true }        closed is true once it has
 *     func (l *listener) Close() error {
 *         if !atomic.CompareAndSwapUint32(&l.end, 0, 1) { … }      end is loaded as 1 once it has
 */
import type { CallExpr } from "../syntax/ast-expr.ts";
import { Token } from "../syntax/token.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Fact, factOf, fieldOf, testOf } from "../flow/facts.ts";
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { constOf } from "../types/record.ts";

const stopping = /^(?:stop|clos|shut_?down|terminat|halt|quit|dispose|tear_?down)/i;

export class StopStates {
  private readonly facts = new Map<Var, Fact>();

  constructor(units: readonly FunctionUnit[]) {
    const elsewhere = new Set<string>();
    const key = (v: Var, fact: Fact): string => `${v.pos}:${v.name}:${fact}`;
    for (const unit of units) {
      const { outermost } = unit;
      const stops = outermost.func?.decl?.recv != null && stopping.test(outermost.func.name);
      const set = (field: Var | null, fact: Fact | null): void => {
        if (field === null || (fact !== Fact.Nil && fact !== Fact.True)) return;
        if (stops) this.facts.set(field, fact);
        else elsewhere.add(key(field, fact));
      };
      for (const s of unit.nodes(NodeKind.AssignStmt)) {
        if (s.tok !== Token.Assign || s.lhs.length !== s.rhs.length) continue;
        s.lhs.forEach((place, i) => set(fieldOf(place), factOf(s.rhs[i])));
      }
      for (const call of unit.nodes(NodeKind.CallExpr)) {
        const field = atomicField(call, /^(?:Store|Swap|CompareAndSwap)/);
        if (field !== null) set(field, isSet(call.args.at(-1)) === true ? Fact.True : null);
      }
    }
    for (const [field, fact] of this.facts) if (elsewhere.has(key(field, fact))) this.facts.delete(field);
  }

  /** Behind the edge the owner is known to have been stopped. */
  tells(edge: Edge): boolean {
    if (edge.cond === null || (edge.kind !== EdgeKind.True && edge.kind !== EdgeKind.False) || this.facts.size === 0)
      return false;
    const isTrue = edge.kind === EdgeKind.True;
    const loaded = loadedIn(edge.cond);
    if (loaded !== null) return this.facts.get(loaded.field) === Fact.True && loaded.whenTrue === isTrue;
    const test = testOf(edge.cond);
    const field = test === null ? null : testedField(edge.cond);
    if (test === null || field === null) return false;
    return this.facts.get(field) === (isTrue ? test.whenTrue : test.whenFalse);
  }
}

/** The field in `x.f`, `!x.f`, `x.f == nil`. */
function testedField(cond: Expr): Var | null {
  const e = unparen(cond);
  if (e.kind === NodeKind.UnaryExpr) return testedField(e.x);
  if (e.kind === NodeKind.BinaryExpr) return fieldOf(e.x) ?? fieldOf(e.y);
  return fieldOf(e);
}

/** `s.closed.Load()`, `atomic.LoadUint32(&s.end) == 1`, `!= 0`: whether it is set where the condition is true. */
function loadedIn(cond: Expr): { readonly field: Var; readonly whenTrue: boolean } | null {
  const e = unparen(cond);
  if (e.kind === NodeKind.CallExpr) {
    const field = atomicField(e, /^Load/);
    return field === null ? null : { field, whenTrue: true };
  }
  if (e.kind !== NodeKind.BinaryExpr || (e.op !== Token.Eql && e.op !== Token.Neq)) return null;
  const load = unparen(e.x);
  const field = load.kind === NodeKind.CallExpr ? atomicField(load, /^Load/) : null;
  const equals = isSet(e.y);
  return field === null || equals === null ? null : { field, whenTrue: equals === (e.op === Token.Eql) };
}

/** The field that a function or a method of https://pkg.go.dev/sync/atomic works on, where its name is such. */
function atomicField(call: CallExpr, name: RegExp): Var | null {
  const { func } = calleeOf(call);
  if (func?.pkg?.path !== "sync/atomic" || !name.test(func.name)) return null;
  const fun = unparen(call.fun);
  if (func.recvNamed !== null) return fun.kind === NodeKind.SelectorExpr ? fieldOf(fun.x) : null;
  const address = call.args.length === 0 ? null : unparen(call.args[0]);
  return address?.kind === NodeKind.UnaryExpr && address.op === Token.And ? fieldOf(address.x) : null;
}

/** A constant that is `true` or not zero; null for what is none. */
function isSet(e: Expr | undefined): boolean | null {
  const value = e === undefined ? null : constOf(e);
  return value === null ? null : value !== false && value !== 0n;
}
