/**
 * Decisions that no caller makes a function take: `if opts == nil` where whoever calls it, and only the package itself can, gives it something.
 *
 *     func (c *client) send(req *http.Request, out *output) error {
 *         …
 *         if out == nil {
 *             return nil      ← nobody comes here
 *         }
 *
 *     out := &output{}
 *     err := c.send(req, out)
 */
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import { Fact, factOf, testOf, variable } from "../flow/facts.ts";
import { assignmentsBefore, given } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { AssignStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { type Func, isExported, ObjKind } from "../types/object.ts";
import { objOf } from "../types/record.ts";
import { isNamedInGenerated } from "./generated.ts";

interface Call {
  readonly unit: FunctionUnit;
  readonly call: CallExpr;
}

/** The calls of a package's functions, and those of them that may be called by others than these. */
interface Calls {
  readonly of: ReadonlyMap<Func, readonly Call[]>;
  readonly asValues: ReadonlySet<Func>;
  /** Names of methods that are called through an interface. */
  readonly through: ReadonlySet<string>;
}

const memo = new WeakMap<readonly FunctionUnit[], Calls>();

/** The decision needs a parameter to be what no call of the function gives it. */
export function isNeverAsked(edge: Edge, unit: FunctionUnit, units: readonly FunctionUnit[]): boolean {
  const { func } = unit;
  const { cond, kind } = edge;
  if (func === null || isExported(func.name) || cond === null) return false;
  if (isNamedInGenerated(unit.file.pkg, func.name)) return false;
  if (kind !== EdgeKind.True && kind !== EdgeKind.False) return false;
  const test = testOf(cond);
  if (test === null) return false;
  const sig = func.signature();
  const index = sig.params.indexOf(test.subject);
  if (index < 0 || (sig.variadic && index === sig.params.length - 1)) return false;
  if (given(unit, test.subject).length > 0) return false;
  const needed = kind === EdgeKind.True ? test.whenTrue : test.whenFalse;
  let calls = memo.get(units);
  if (calls === undefined) memo.set(units, (calls = callsIn(units)));
  if (calls.asValues.has(func) || calls.through.has(func.name)) return false;
  const all = calls.of.get(func) ?? [];
  return (
    all.length > 0 &&
    all.every(({ unit: caller, call }) => isOther(argumentFact(call.args[index], call, caller), needed))
  );
}

/** It is known, and rules the other out. */
function isOther(fact: Fact | null, needed: Fact): boolean {
  return fact !== null && fact !== needed && isNilness(fact) === isNilness(needed);
}

function isNilness(fact: Fact): boolean {
  return fact === Fact.Nil || fact === Fact.NonNil;
}

/** What the argument of the call is: a constant, a value that is made there, or a variable that was given such. */
function argumentFact(arg: Expr | undefined, call: CallExpr, caller: FunctionUnit): Fact | null {
  if (arg === undefined) return null;
  const v = variable(arg);
  if (v === null) return factOf(arg);
  const last = assignmentsToCall(caller, call).find(({ lhs }) => lhs.some((e) => variable(e) === v));
  if (last !== undefined) {
    const i = last.lhs.findIndex((e) => variable(e) === v);
    return last.lhs.length === last.rhs.length ? factOf(last.rhs[i]) : null;
  }
  if (v.isParam || v.isPackageLevel) return null;
  const [first, ...rest] = given(caller, v).map((e) => (e === null ? null : factOf(e)));
  return first !== undefined && rest.every((fact) => fact === first) ? first : null;
}

function assignmentsToCall({ cfg }: FunctionUnit, call: CallExpr): AssignStmt[] {
  for (const block of cfg.blocks) {
    const at = block.nodes.find((n) => n.pos <= call.pos && call.end <= n.end);
    if (at !== undefined) return assignmentsBefore(cfg, at);
  }
  return [];
}

function callsIn(units: readonly FunctionUnit[]): Calls {
  const of = new Map<Func, Call[]>();
  const through = new Set<string>();
  const called = new Set<Node>();
  for (const unit of units)
    for (const call of unit.nodes(NodeKind.CallExpr)) {
      const { func, kind, name } = calleeOf(call);
      if (func === null) continue;
      if (kind !== CalleeKind.Static || func.isInterfaceMethod) {
        through.add(name);
        continue;
      }
      const list = of.get(func.origin);
      if (list === undefined) of.set(func.origin, [{ unit, call }]);
      else list.push({ unit, call });
      const fun = unparen(call.fun);
      called.add(fun.kind === NodeKind.SelectorExpr ? fun.sel : fun);
    }
  const asValues = new Set<Func>();
  for (const file of units[0]?.file.pkg.files ?? [])
    for (const decl of file.file.decls)
      walk(decl, (n) => {
        if (n.kind !== NodeKind.Ident || called.has(n)) return;
        const obj = objOf(n);
        if (obj?.kind === ObjKind.Func && !(decl.kind === NodeKind.FuncDecl && decl.name === n))
          asValues.add(obj.origin);
      });
  return { of, asValues, through };
}
