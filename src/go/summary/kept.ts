/**
 * Resources that are kept where nobody ever takes them from: stored in an unexported field that the whole package only
 * writes. Nothing can release them.
 *
 *     ctx, cancel := context.WithCancel(parent)
 *     return &worker{ctx: ctx, cancel: cancel}        and nowhere w.cancel()
 */
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { unparen } from "../types/callee.ts";
import { completeBodies } from "../types/check.ts";
import { isExported, Var } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { objOf } from "../types/record.ts";

/** The fields of a package's structs that some code reads, calls or hands on; found on first use. */
export class FieldReads {
  private read: Set<Var> | null = null;

  constructor(private readonly pkg: Package) {}

  isRead(field: Var): boolean {
    this.read ??= readFields(this.pkg);
    return this.read.has(field.origin);
  }
}

function readFields(pkg: Package): Set<Var> {
  completeBodies(pkg);
  const read = new Set<Var>();
  const written = new Set<Node>();
  for (const { file } of pkg.files) {
    walk(file, (n) => {
      if (n.kind === NodeKind.AssignStmt) for (const e of n.lhs) written.add(unparen(e));
      else if (n.kind === NodeKind.SelectorExpr && !written.has(n)) {
        const obj = objOf(n.sel);
        if (obj instanceof Var && obj.isField) read.add(obj.origin);
      }
    });
  }
  return read;
}

/**
 * The one field that a local variable's value goes to, where that is all that ever happens to it: null where it is used in
 * any other way, stored twice, or the field is exported, embedded or of another package.
 */
export function onlyStoredIn(unit: FunctionUnit, root: Var): { readonly field: Var; readonly at: Expr } | null {
  let stores = 0;
  let found: { field: Var; at: Expr } | null = null;
  let mentions = 0;
  const take = (field: Var | null, value: Expr): void => {
    if (variable(value) !== root) return;
    stores++;
    if (field !== null) found = { field, at: value };
  };
  const fieldOf = (id: Node): Var | null => {
    const obj = id.kind === NodeKind.Ident ? objOf(id) : null;
    return obj instanceof Var && obj.isField ? obj.origin : null;
  };
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.Ident) {
      if (objOf(n) === root) mentions++;
    } else if (n.kind === NodeKind.CompositeLit) {
      for (const elt of n.elts) if (elt.kind === NodeKind.KeyValueExpr) take(fieldOf(elt.key), elt.value);
    } else if (n.kind === NodeKind.AssignStmt && n.lhs.length === n.rhs.length) {
      n.lhs.forEach((e, i) => {
        const place = unparen(e);
        take(place.kind === NodeKind.SelectorExpr ? fieldOf(place.sel) : null, n.rhs[i]);
      });
    }
  });
  // Its definition is one mention, the store the other.
  if (stores !== 1 || mentions !== 2 || found === null) return null;
  const { field } = found as { field: Var };
  return isExported(field.name) || field.embedded || field.pkg !== unit.file.pkg ? null : found;
}
