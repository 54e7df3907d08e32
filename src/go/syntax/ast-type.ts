/** Types that have syntax of their own, and the fields, methods and parameters in them. */
import type { BasicLit, Ident } from "./ast-expr.ts";
import { type CommentGroup, type Expr, NodeKind } from "./ast.ts";

/** `len` is null for a slice type and an Ellipsis for `[...]T`. */
export class ArrayType {
  readonly kind: NodeKind.ArrayType = NodeKind.ArrayType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly len: Expr | null,
    readonly elt: Expr,
  ) {}
}

export class StructType {
  readonly kind: NodeKind.StructType = NodeKind.StructType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly fields: FieldList,
  ) {}
}

/** `func` is NoPos where the keyword is absent (interface methods); then `pos` is that of the parameters. */
export class FuncType {
  readonly kind: NodeKind.FuncType = NodeKind.FuncType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly func: number,
    readonly typeParams: FieldList | null,
    readonly params: FieldList,
    readonly results: FieldList | null,
  ) {}
}

/** `methods` holds methods (a name, a FuncType) and embedded elements (no name). */
export class InterfaceType {
  readonly kind: NodeKind.InterfaceType = NodeKind.InterfaceType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly methods: FieldList,
  ) {}
}

export class MapType {
  readonly kind: NodeKind.MapType = NodeKind.MapType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly key: Expr,
    readonly value: Expr,
  ) {}
}

/** Channel directions as a bit set: what may be done with the channel. */
export enum ChanDir {
  Send = 1,
  Recv = 2,
  Both = 3,
}

export class ChanType {
  readonly kind: NodeKind.ChanType = NodeKind.ChanType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly dir: ChanDir,
    /** Position of `<-`, or NoPos. */
    readonly arrow: number,
    readonly value: Expr,
  ) {}
}

/** A field, method or parameter declaration: `a, b T "tag"`. `names` is empty for embedded and unnamed ones. */
export class Field {
  readonly kind: NodeKind.Field = NodeKind.Field;
  constructor(
    readonly pos: number,
    public end: number,
    readonly names: Ident[],
    readonly type: Expr,
    readonly tag: BasicLit | null,
    readonly doc: CommentGroup | null,
  ) {}
}

/** `opening` and `closing` are NoPos where there are no brackets (a single unparenthesised result). */
export class FieldList {
  readonly kind: NodeKind.FieldList = NodeKind.FieldList;
  constructor(
    readonly pos: number,
    public end: number,
    readonly opening: number,
    readonly list: Field[],
    readonly closing: number,
  ) {}
}
