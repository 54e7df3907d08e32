/** Statements and function bodies (spec, "Statements"): declares what they declare and types what they contain. */
import type { FuncDecl, GenDecl } from "../syntax/ast-decl.ts";
import type { Ident } from "../syntax/ast-expr.ts";
import type { AssignStmt, BlockStmt, RangeStmt, TypeSwitchStmt } from "../syntax/ast-stmt.ts";
import { type Expr, NodeKind, type Stmt } from "../syntax/ast.ts";
import { binaryOfAssign, Token } from "../syntax/token.ts";
import { matchOperands, operatorAssign } from "./binary.ts";
import type { Checker } from "./checker.ts";
import { constDecl, typeDecl } from "./decl.ts";
import { assignTo, defaultType, expr, initType, isUntyped, multiExpr, retype } from "./expr.ts";
import { Const, ObjKind, TypeName, Var } from "./object.ts";
import { receiverBase } from "./package.ts";
import { Mode, record, typeOf } from "./record.ts";
import { coreString } from "./typeset.ts";
import { Info, type Signature, type Type, TypeKind } from "./type.ts";
import { typExpr } from "./typexpr.ts";
import { intType, runeType, unknownType } from "./universe.ts";

/** Types the body of a declared function or method. Its signature must be resolved. */
export function funcDeclBody(c: Checker, decl: FuncDecl, sig: Signature): void {
  if (decl.body === null) return;
  c.openScope(true);
  const base = receiverBase(decl);
  for (const arg of base?.args ?? []) {
    if (arg.kind === NodeKind.Ident && arg.obj !== null) c.declare(arg.name, arg.obj as TypeName);
  }
  funcBody(c, sig, decl.body);
  c.closeScope();
}

/** Types a body in a new function scope that holds the signature's parameters. */
export function funcBody(c: Checker, sig: Signature, body: BlockStmt): void {
  c.openScope(true);
  if (sig.recv !== null) c.declare(sig.recv.name, sig.recv);
  for (const p of sig.typeParams ?? []) c.declare(p.obj.name, p.obj);
  for (const p of sig.params) if (p.name !== "") c.declare(p.name, p);
  for (const r of sig.results) if (r.name !== "") c.declare(r.name, r);
  block(c, body.list);
  c.closeScope();
}

function block(c: Checker, list: readonly Stmt[]): void {
  for (const s of list) stmt(c, s);
}

function scoped(c: Checker, list: readonly Stmt[]): void {
  c.openScope();
  block(c, list);
  c.closeScope();
}

/** An expression used for its effect or as a condition. */
function use(c: Checker, e: Expr): void {
  expr(c, e, null);
}

export function stmt(c: Checker, s: Stmt): void {
  switch (s.kind) {
    case NodeKind.ExprStmt: {
      const t = expr(c, s.x, null);
      if (isUntyped(t)) retype(s.x, defaultType(t));
      break;
    }
    case NodeKind.AssignStmt:
      assign(c, s);
      break;
    case NodeKind.ReturnStmt:
      returns(c, s.results);
      break;
    case NodeKind.IfStmt: {
      // else-if chains are walked, not recursed into: generated ones run to thousands.
      let depth = 0;
      for (let at: Stmt | null = s; at !== null;) {
        if (at.kind !== NodeKind.IfStmt) {
          stmt(c, at);
          break;
        }
        if (at.init !== null) {
          // Only then: a scope per link of a long chain would make every look-up walk the chain.
          c.openScope();
          depth++;
          stmt(c, at.init);
        }
        use(c, at.cond);
        scoped(c, at.body.list);
        at = at.else_;
      }
      while (depth-- > 0) c.closeScope();
      break;
    }
    case NodeKind.BlockStmt:
      scoped(c, s.list);
      break;
    case NodeKind.DeclStmt:
      if (s.decl.kind === NodeKind.GenDecl) localDecl(c, s.decl);
      break;
    case NodeKind.ForStmt:
      c.openScope();
      if (s.init !== null) {
        stmt(c, s.init);
        if (s.init.kind === NodeKind.AssignStmt && s.init.tok === Token.Define) markLoopVars(s.init.lhs);
      }
      if (s.cond !== null) use(c, s.cond);
      if (s.post !== null) stmt(c, s.post);
      scoped(c, s.body.list);
      c.closeScope();
      break;
    case NodeKind.RangeStmt:
      range(c, s);
      break;
    case NodeKind.SwitchStmt: {
      c.openScope();
      if (s.init !== null) stmt(c, s.init);
      if (s.tag !== null) {
        use(c, s.tag);
        initType(s.tag);
      }
      for (const clause of s.body.list) {
        if (clause.kind !== NodeKind.CaseClause) continue;
        for (const e of clause.list ?? []) {
          use(c, e);
          if (s.tag === null) {
            const t = typeOf(e);
            if (isUntyped(t)) retype(e, defaultType(t));
          } else {
            matchOperands(e, s.tag);
            const t = typeOf(e);
            if (isUntyped(t)) retype(e, defaultType(t));
          }
        }
        scoped(c, clause.body);
      }
      c.closeScope();
      break;
    }
    case NodeKind.TypeSwitchStmt:
      typeSwitch(c, s);
      break;
    case NodeKind.SelectStmt:
      for (const clause of s.body.list) {
        if (clause.kind !== NodeKind.CommClause) continue;
        c.openScope();
        if (clause.comm !== null) stmt(c, clause.comm);
        block(c, clause.body);
        c.closeScope();
      }
      break;
    case NodeKind.GoStmt:
    case NodeKind.DeferStmt:
      use(c, s.call);
      break;
    case NodeKind.SendStmt: {
      const t = expr(c, s.chan, null);
      expr(c, s.value, null);
      const u = coreString(t);
      if (u !== null && u.kind === TypeKind.Chan) assignTo(s.value, u.elem);
      else initType(s.value);
      break;
    }
    case NodeKind.IncDecStmt:
      use(c, s.x);
      break;
    case NodeKind.LabeledStmt:
      stmt(c, s.stmt);
      break;
    default:
      break;
  }
}

function markLoopVars(lhs: readonly Expr[]): void {
  for (const e of lhs) if (e.kind === NodeKind.Ident && e.obj instanceof Var) e.obj.isLoopVar = true;
}

function assign(c: Checker, s: AssignStmt): void {
  const { lhs, rhs } = s;
  if (s.tok === Token.Define) {
    define(c, lhs, rhs);
    return;
  }
  if (s.tok !== Token.Assign) {
    use(c, lhs[0]);
    use(c, rhs[0]);
    operatorAssign(lhs[0], rhs[0], binaryOfAssign(s.tok));
    return;
  }
  if (lhs.length === rhs.length) {
    for (let i = 0; i < lhs.length; i++) {
      const target = assignee(c, lhs[i]);
      expr(c, rhs[i], null);
      if (target === null) initType(rhs[i]);
      else assignTo(rhs[i], target);
    }
    return;
  }
  for (const e of lhs) assignee(c, e);
  if (rhs.length === 1) multiExpr(c, rhs[0], lhs.length);
  else for (const e of rhs) use(c, e);
}

/** The type of the left side; null for the blank identifier. */
function assignee(c: Checker, e: Expr): Type | null {
  if (e.kind === NodeKind.Ident && e.name === "_") return null;
  return expr(c, e, null);
}

function define(c: Checker, lhs: readonly Expr[], rhs: readonly Expr[]): void {
  let types: readonly Type[];
  if (lhs.length === rhs.length) {
    types = rhs.map((e, i) => {
      expr(c, e, null);
      const old = redeclared(c, lhs[i]);
      if (old !== null && old.type !== null) {
        assignTo(e, old.type);
        return old.type;
      }
      return initType(e);
    });
  } else if (rhs.length === 1) {
    types = multiExpr(c, rhs[0], lhs.length);
  } else {
    for (const e of rhs) use(c, e);
    types = [];
  }
  // New variables are in scope after the statement, hence after the right side is typed.
  lhs.forEach((e, i) => {
    if (e.kind !== NodeKind.Ident) {
      use(c, e);
      return;
    }
    const old = redeclared(c, e);
    if (old !== null) {
      e.obj = old;
      record(e, Mode.Variable, old.type ?? unknownType);
      return;
    }
    declareVar(c, e, defaultType(types[i] ?? unknownType));
  });
}

/** The variable of this very scope that `x :=` assigns to instead of declaring. */
function redeclared(c: Checker, e: Expr): Var | null {
  if (e.kind !== NodeKind.Ident || e.name === "_") return null;
  const obj = c.scope?.own(e.name) ?? null;
  return obj !== null && obj.kind === ObjKind.Var ? obj : null;
}

function declareVar(c: Checker, id: Ident, type: Type): Var {
  const v = new Var(id.name, c.pkg, id.pos, type, null);
  id.obj = v;
  c.declare(id.name, v);
  return v;
}

function returns(c: Checker, results: readonly Expr[]): void {
  const expected = c.sig?.results ?? [];
  if (results.length === 1 && expected.length > 1) {
    multiExpr(c, results[0], expected.length);
    return;
  }
  results.forEach((e, i) => {
    expr(c, e, null);
    const t = expected[i]?.type ?? null;
    if (t === null) initType(e);
    else assignTo(e, t);
  });
}

function localDecl(c: Checker, decl: GenDecl): void {
  let typ: Expr | null = null;
  let values: readonly Expr[] = [];
  let first = 0;
  for (let k = 0; k < decl.specs.length; k++) {
    const spec = decl.specs[k];
    if (spec.kind === NodeKind.TypeSpec) {
      const site = { file: c.file, spec, typ: spec.type, values: [], index: 0, iota: 0 };
      const obj = new TypeName(spec.name.name, c.pkg, spec.name.pos, site, c.scope);
      spec.name.obj = obj;
      c.declare(spec.name.name, obj);
      typeDecl(c, obj, spec);
      // Resolve where it stands: names that the scope gets later must not be seen.
      if (obj.type !== null && obj.type.kind === TypeKind.Named) coreString(obj.type);
    } else if (spec.kind === NodeKind.ValueSpec && decl.tok === Token.Const) {
      if (spec.type !== null || spec.values.length > 0) {
        [typ, values] = [spec.type, spec.values];
        first = k;
      }
      const objs = spec.names.map((id, index) => {
        const obj = new Const(id.name, c.pkg, id.pos, null);
        const value = values[index] ?? null;
        c.within(c.file, c.scope, BigInt(spec.iota), c.sig, () => constDecl(c, obj, typ, value, first !== k));
        id.obj = obj;
        return obj;
      });
      spec.names.forEach((id, index) => c.declare(id.name, objs[index]));
    } else if (spec.kind === NodeKind.ValueSpec) {
      const declared = spec.type === null ? null : typExpr(c, spec.type);
      let types: readonly Type[] = [];
      if (spec.values.length === 1 && spec.names.length > 1) types = multiExpr(c, spec.values[0], spec.names.length);
      else {
        types = spec.values.map((e) => {
          expr(c, e, declared);
          if (declared === null) return initType(e);
          assignTo(e, declared);
          return declared;
        });
      }
      spec.names.forEach((id, i) => declareVar(c, id, declared ?? defaultType(types[i] ?? unknownType)));
    }
  }
}

function range(c: Checker, s: RangeStmt): void {
  c.openScope();
  const t = expr(c, s.x, null);
  let [key, value] = rangeTypes(t);
  const define = s.tok === Token.Define;
  if (isUntyped(t) && (t.info & Info.Numeric) !== 0) {
    // range 10: the variable's type decides, else int.
    const assigned = !define && s.key !== null && !(s.key.kind === NodeKind.Ident && s.key.name === "_");
    const target = assigned && s.key !== null ? expr(c, s.key, null) : defaultType(t);
    retype(s.x, target);
    [key, value] = [target, null];
  }
  const place = (e: Expr | null, type: Type | null): void => {
    if (e === null) return;
    if (define && e.kind === NodeKind.Ident) declareVar(c, e, type ?? unknownType).isLoopVar = true;
    else assignee(c, e);
  };
  place(s.key, key);
  place(s.value, value);
  scoped(c, s.body.list);
  c.closeScope();
}

/** What one turn yields (spec, "For statements with range clause"). */
function rangeTypes(t: Type): [Type | null, Type | null] {
  const u = coreString(t);
  switch (u?.kind) {
    case TypeKind.Basic:
      if ((u.info & Info.String) !== 0) return [intType, runeType];
      if ((u.info & Info.Integer) !== 0) return [t, null];
      return [null, null];
    case TypeKind.Array:
    case TypeKind.Slice:
      return [intType, u.elem];
    case TypeKind.Pointer: {
      const a = coreString(u.elem);
      return a !== null && a.kind === TypeKind.Array ? [intType, a.elem] : [null, null];
    }
    case TypeKind.Map:
      return [u.key, u.elem];
    case TypeKind.Chan:
      return [u.elem, null];
    case TypeKind.Signature: {
      // func(yield func(K, V) bool)
      const yieldType = u.params[0]?.type ?? null;
      const y = yieldType === null ? null : coreString(yieldType);
      if (y === null || y.kind !== TypeKind.Signature) return [null, null];
      return [y.params[0]?.type ?? null, y.params[1]?.type ?? null];
    }
    default:
      return [null, null];
  }
}

function typeSwitch(c: Checker, s: TypeSwitchStmt): void {
  c.openScope();
  if (s.init !== null) stmt(c, s.init);
  let name: Ident | null = null;
  let subject: Expr | null = null;
  const { assign: a } = s;
  if (a.kind === NodeKind.AssignStmt && a.rhs[0]?.kind === NodeKind.TypeAssertExpr) {
    if (a.lhs[0]?.kind === NodeKind.Ident) name = a.lhs[0];
    subject = a.rhs[0].x;
  } else if (a.kind === NodeKind.ExprStmt && a.x.kind === NodeKind.TypeAssertExpr) {
    subject = a.x.x;
  }
  const t = subject === null ? unknownType : expr(c, subject, null);
  for (const clause of s.body.list) {
    if (clause.kind !== NodeKind.CaseClause) continue;
    let single: Type | null = null;
    for (const e of clause.list ?? []) {
      const ct = expr(c, e, null);
      if (e.mode === Mode.TypeExpr) single = ct;
      else if (e.mode === Mode.Nil) single = t;
    }
    c.openScope();
    if (name !== null) {
      // One type per clause: the variable has it; otherwise that of the subject.
      const type = clause.list?.length === 1 && single !== null ? single : t;
      const v = new Var(name.name, c.pkg, name.pos, type, null);
      clause.obj = v;
      c.declare(name.name, v);
    }
    block(c, clause.body);
    c.closeScope();
  }
  c.closeScope();
}
