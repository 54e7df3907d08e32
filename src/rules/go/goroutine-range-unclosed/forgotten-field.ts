/**
 * Goroutines of a type that range over a channel which it keeps, and that its own Close leaves waiting: nobody in the package closes the channel, or
 * hands it to anybody who might.
 *
 *     func newMarks() *marks     { m := &marks{ch: make(chan mark, 100)}; go m.run(); return m }
 *     func (m *marks) run()      { for x := range m.ch { m.note(x) } }
 *     func (m *marks) Close()    { m.file.Close() }                              ← run waits for ever
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { ownMethod } from "../../../go/summary/owners.ts";
import type { RangeStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { deref } from "../../../go/types/lookup.ts";
import { BuiltinId, type Func, isExported, ObjKind, type Var } from "../../../go/types/object.ts";
import { Mode, objOf, typeOf } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";
import type { Pass } from "../../rule.ts";
import { endsItself } from "./ends-itself.ts";
import { keptIn } from "./kept.ts";

export interface ForgottenField {
  readonly unit: FunctionUnit;
  readonly range: RangeStmt;
  readonly field: Var;
  readonly owner: string;
  /** The method that leaves it. */
  readonly method: Func;
}

export function forgottenFields(pass: Pass, starts: ReadonlySet<FunctionUnit>): ForgottenField[] {
  const out: ForgottenField[] = [];
  for (const unit of pass.scope) {
    if (!starts.has(unit)) continue;
    for (const range of unit.nodes(NodeKind.RangeStmt)) {
      const x = unparen(range.x);
      if (x.kind !== NodeKind.SelectorExpr || under(typeOf(x)).kind !== TypeKind.Chan || endsItself(range)) continue;
      const field = keptIn(x);
      const [base] = deref(typeOf(x.x));
      if (field === null || !field.isField || isExported(field.name) || base.kind !== TypeKind.Named) continue;
      const owner = base.origin;
      const method = owner.obj.pkg === pass.pkg ? ownMethod(owner) : null;
      if (method === null || !isOnlyUsed(pass, field)) continue;
      out.push({ unit, range, field, owner: owner.obj.name, method });
    }
  }
  return out;
}

/** It is made, sent on and received from, and nothing else. */
function isOnlyUsed(pass: Pass, field: Var): boolean {
  const known = new Set<Node>();
  let made = false;
  let others = false;
  const makes = (value: Node): boolean =>
    value.kind === NodeKind.CallExpr && calleeOf(value).builtin?.id === BuiltinId.Make;
  for (const { file } of pass.files)
    walk(file, (n) => {
      if (n.kind === NodeKind.SendStmt) known.add(unparen(n.chan));
      else if (n.kind === NodeKind.UnaryExpr && n.op === Token.Arrow) known.add(unparen(n.x));
      else if (n.kind === NodeKind.RangeStmt) known.add(unparen(n.x));
      else if (n.kind === NodeKind.BinaryExpr && unparen(n.y).mode === Mode.Nil) known.add(unparen(n.x));
      else if (n.kind === NodeKind.CallExpr) {
        const id = calleeOf(n).builtin?.id;
        if (id === BuiltinId.Len || id === BuiltinId.Cap) for (const arg of n.args) known.add(unparen(arg));
      } else if (n.kind === NodeKind.AssignStmt && n.lhs.length === n.rhs.length) {
        n.lhs.forEach((e, i) => {
          if (keptIn(e) !== field || !makes(unparen(n.rhs[i]))) return;
          made = true;
          known.add(unparen(e));
        });
      } else if (n.kind === NodeKind.KeyValueExpr && n.key.kind === NodeKind.Ident) {
        const obj = objOf(n.key);
        if (obj?.kind !== ObjKind.Var || obj.origin !== field) return;
        if (makes(unparen(n.value))) made = true;
        else others = true;
      } else if (n.kind === NodeKind.SelectorExpr && !known.has(n) && keptIn(n) === field) others = true;
    });
  return made && !others;
}
