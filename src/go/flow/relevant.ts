/** Which variables of a function are worth keeping facts of. */
import { type Cfg, EdgeKind } from "../cfg/blocks.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import type { Effects } from "./effects.ts";
import { deferredLiteral } from "./exit.ts";
import {
  channelOf,
  type Comparison,
  comparisonOf,
  neighboursOf,
  equals,
  factOf,
  subject,
  testOf,
  variable,
  zeroOf,
} from "./facts.ts";
import { isError } from "./failure.ts";

/** Constants that one variable is compared with, where that decides paths. */
const MaxConstants = 8;

/**
 * Variables whose state can decide more than one branch: tested twice or more (deferred closures count), not assigned by
 * closures, address not taken. For others facts would only multiply states.
 */
export function relevantVars(cfg: Cfg, effects: Effects, results: readonly Var[]): Set<Var> {
  const tests = new Map<Var, number>();
  const tainted = new Set<Var>();
  // A constant assigned here and one test elsewhere are as good as two tests: `success = true; break` … `if !success`.
  // So is a result that has a name, which begins as its zero value.
  const settled = new Set<Var>(results.filter((v) => zeroOf(v) !== null));
  const compared = new Map<Var, Var>();
  /** Numbers that are compared with one another than by `==`: what one comparison says decides the others. */
  const bounded = new Set<Var>();
  const stepped = new Set<Var>();
  const asked: Comparison[] = [];
  const equal = (c: Comparison | null): void => {
    if (c === null) return;
    asked.push(c);
    compared.set(c.subject, c.of);
    if (c.isBelow) bounded.add(c.of);
    tests.set(c.subject, (tests.get(c.subject) ?? 0) + 1);
  };
  const count = (cond: Expr, weight = 1): void => {
    const t = testOf(cond);
    if (t !== null) tests.set(t.subject, (tests.get(t.subject) ?? 0) + weight);
  };
  for (const block of cfg.blocks) {
    for (const edge of block.succs) {
      if (edge.kind === EdgeKind.True && edge.cond !== null) {
        count(edge.cond);
        if (testOf(edge.cond) === null) equal(comparisonOf(edge.cond));
      } else if (edge.kind === EdgeKind.Case && edge.cond !== null && edge.subject !== null && "mode" in edge.subject)
        equal(equals(edge.subject, edge.cond));
      // A case of a select waits for ever where its channel is nil: `case <-done: done = nil`.
      const channel = channelOf(edge);
      if (channel !== null) tests.set(channel, (tests.get(channel) ?? 0) + 1);
    }
    for (const n of block.nodes) {
      walk(n, (x) => {
        if (x.kind === NodeKind.AssignStmt && x.tok === Token.Assign && x.lhs.length === x.rhs.length) {
          x.lhs.forEach((e, i) => {
            const v = subject(e);
            if (v !== null && factOf(x.rhs[i]) !== null) settled.add(v);
          });
        }
        // What a function that never returns nil gave is not nil behind one test either, nor is a zero value anything else.
        if (x.kind === NodeKind.AssignStmt && x.lhs.length === 1 && x.rhs.length === 1) {
          const v = variable(x.lhs[0]);
          const e = unparen(x.rhs[0]);
          if (v !== null && e.kind === NodeKind.CallExpr && (effects.neverNil(e, 0) || effects.isErrorPredicate(e)))
            settled.add(v);
          // failed := err != nil, last = err
          if (v !== null && e.kind === NodeKind.BinaryExpr && testOf(e) !== null) settled.add(v);
          if (v !== null && isError(variable(e))) settled.add(v);
        } else if (x.kind === NodeKind.AssignStmt && x.lhs.length === 2 && x.rhs.length === 1) {
          const e = unparen(x.rhs[0]);
          if (e.kind === NodeKind.TypeAssertExpr && (isError(variable(e.x)) || effects.alwaysHolds(e))) {
            for (const place of x.lhs) {
              const v = variable(place);
              if (v !== null) settled.add(v);
            }
          }
        } else if (x.kind === NodeKind.ValueSpec && x.values.length === 0) {
          for (const id of x.names) {
            const v = variable(id);
            if (v !== null && zeroOf(v) !== null) settled.add(v);
          }
        }
        if (x.kind === NodeKind.IncDecStmt) {
          const v = variable(x.x);
          if (v !== null) stepped.add(v);
        }
        if (x.kind === NodeKind.UnaryExpr && x.op === Token.And) {
          const v = variable(x.x);
          if (v !== null) tainted.add(v);
        } else if (x.kind === NodeKind.FuncLit) {
          const atExit = x === deferredLiteral(n); // what it assigns, no branch of ours sees
          walk(x.body, (y) => {
            if (y.kind === NodeKind.AssignStmt && y.tok !== Token.Define && !atExit) {
              for (const e of y.lhs) {
                const v = variable(e);
                if (v !== null) tainted.add(v);
              }
            } else if (y.kind === NodeKind.IfStmt) {
              walk(y.cond, (z) => {
                if (z.kind === NodeKind.BinaryExpr || z.kind === NodeKind.Ident || z.kind === NodeKind.SelectorExpr)
                  count(z, 2);
              });
            }
          });
          return false;
        }
        return n.kind !== NodeKind.RangeStmt && n.kind !== NodeKind.SelectStmt;
      });
    }
  }
  const out = new Set<Var>();
  for (const [v, n] of tests) if ((n >= 2 || settled.has(v)) && !tainted.has(v) && !v.isPackageLevel) out.add(v);
  // A variable that is compared with many constants is a state machine's or a parser's: its states would multiply.
  const constants = new Map<Var, number>();
  for (const of of compared.values()) constants.set(of, (constants.get(of) ?? 0) + 1);
  for (const [v, of] of compared) {
    const decides = bounded.has(of) && ((constants.get(of) ?? 0) > 1 || stepped.has(of));
    if ((decides || (settled.has(of) && isError(of))) && !tainted.has(of)) out.add(v);
    if (!out.has(v)) continue;
    if (tainted.has(of) || of.isPackageLevel || (constants.get(of) ?? 0) > MaxConstants) out.delete(v);
    else out.add(of); // whose assignments end what is known
  }
  for (const c of asked) if (stepped.has(c.of) && out.has(c.subject)) for (const next of neighboursOf(c)) out.add(next);
  return out;
}
