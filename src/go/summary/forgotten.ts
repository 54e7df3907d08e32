/**
 * Resources that a type keeps in a field and that its own Close forgets: stored by a function of the package in an unexported
 * field of a struct that has a release method, and released through that field nowhere in the package.
 *
 *     func open(path string) (*store, error) {
 *         log, err := os.Create(path + ".log")      goes into store.log
 *         return &store{db: db, log: log}, nil
 *     }
 *     func (s *store) Close() error { return s.db.Close() }      and s.log stays open
 *
 * All reads of the field are looked at: one that hands it on, or that we do not understand, may release it, and then nothing
 * is said.
 */
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { AssignStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind, type Stmt } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { completeBodies } from "../types/check.ts";
import { deref, lookupFieldOrMethod } from "../types/lookup.ts";
import { type Func, isExported, Var } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { objOf, typeOf } from "../types/record.ts";
import { type Named, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { typeName } from "./entry-points.ts";
import { ownerMethods, ownMethod } from "./owners.ts";
import type { Site } from "./site.ts";
import { stubOver } from "./stubs.ts";

export interface Kept {
  readonly field: Var;
  readonly owner: Named;
  /** The method that is expected to release it. */
  readonly method: Func;
  /** Where it goes into the field. */
  readonly at: Expr;
  /** Only something made of it does, which has no method to close it. */
  readonly isStub: boolean;
}

/** How the package uses a field: the parents of each read of it. */
interface Read {
  /** The selector expression `x.f`. */
  readonly at: Expr;
  readonly parent: Node;
  readonly grand: Node | null;
}

export class FieldUses {
  private reads: Map<Var, Read[]> | null = null;
  /** Structs whose every field is given away at once, by a copy or a literal without keys. */
  constructor(private readonly pkg: Package) {}

  /** No read of the field can release what it holds, and some read uses it (a field that nobody reads is another finding). */
  isForgotten(field: Var, kind: ResourceKind): boolean {
    this.reads ??= collect(this.pkg);
    const reads = this.reads.get(field.origin) ?? [];
    return reads.length > 0 && reads.every((r) => isPlainUse(r, kind));
  }
}

function collect(pkg: Package): Map<Var, Read[]> {
  completeBodies(pkg);
  const reads = new Map<Var, Read[]>();
  const stack: Node[] = [];
  const visit = (n: Node): void => {
    if (n.kind === NodeKind.SelectorExpr) {
      const obj = objOf(n.sel);
      const parent = stack.at(-1);
      if (obj instanceof Var && obj.isField && parent !== undefined && !isPlace(parent, n)) {
        const list = reads.get(obj.origin) ?? [];
        reads.set(obj.origin, list);
        list.push({ at: n, parent, grand: stack.at(-2) ?? null });
      }
    }
    stack.push(n);
    walk(n, (child) => {
      if (child === n) return true;
      visit(child);
      return false;
    });
    stack.pop();
  };
  for (const { file } of pkg.files) for (const decl of file.decls) visit(decl);
  return reads;
}

function isPlace(parent: Node, n: Node): boolean {
  return parent.kind === NodeKind.AssignStmt && parent.lhs.some((e) => e === n);
}

/** `x.f.Write(b)`, `x.f == nil`, `bufio.NewReader(x.f)`: uses that neither release it nor hand it to somebody who might. */
function isPlainUse({ at, parent, grand }: Read, kind: ResourceKind): boolean {
  if (parent.kind === NodeKind.BinaryExpr) return true;
  if (parent.kind === NodeKind.SelectorExpr && parent.x === at) {
    const name = parent.sel.name;
    // A method that is called, and is none that releases.
    const called = grand?.kind === NodeKind.CallExpr && unparen(grand.fun) === parent;
    return called && !kind.methods.includes(name) && !kind.exhaustedBy.includes(name) && !ownerMethods.includes(name);
  }
  if (parent.kind === NodeKind.CallExpr && unparen(parent.fun) !== at) return cannotRelease(parent, at, kind);
  return false;
}

/** The parameter is an interface without a method that releases, of a function of the standard library. */
function cannotRelease(call: CallExpr, arg: Expr, kind: ResourceKind): boolean {
  const { func } = calleeOf(call);
  if (func?.pkg?.source?.standard !== true) return false;
  const sig = func.signature();
  const i = call.args.indexOf(arg);
  const type = i < 0 || (sig.variadic && i >= sig.params.length - 1) ? null : (sig.params[i]?.type ?? null);
  if (type === null) return false;
  const u = under(type);
  return (
    u.kind === TypeKind.Interface &&
    u.methods.length > 0 &&
    !kind.methods.some((m) => lookupFieldOrMethod(type, m, null) !== null)
  );
}

/**
 * The field of an owner type that an acquisition goes to: by its variable, through one store and otherwise only method calls,
 * or directly (`s.log, err = os.Create(path)`). Null where it goes elsewhere too.
 */
export function keptIn(unit: FunctionUnit, site: Site): Kept | null {
  const root = site.origin?.root ?? null;
  const { kind } = site.acquired;
  if (kind.path.length > 0 || kind.endsWithParent === true) return null;
  const direct = root === null ? directPlace(site) : null;
  if (direct !== null) {
    const field = direct.kind === NodeKind.SelectorExpr ? fieldOf(direct.sel) : null;
    return field === null || direct.kind !== NodeKind.SelectorExpr
      ? null
      : kept(field, typeOf(direct.x), direct, unit, false);
  }
  if (root === null) return null;
  const stores: { field: Var; type: ReturnType<typeof typeOf>; at: Expr; isStub: boolean }[] = [];
  let others = 0;
  const known = new Set<Node>();
  const store = (field: Var | null, type: ReturnType<typeof typeOf>, value: Expr): void => {
    // What else is made of a connection may have its own ways to end it.
    const isStub = kind.id === "grpc-conn" && stubOver(value, kind.methods).includes(root);
    if (field === null || (!isStub && variable(value) !== root)) return;
    stores.push({ field, type, at: value, isStub });
    if (!isStub) known.add(unparen(value));
    else
      walk(value, (n) => {
        if (n.kind === NodeKind.Ident && objOf(n) === root) known.add(n);
      });
  };
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.CompositeLit) {
      for (const elt of n.elts) {
        if (elt.kind === NodeKind.KeyValueExpr)
          store(elt.key.kind === NodeKind.Ident ? fieldOf(elt.key) : null, typeOf(n), elt.value);
      }
    } else if (n.kind === NodeKind.AssignStmt) {
      for (const e of n.lhs) if (variable(e) === root) known.add(unparen(e));
      if (n.lhs.length !== n.rhs.length) return;
      n.lhs.forEach((e, i) => {
        const place = unparen(e);
        if (place.kind === NodeKind.SelectorExpr) store(fieldOf(place.sel), typeOf(place.x), n.rhs[i]);
      });
    } else if (n.kind === NodeKind.DeferStmt) {
      // The function keeps it for as long as it runs, and lends it to the owner.
      if (releasesAtEnd(n.call, root)) others++;
    } else if (n.kind === NodeKind.CallExpr) {
      const fun = unparen(n.fun);
      // f.Stat(), and f.Close() where something failed
      if (fun.kind === NodeKind.SelectorExpr && variable(fun.x) === root) known.add(unparen(fun.x));
      else if (variable(fun) === root) known.add(fun);
      n.args.forEach((arg) => {
        if (variable(arg) === root && cannotRelease(n, arg, site.acquired.kind)) known.add(unparen(arg));
      });
    } else if (n.kind === NodeKind.BinaryExpr) {
      for (const e of [n.x, n.y]) if (variable(e) === root) known.add(unparen(e));
    } else if (n.kind === NodeKind.Ident && objOf(n) === root && n.pos !== root.pos && !known.has(n)) others++;
  });
  const [only] = stores;
  return stores.length !== 1 || others > 0 ? null : kept(only.field, only.type, only.at, unit, only.isStub);
}

/** `defer f.Close()`, `defer cancel()`, `defer func() { cancel(err) }()`: not under a condition, which may be that something failed. */
function releasesAtEnd(call: CallExpr, root: Var): boolean {
  const fun = unparen(call.fun);
  if (fun.kind === NodeKind.SelectorExpr) return variable(fun.x) === root;
  return fun.kind === NodeKind.FuncLit ? releasesIn(fun.body, root) : variable(fun) === root;
}

/** However its conditions are: `if err != nil { tx.Rollback() } else { tx.Commit() }`. */
function releasesIn(s: Stmt, root: Var): boolean {
  if (s.kind === NodeKind.BlockStmt) return s.list.some((inner) => releasesIn(inner, root));
  if (s.kind === NodeKind.IfStmt)
    return (
      (s.init !== null && releasesIn(s.init, root)) ||
      (s.else_ !== null && releasesIn(s.body, root) && releasesIn(s.else_, root))
    );
  const e = s.kind === NodeKind.ExprStmt ? s.x : s.kind === NodeKind.AssignStmt ? s.rhs[0] : null;
  const inner = e === null ? null : unparen(e);
  return inner?.kind === NodeKind.CallExpr && releasesAtEnd(inner, root);
}

/** https://pkg.go.dev/database/sql#DB.Close closes the connections, and with them the statements that were prepared on them. */
const databases: ReadonlySet<string> = new Set(["*database/sql.DB", "*github.com/jmoiron/sqlx.DB"]);

/** The method closes a database, so that the statements of its owner are none to be forgotten. */
export function closesDatabase({ decl }: Func): boolean {
  let closes = false;
  if (decl?.body == null) return false;
  walk(decl.body, (n) => {
    if (n.kind === NodeKind.SelectorExpr && n.sel.name === "Close") closes ||= databases.has(typeName(typeOf(n.x)));
    return !closes;
  });
  return closes;
}

function directPlace(site: Site): Expr | null {
  if (site.node.kind !== NodeKind.AssignStmt) return null;
  const s: AssignStmt = site.node;
  const i = s.rhs.findIndex((e) => unparen(e) === site.call);
  if (i < 0) return null;
  const place = s.rhs.length === 1 ? s.lhs[site.acquired.result] : s.lhs[i];
  return place === undefined ? null : unparen(place);
}

function fieldOf(id: Node): Var | null {
  const obj = id.kind === NodeKind.Ident ? objOf(id) : null;
  return obj instanceof Var && obj.isField ? obj.origin : null;
}

function kept(
  field: Var,
  holder: ReturnType<typeof typeOf>,
  at: Expr,
  unit: FunctionUnit,
  isStub: boolean,
): Kept | null {
  const [base] = deref(holder);
  if (base.kind !== TypeKind.Named || under(base).kind !== TypeKind.Struct) return null;
  const owner = base.origin;
  if (owner.obj.pkg !== unit.file.pkg || isExported(field.name) || field.embedded || field.pkg !== unit.file.pkg)
    return null;
  const method = ownMethod(owner);
  return method === null ? null : { field, owner, method, at, isStub };
}
