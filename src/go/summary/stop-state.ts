/**
 * Fields that say that their owner has been stopped: what only methods named so set.
 *
 *     func (p *pool) Stop()  { p.workers = nil }        workers is nil once it has stopped
 *     func (s *server) Close() { s.closed = true }      closed is true once it has
 */
import { Token } from "../syntax/token.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Fact, factOf, testOf } from "../flow/facts.ts";
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { unparen } from "../types/callee.ts";
import { ObjKind, type Var } from "../types/object.ts";
import { selectionOf } from "../types/record.ts";

const stopping = /^(?:stop|clos|shut_?down|terminat|halt|quit|dispose|tear_?down)/i;

export class StopStates {
  private readonly facts = new Map<Var, Fact>();

  constructor(units: readonly FunctionUnit[]) {
    const elsewhere = new Set<string>();
    const key = (v: Var, fact: Fact): string => `${v.pos}:${v.name}:${fact}`;
    for (const unit of units) {
      const { outermost } = unit;
      const stops = outermost.func?.decl?.recv != null && stopping.test(outermost.func.name);
      for (const s of unit.nodes(NodeKind.AssignStmt)) {
        if (s.tok !== Token.Assign || s.lhs.length !== s.rhs.length) continue;
        s.lhs.forEach((place, i) => {
          const field = fieldOf(place);
          const fact = field === null ? null : factOf(s.rhs[i]);
          if (field === null || (fact !== Fact.Nil && fact !== Fact.True)) return;
          if (stops) this.facts.set(field, fact);
          else elsewhere.add(key(field, fact));
        });
      }
    }
    for (const [field, fact] of this.facts) if (elsewhere.has(key(field, fact))) this.facts.delete(field);
  }

  /** Behind the edge the owner is known to have been stopped. */
  tells(edge: Edge): boolean {
    if (edge.cond === null || (edge.kind !== EdgeKind.True && edge.kind !== EdgeKind.False) || this.facts.size === 0)
      return false;
    const test = testOf(edge.cond);
    const field = test === null ? null : testedField(edge.cond);
    if (test === null || field === null) return false;
    return this.facts.get(field) === (edge.kind === EdgeKind.True ? test.whenTrue : test.whenFalse);
  }
}

/** The field in `x.f`, `!x.f`, `x.f == nil`. */
function testedField(cond: Expr): Var | null {
  const e = unparen(cond);
  if (e.kind === NodeKind.UnaryExpr) return testedField(e.x);
  if (e.kind === NodeKind.BinaryExpr) return fieldOf(e.x) ?? fieldOf(e.y);
  return fieldOf(e);
}

function fieldOf(e: Expr): Var | null {
  const x = unparen(e);
  const obj = x.kind === NodeKind.SelectorExpr ? selectionOf(x)?.obj : undefined;
  return obj?.kind === ObjKind.Var && obj.isField ? obj : null;
}
