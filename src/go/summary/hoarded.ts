/**
 * Resources that are added to a list or map of the package, for every request, and never taken from it: the variable is only added to.
 *
 *     var failed []*os.File
 *     failed = append(failed, f)        and nowhere else is `failed` mentioned
 */
import { variable } from "../flow/facts.ts";
import type { ResourceSpec } from "../flow/resource.ts";
import { mentions } from "../flow/mentions.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { type Expr, type Node, NodeKind, type Stmt } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { completeBodies } from "../types/check.ts";
import { isExported, Var } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { objOf } from "../types/record.ts";

/** Where something is added to a variable of the package: the variable as it is mentioned, and what is added. */
interface Addition {
  readonly list: Var;
  readonly mentions: readonly Node[];
  readonly values: readonly Expr[];
}

/** `list = append(list, values…)`, `list[key] = value`. Null for everything else. */
function additionOf(n: Node): Addition | null {
  if (n.kind !== NodeKind.AssignStmt || n.lhs.length !== 1 || n.rhs.length !== 1) return null;
  const place = unparen(n.lhs[0]);
  const value = unparen(n.rhs[0]);
  if (place.kind === NodeKind.IndexExpr) {
    const list = packageVariable(place.x);
    return list === null ? null : { list, mentions: [unparen(place.x)], values: [value] };
  }
  const list = packageVariable(place);
  if (list === null || value.kind !== NodeKind.CallExpr || value.args.length < 2) return null;
  if (calleeOf(value).builtin?.name !== "append" || packageVariable(value.args[0]) !== list) return null;
  return { list, mentions: [place, unparen(value.args[0])], values: value.args.slice(1) };
}

function packageVariable(e: Expr): Var | null {
  const v = variable(e);
  return v !== null && v.isPackageLevel && !v.isField && !isExported(v.name) ? v : null;
}

/** The variables of a package that some code reads, or writes in any other way than by adding to them; found on first use. */
export class ListReads {
  private read: Set<Var> | null = null;

  constructor(private readonly pkg: Package) {}

  isRead(list: Var): boolean {
    this.read ??= readLists(this.pkg);
    return this.read.has(list);
  }
}

function readLists(pkg: Package): Set<Var> {
  completeBodies(pkg);
  const read = new Set<Var>();
  const adding = new Set<Node>();
  for (const { file } of pkg.files) {
    walk(file, (n) => {
      const addition = additionOf(n);
      if (addition !== null) for (const m of addition.mentions) adding.add(m);
      // Its declaration is no mention: there it is defined.
      else if (n.kind === NodeKind.ValueSpec) for (const name of n.names) adding.add(name);
      else if (n.kind === NodeKind.Ident && !adding.has(n)) {
        const obj = objOf(n);
        if (obj instanceof Var && obj.isPackageLevel) read.add(obj);
      }
      return true;
    });
  }
  return read;
}

/** The list to which a local variable's value is added last of all that happens to it; null where nothing shows that. */
export function hoardedIn(unit: FunctionUnit, root: Var, spec: ResourceSpec): { list: Var; at: Node } | null {
  // A call that releases it is `f.Close()`; what is released otherwise may be so by the list's name.
  if (spec.call || spec.methods.length === 0) return null;
  const adds = (n: Node): Addition | null => {
    const addition = additionOf(n);
    return addition?.values.some((v) => variable(v) === root) === true ? addition : null;
  };
  if (!unit.nodes(NodeKind.AssignStmt).some((n) => adds(n) !== null)) return null;
  const own = new Set([root]);
  let found: { list: Var; at: Node } | null = null;
  const deferred = unit.nodes(NodeKind.DeferStmt);
  const visit = (list: readonly Stmt[], outermost: boolean): void => {
    list.forEach((statement, i) => {
      const addition = adds(statement);
      if (addition === null) return;
      const rest = list.slice(i + 1);
      if (rest.some((s) => mentions(s, own))) return;
      // What follows this block may release it.
      if (!outermost && rest.at(-1)?.kind !== NodeKind.ReturnStmt) return;
      if (deferred.some((d) => d.pos < statement.pos && mentions(d, own))) return;
      found = { list: addition.list, at: statement };
    });
  };
  visit(unit.body.list, true);
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.BlockStmt && n !== unit.body) visit(n.list, false);
    else if (n.kind === NodeKind.CaseClause || n.kind === NodeKind.CommClause) visit(n.body, false);
    return true;
  });
  return found;
}
