/**
 * What a name in Go source denotes: a package, constant, type, variable, function, label, builtin or nil.
 *
 * Package-level objects are made when their package is first looked into, with `type` null; `Checker.resolve` finds
 * the type when somebody asks. Objects are compared by identity. Those of an instantiated type (fields, methods) are
 * objects of their own whose `origin` is the declared one.
 */
import type { FuncDecl, TypeSpec, ValueSpec } from "../syntax/ast-decl.ts";
import type { Expr } from "../syntax/ast.ts";
import type { ConstValue } from "./constant.ts";
import type { FileScope, Package } from "./package.ts";
import type { Scope } from "./scope.ts";
import { type Named, Signature, type Type } from "./type.ts";

export enum ObjKind {
  PkgName,
  Const,
  TypeName,
  Var,
  Func,
  Label,
  Builtin,
  Nil,
}

export type Obj = PkgName | Const | TypeName | Var | Func | Label | Builtin | Nil;

/** Where a package-level object comes from: what `Checker.resolve` needs to type it. */
export interface DeclSite {
  readonly file: FileScope;
  readonly spec: ValueSpec | TypeSpec | FuncDecl;
  /** Type and values as inherited by implicit repetition in a const group. */
  readonly typ: Expr | null;
  readonly values: readonly Expr[];
  /** Index among the names of the spec. */
  readonly index: number;
  readonly iota: number;
}

abstract class ObjBase {
  constructor(
    readonly name: string,
    /** Null for universe objects. */
    readonly pkg: Package | null,
    /** Byte offset of the declaring identifier in its file; -1 where there is none. */
    readonly pos: number,
  ) {}
}

/** An imported package's name in one file. */
export class PkgName extends ObjBase {
  readonly kind: ObjKind.PkgName = ObjKind.PkgName;
  constructor(
    name: string,
    pkg: Package,
    pos: number,
    readonly imported: Package,
  ) {
    super(name, pkg, pos);
  }
}

export class Const extends ObjBase {
  readonly kind: ObjKind.Const = ObjKind.Const;
  type: Type | null = null;
  /** Null where it could not be computed. */
  value: ConstValue | null = null;
  resolving = false;
  constructor(
    name: string,
    pkg: Package | null,
    pos: number,
    readonly site: DeclSite | null,
  ) {
    super(name, pkg, pos);
  }
}

export class TypeName extends ObjBase {
  readonly kind: ObjKind.TypeName = ObjKind.TypeName;
  type: Type | null = null;
  /** An alias with type parameters: `type A[P any] = …`. */
  alias: { readonly typeParams: readonly Type[]; readonly rhs: Type } | null = null;
  resolving = false;
  constructor(
    name: string,
    pkg: Package | null,
    pos: number,
    readonly site: DeclSite | null,
    /** For types declared in functions: the scope of their declaration. */
    readonly scope: Scope | null,
  ) {
    super(name, pkg, pos);
  }
}

export class Var extends ObjBase {
  readonly kind: ObjKind.Var = ObjKind.Var;
  resolving = false;
  isField = false;
  embedded = false;
  isParam = false;
  /** Declared by a `for` clause: from Go 1.22 on each turn has its own. */
  isLoopVar = false;
  /** Mentioned inside a function literal that does not declare it. */
  captured = false;
  /** For fields of instantiated structs, the declared field; itself otherwise. */
  origin: Var = this;
  constructor(
    name: string,
    pkg: Package | null,
    pos: number,
    public type: Type | null,
    readonly site: DeclSite | null,
  ) {
    super(name, pkg, pos);
  }
  get isPackageLevel(): boolean {
    return this.site !== null;
  }
}

/** This module imports no other at run time (universe.ts makes objects while it loads), hence the seam. */
export interface SignatureSource {
  signatureOf(f: Func): Signature;
}

export class Func extends ObjBase {
  readonly kind: ObjKind.Func = ObjKind.Func;
  type: Signature | null = null;
  resolving = false;
  /** The declared method of an instantiated one; itself otherwise. */
  origin: Func = this;
  /** Null for interface methods and functions without source. */
  decl: FuncDecl | null = null;
  /** A method's receiver base type; for interface methods the interface's name where it has one. */
  recvNamed: Named | null = null;
  /** The receiver is a pointer. */
  ptrRecv = false;
  /** Declared in an interface. */
  isInterfaceMethod = false;
  constructor(
    name: string,
    pkg: Package | null,
    pos: number,
    readonly file: FileScope | null,
  ) {
    super(name, pkg, pos);
  }

  /** Who types it when asked: the package's checker, or the instance that an instantiated method belongs to. */
  source: SignatureSource | null = null;

  /** Its type, resolved on first use. Methods carry their receiver. */
  signature(): Signature {
    if (this.type !== null) return this.type;
    return this.source?.signatureOf(this) ?? noSignature;
  }
}

const noSignature = new Signature(null, null, [], [], false);

export class Label extends ObjBase {
  readonly kind: ObjKind.Label = ObjKind.Label;
}

export enum BuiltinId {
  Append,
  Cap,
  Clear,
  Close,
  Complex,
  Copy,
  Delete,
  Imag,
  Len,
  Make,
  Max,
  Min,
  New,
  Panic,
  Print,
  Println,
  Real,
  Recover,
  // Package unsafe.
  Add,
  Alignof,
  Offsetof,
  Sizeof,
  Slice,
  SliceData,
  String,
  StringData,
}

export class Builtin extends ObjBase {
  readonly kind: ObjKind.Builtin = ObjKind.Builtin;
  constructor(
    name: string,
    readonly id: BuiltinId,
  ) {
    super(name, null, -1);
  }
}

export class Nil extends ObjBase {
  readonly kind: ObjKind.Nil = ObjKind.Nil;
}

/** Whether an identifier starts with an upper-case letter (spec, "Exported identifiers"). */
export function isExported(name: string): boolean {
  const c = name.charCodeAt(0);
  if (c < 128) return c >= 65 && c <= 90;
  return /^\p{Lu}/u.test(name);
}
