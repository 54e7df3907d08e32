/** Which variables the nodes of a function speak of; remembered, since every path through a node asks. */
import { type Cfg, evaluated } from "../cfg/blocks.ts";
import type { RangeStmt } from "../syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import type { Var } from "../types/object.ts";
import type { Effects } from "./effects.ts";
import { subject, variable } from "./facts.ts";
import { mentions } from "./mentions.ts";

export class NodeVars {
  private readonly mentioned = new Map<Node, ReadonlySet<Var>>();
  private readonly bodies = new Map<RangeStmt, ReadonlySet<Var>>();
  private readonly names = new Map<Var, Var[]>();

  constructor(
    private readonly cfg: Cfg,
    private readonly effects: Pick<Effects, "literal">,
  ) {}

  /** Those of what a block's node evaluates, with those of function literals in it, and of the ones that it calls by a name. */
  of(n: Node): ReadonlySet<Var> {
    let vars = this.mentioned.get(n);
    if (vars === undefined) {
      const set = new Set<Var>();
      const list = n.kind === NodeKind.RangeStmt ? variable(n.x) : null; // its elements go to key and value
      if (list !== null) set.add(list);
      evaluated(n, (x) => {
        if (x.kind === NodeKind.Ident || x.kind === NodeKind.SelectorExpr) {
          const v = subject(x);
          if (v !== null) set.add(v);
        } else if (x.kind === NodeKind.FuncLit) addVars(set, x.body);
        else if (x.kind === NodeKind.CallExpr) {
          const called = variable(x.fun);
          const lit = called === null ? null : this.effects.literal(called);
          if (lit !== null) addVars(set, lit.body);
        }
      });
      this.mentioned.set(n, (vars = set));
    }
    return vars;
  }

  /** Those of the body of a range statement. */
  ofBody(stmt: RangeStmt): ReadonlySet<Var> {
    let used = this.bodies.get(stmt);
    if (used === undefined) {
      const set = new Set<Var>();
      addVars(set, stmt.body);
      this.bodies.set(stmt, (used = set));
    }
    return used;
  }

  /** The variable and those that it, or something made of it, is assigned to: `t := newTimeoutConn(conn)`. */
  namesOf(root: Var): readonly Var[] {
    let names = this.names.get(root);
    if (names === undefined) {
      names = [root];
      for (const block of this.cfg.blocks) {
        for (const n of block.nodes) {
          if (n.kind !== NodeKind.AssignStmt) continue;
          n.lhs.forEach((place, i) => {
            const value = n.rhs.length === n.lhs.length ? n.rhs[i] : n.rhs[0];
            const v = mentions(value, new Set([root])) ? variable(place) : null;
            if (v !== null) names?.push(v);
          });
        }
      }
      this.names.set(root, names);
    }
    return names;
  }
}

function addVars(to: Set<Var>, body: Node): void {
  walk(body, (n) => {
    const v = n.kind === NodeKind.Ident ? variable(n) : null;
    if (v !== null) to.add(v);
  });
}
