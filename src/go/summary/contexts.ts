/**
 * What is known of contexts: which are derived from which, what carries them, and which can never be done.
 */
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { evaluated } from "../cfg/blocks.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { derives, neverDone } from "../knowledge/contexts.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { type Func, ObjKind, type Var } from "../types/object.ts";
import { typeOf } from "../types/record.ts";
import { type Type, TypeKind } from "../types/type.ts";
import type { Summaries } from "./summaries.ts";

export function isContext(t: Type | null): boolean {
  return t !== null && t.kind === TypeKind.Named && t.obj.name === "Context" && t.obj.pkg?.path === "context";
}

/** `*net/http.Request`. */
export function isRequest(t: Type | null): boolean {
  return t !== null && t.kind === TypeKind.Pointer && isNamed(t.elem, "net/http", "Request");
}

export function isNamed(t: Type | null, path: string, name: string): boolean {
  return t !== null && t.kind === TypeKind.Named && t.obj.name === name && t.obj.pkg?.path === path;
}

/** The full name of what a call calls, where that is a declared function or method; else "". */
export function calledName(call: CallExpr, summaries: Summaries): string {
  const { func } = calleeOf(call);
  return func === null ? "" : summaries.nameOf(func);
}

/** `must.Get(http.NewRequest(…))`: the call that makes the request, of one that passes it on or ends the process. */
export function requestMade(call: CallExpr): CallExpr {
  const [only, ...others] = call.args;
  const inner = only === undefined || others.length > 0 ? null : unparen(only);
  if (inner?.kind !== NodeKind.CallExpr) return call;
  const t = typeOf(inner);
  return t.kind === TypeKind.Tuple && isRequest(t.types[0] ?? null) ? requestMade(inner) : call;
}

export interface Derivation {
  readonly call: CallExpr;
  /** The node of a block it stands in. */
  readonly node: Node;
  /** "cancel", "deadline" or "value". */
  readonly gives: "cancel" | "deadline" | "value";
  readonly parent: Expr;
  /** The variable that gets the new context; null for `_`. */
  readonly result: Var | null;
}

/** Derivations whose result goes to a local variable, or to nowhere. */
export function derivations(unit: FunctionUnit, summaries: Summaries): Derivation[] {
  const out: Derivation[] = [];
  for (const block of unit.cfg.blocks) {
    if (!block.reachable) continue;
    for (const node of block.nodes) {
      if (node.kind !== NodeKind.AssignStmt || node.rhs.length !== 1) continue;
      const call = unparen(node.rhs[0]);
      if (call.kind !== NodeKind.CallExpr || call.args.length === 0) continue;
      const gives = derives.get(calledName(call, summaries));
      if (gives === undefined) continue;
      const place = node.lhs[0];
      const result = variable(place);
      if (result === null && !(place.kind === NodeKind.Ident && place.name === "_")) continue;
      out.push({ call, node, gives, parent: unparen(call.args[0]), result });
    }
  }
  return out;
}

/** The function declares the variable itself: nothing outside it or around it sees what it holds. */
export function isLocal(unit: FunctionUnit, v: Var): boolean {
  return !v.isPackageLevel && !v.isField && v.pos >= unit.node.pos && v.pos < unit.node.end;
}

/** Whether the context that an expression makes can end. */
export enum Ending {
  /** Its Done channel is nil: Background, TODO, WithoutCancel, values on those. */
  Never,
  /** It may end, or nobody can tell. */
  Maybe,
}

const ends = new WeakMap<readonly FunctionUnit[], ContextEnds>();

/** Collected once for a package, whichever rule asks first. */
export function contextEnds(units: readonly FunctionUnit[], summaries: Summaries): ContextEnds {
  let found = ends.get(units);
  if (found === undefined) ends.set(units, (found = new ContextEnds(units, summaries)));
  return found;
}

/** Judges contexts in one package, through variables and the parameters of functions whose callers are all known. */
export class ContextEnds {
  private readonly callers = new Map<Func, CallExpr[] | null>();
  private readonly unitsAround = new Map<CallExpr, FunctionUnit>();
  private readonly busy = new Set<Var>();

  constructor(
    units: readonly FunctionUnit[],
    private readonly summaries: Summaries,
  ) {
    for (const unit of units) this.collect(unit, unit.body);
    // var hook = f
    for (const file of new Set(units.map((u) => u.file)))
      for (const decl of file.file.decls) if (decl.kind === NodeKind.GenDecl) this.collect(null, decl);
  }

  /** Every call of a function of this package, and functions that are used as values (whose callers are unknown). */
  private collect(unit: FunctionUnit | null, root: Node): void {
    const called = new Set<Node>();
    walk(root, (n) => {
      if (n.kind === NodeKind.FuncLit) return false; // a unit of its own
      if (n.kind === NodeKind.CallExpr) {
        const { func, kind } = calleeOf(n);
        if (func !== null && kind === CalleeKind.Static) {
          const fun = unparen(n.fun);
          called.add(fun.kind === NodeKind.SelectorExpr ? fun.sel : fun);
          const list = this.callers.get(func);
          if (list === undefined) this.callers.set(func, [n]);
          else list?.push(n);
          if (unit !== null) this.unitsAround.set(n, unit);
        }
      }
      const id = n.kind === NodeKind.SelectorExpr ? n.sel : n.kind === NodeKind.Ident ? n : null;
      const obj = id === null ? null : (id.obj as { kind: ObjKind } | null);
      if (id !== null && obj?.kind === ObjKind.Func && !called.has(id)) this.callers.set(obj as Func, null);
      return true;
    });
  }

  ending(e: Expr, unit: FunctionUnit, depth = 0): Ending {
    const x = unparen(e);
    if (depth > 6) return Ending.Maybe;
    if (x.kind === NodeKind.CallExpr) {
      const name = calledName(x, this.summaries);
      if (neverDone.has(name)) return Ending.Never;
      if (derives.get(name) === "value" && x.args.length > 0) return this.ending(x.args[0], unit, depth + 1);
      return Ending.Maybe;
    }
    const v = variable(x);
    if (v === null || v.isField || v.isPackageLevel || this.busy.has(v)) return Ending.Maybe;
    this.busy.add(v);
    const ending = v.isParam ? this.parameter(v, unit, depth) : this.local(v, unit, depth);
    this.busy.delete(v);
    return ending;
  }

  /** All values a local variable ever gets. Its address must not be taken. */
  private local(v: Var, unit: FunctionUnit, depth: number): Ending {
    let owner: FunctionUnit | null = unit;
    while (owner !== null && !isLocal(owner, v)) owner = owner.outer;
    if (owner === null) return Ending.Maybe;
    let ending: Ending | null = null;
    const give = (value: Expr | null): void => {
      const one = value === null ? Ending.Maybe : this.ending(value, owner, depth + 1);
      ending = ending === Ending.Maybe ? ending : one;
    };
    const each = (lhs: readonly Expr[], rhs: readonly Expr[]): void => {
      lhs.forEach((place, i) => {
        if (variable(place) !== v) return;
        if (lhs.length === rhs.length) {
          // ctx = context.WithValue(ctx, …): no more able to end than before
          const value = unparen(rhs[i]);
          const selfValue =
            value.kind === NodeKind.CallExpr &&
            derives.get(calledName(value, this.summaries)) === "value" &&
            variable(value.args[0]) === v;
          if (!selfValue) give(value);
        } else give(null);
      });
    };
    walk(owner.body, (n) => {
      if (n.kind === NodeKind.AssignStmt) each(n.lhs, n.rhs);
      else if (n.kind === NodeKind.ValueSpec) each(n.names, n.values);
      else if (n.kind === NodeKind.RangeStmt)
        each(
          [n.key, n.value].filter((k) => k !== null),
          [],
        );
      else if (n.kind === NodeKind.UnaryExpr && n.op === Token.And && variable(n.x) === v) give(null);
    });
    return ending ?? Ending.Maybe;
  }

  /** What callers pass: known only for unexported functions that nobody uses as a value. */
  private parameter(v: Var, unit: FunctionUnit, depth: number): Ending {
    let owner: FunctionUnit | null = unit;
    while (owner !== null && owner.signature?.params.includes(v) !== true) owner = owner.outer;
    const f = owner?.func ?? null;
    if (owner === null || f === null || /^\p{Lu}/u.test(f.name) || f.recvNamed !== null) return Ending.Maybe;
    return this.given(v, owner, this.callers.get(f) ?? [], depth);
  }

  /** What the parameter `v` of a function is given, by the calls of it, which are all that there are. */
  given(v: Var, owner: FunctionUnit, calls: readonly CallExpr[], depth = 0): Ending {
    const index = owner.signature?.params.indexOf(v) ?? -1;
    if (index < 0 || calls.length === 0 || isAssigned(owner, v)) return Ending.Maybe;
    for (const call of calls) {
      const arg = call.args[index];
      const around = this.unitsAround.get(call);
      if (arg === undefined || around === undefined) return Ending.Maybe;
      if (this.ending(arg, around, depth + 1) === Ending.Maybe) return Ending.Maybe;
    }
    return Ending.Never;
  }
}

function isAssigned(unit: FunctionUnit, v: Var): boolean {
  let assigned = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.AssignStmt) assigned ||= n.lhs.some((e) => variable(e) === v);
    else if (n.kind === NodeKind.UnaryExpr && n.op === Token.And) assigned ||= variable(n.x) === v;
    return !assigned;
  });
  return assigned;
}

/** `ctx.Done()` → ctx. */
export function doneOf(e: Expr): Expr | null {
  const x = unparen(e);
  if (x.kind !== NodeKind.CallExpr || x.fun.kind !== NodeKind.SelectorExpr || x.fun.sel.name !== "Done") return null;
  return isContext(typeOf(x.fun.x)) ? x.fun.x : null;
}

/** Every identifier that denotes `v` in what a node evaluates, function literals included. */
export function usesOf(node: Node, v: Var, visit: (id: Node, literal: FuncLit | null) => void): void {
  evaluated(node, (n) => {
    if (n.kind === NodeKind.Ident && n.obj === v) visit(n, null);
    else if (n.kind === NodeKind.FuncLit) {
      walk(n.body, (m) => {
        if (m.kind === NodeKind.Ident && m.obj === v) visit(m, n);
      });
    }
  });
}
