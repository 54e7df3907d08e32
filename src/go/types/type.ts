/**
 * Go types as objects.
 *
 * Composite types are hash-consed on their parts: `*T` is one object per T (kept in `T.ptr`), `[]T` in `T.slice`, maps,
 * channels and arrays in small tables on their element. So for the types that real code compares most, identity is
 * pointer equality; only structs, signatures, interface literals and tuples are compared by structure (`identical.ts`).
 *
 *     []*http.Request      Slice ──elem──► Pointer ──elem──► Named{ Request } ──underlying (on demand)──► Struct
 *
 * Aliases leave no trace: an alias name denotes the aliased type itself.
 */
import type { ChanDir } from "../syntax/ast-type.ts";
import type { Func, TypeName, Var } from "./object.ts";
import type { TypeSet } from "./typeset.ts";

export enum TypeKind {
  Basic,
  Named,
  Pointer,
  Slice,
  Array,
  Map,
  Chan,
  Struct,
  Signature,
  Interface,
  Tuple,
  TypeParam,
  Union,
}

export type Type =
  | Basic
  | Named
  | Pointer
  | Slice
  | GoArray
  | GoMap
  | Chan
  | Struct
  | Signature
  | Interface
  | Tuple
  | TypeParam
  | Union;

let nextId = 1;

abstract class TypeBase {
  /** Unique in this process, in order of creation: a key for tables, never part of any output. */
  readonly id = nextId++;
  ptr: Pointer | null = null;
  slice: Slice | null = null;
  /** Maps with this key, channels and arrays of this element; see the constructors below. */
  maps: WeakMap<Type, GoMap> | null = null;
  chans: (Chan | null)[] | null = null;
  arrays: Map<bigint, GoArray> | null = null;
  /** A type parameter occurs in it: substitution may change it. */
  abstract readonly generic: boolean;
}

export enum BasicKind {
  Unknown,
  Bool,
  Int,
  Int8,
  Int16,
  Int32,
  Int64,
  Uint,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Uintptr,
  Float32,
  Float64,
  Complex64,
  Complex128,
  String,
  UnsafePointer,
  // Untyped kinds, in the order in which mixed operands prefer them (spec, "Constant expressions").
  UntypedBool,
  UntypedInt,
  UntypedRune,
  UntypedFloat,
  UntypedComplex,
  UntypedString,
  UntypedNil,
}

/** Properties of basic types, as a bit set. */
export enum Info {
  Boolean = 1,
  Integer = 2,
  Unsigned = 4,
  Float = 8,
  Complex = 16,
  String = 32,
  Untyped = 64,
  Ordered = Integer | Float | String,
  Numeric = Integer | Float | Complex,
  ConstType = Boolean | Numeric | String,
}

export class Basic extends TypeBase {
  readonly kind: TypeKind.Basic = TypeKind.Basic;
  get generic(): boolean {
    return false;
  }
  constructor(
    readonly basic: BasicKind,
    readonly info: number,
    readonly name: string,
  ) {
    super();
  }
}

/**
 * A defined type, or an instance of a generic one. `origin` is the generic type of an instance and the type itself
 * otherwise. Inside its own declaration and methods a generic type is its own instance with its type parameters.
 */
export class Named extends TypeBase {
  readonly kind: TypeKind.Named = TypeKind.Named;
  readonly origin: Named;
  /** Type parameters of a generic type (resolved with its declaration); on the origin only. */
  typeParams: TypeParam[] | null = null;
  /** Set by the checker on first use; null before. Never itself Named. */
  underlying: Type | null = null;
  /** A cycle guard while `underlying` is computed. */
  resolving = false;
  /** Declared methods by name; instances fill theirs from the origin's as they are asked for. */
  methods: Map<string, Func> | null = null;
  /** Memoised field and method look-ups: exported names; then unexported ones as seen from the type's own package. */
  lookups: Map<string, object | null> | null = null;
  ptrLookups: Map<string, object | null> | null = null;
  /**
   * Instances of a generic origin, by the ids of their arguments, below the youngest argument: when its package is forgotten, nothing else holds it,
   * and `atomic.Pointer[T]` goes with T.
   */
  instances: WeakMap<Type, Map<string, Named>> | null = null;
  readonly generic: boolean;
  constructor(
    readonly obj: TypeName,
    origin: Named | null,
    readonly targs: readonly Type[] | null,
  ) {
    super();
    this.origin = origin ?? this;
    this.generic = targs !== null && targs.some((t) => t.generic);
  }
}

export class Pointer extends TypeBase {
  readonly kind: TypeKind.Pointer = TypeKind.Pointer;
  readonly generic: boolean;
  constructor(readonly elem: Type) {
    super();
    this.generic = mentionsParam(elem);
  }
}

export class Slice extends TypeBase {
  readonly kind: TypeKind.Slice = TypeKind.Slice;
  readonly generic: boolean;
  constructor(readonly elem: Type) {
    super();
    this.generic = mentionsParam(elem);
  }
}

/** `length` is -1n where it could not be determined. */
export class GoArray extends TypeBase {
  readonly kind: TypeKind.Array = TypeKind.Array;
  readonly generic: boolean;
  constructor(
    readonly length: bigint,
    readonly elem: Type,
  ) {
    super();
    this.generic = mentionsParam(elem);
  }
}

export class GoMap extends TypeBase {
  readonly kind: TypeKind.Map = TypeKind.Map;
  readonly generic: boolean;
  constructor(
    readonly key: Type,
    readonly elem: Type,
  ) {
    super();
    this.generic = mentionsParam(key) || mentionsParam(elem);
  }
}

export class Chan extends TypeBase {
  readonly kind: TypeKind.Chan = TypeKind.Chan;
  readonly generic: boolean;
  constructor(
    readonly dir: ChanDir,
    readonly elem: Type,
  ) {
    super();
    this.generic = mentionsParam(elem);
  }
}

export class Struct extends TypeBase {
  readonly kind: TypeKind.Struct = TypeKind.Struct;
  readonly generic: boolean;
  constructor(
    readonly fields: readonly Var[],
    /** Tags by field index, unquoted; null where no field has one. */
    readonly tags: readonly string[] | null,
  ) {
    super();
    this.generic = fields.some((f) => f.type !== null && mentionsParam(f.type));
  }
}

export class Signature extends TypeBase {
  readonly kind: TypeKind.Signature = TypeKind.Signature;
  readonly generic: boolean;
  /** The results as one type; made on demand by `resultType`. */
  tuple: Tuple | null = null;
  constructor(
    readonly typeParams: readonly TypeParam[] | null,
    readonly recv: Var | null,
    readonly params: readonly Var[],
    readonly results: readonly Var[],
    /** The last parameter is `...T`; its type is []T (or string, in append's special form). */
    readonly variadic: boolean,
  ) {
    super();
    this.generic =
      params.some((p) => p.type !== null && mentionsParam(p.type)) ||
      results.some((r) => r.type !== null && mentionsParam(r.type));
  }
}

export class Interface extends TypeBase {
  readonly kind: TypeKind.Interface = TypeKind.Interface;
  /** All methods and terms, embedded ones included; computed on demand by `typeset.ts`. */
  typeSet: TypeSet | null = null;
  constructor(
    /** Methods declared in this literal. */
    readonly methods: readonly Func[],
    readonly embedded: readonly Type[],
    /** `[T ~int]` wraps its constraint in an interface that nobody wrote. */
    readonly implicit: boolean,
    readonly generic: boolean,
  ) {
    super();
  }
}

export class Tuple extends TypeBase {
  readonly kind: TypeKind.Tuple = TypeKind.Tuple;
  readonly generic: boolean;
  constructor(readonly types: readonly Type[]) {
    super();
    this.generic = types.some(mentionsParam);
  }
}

export class TypeParam extends TypeBase {
  readonly kind: TypeKind.TypeParam = TypeKind.TypeParam;
  /** Its constraint (an interface, or wrapped in one); read it with `bound`. */
  private constraint: Type | null = null;
  /** Resolves the constraint on first use: it may mention the very type that is being declared. */
  private resolve: (() => Type) | null = null;
  get generic(): boolean {
    return true;
  }
  constructor(
    readonly obj: TypeName,
    readonly index: number,
  ) {
    super();
  }

  setBound(resolve: () => Type): void {
    this.resolve = resolve;
  }

  bound(): Type | null {
    const resolve = this.resolve;
    if (resolve !== null) {
      this.resolve = null;
      this.constraint = resolve();
    }
    return this.constraint;
  }
}

export interface Term {
  readonly tilde: boolean;
  readonly type: Type;
}

/** `~int | string`, in constraints only. */
export class Union extends TypeBase {
  readonly kind: TypeKind.Union = TypeKind.Union;
  readonly generic: boolean;
  constructor(readonly terms: readonly Term[]) {
    super();
    this.generic = terms.some((t) => mentionsParam(t.type));
  }
}

/** Whether substitution can change `t`. A generic type's own declaration mentions its parameters. */
export function mentionsParam(t: Type): boolean {
  return t.kind === TypeKind.Named ? t.generic || (t.targs === null && t.typeParams !== null) : t.generic;
}

export function pointerTo(elem: Type): Pointer {
  return (elem.ptr ??= new Pointer(elem));
}

export function sliceOf(elem: Type): Slice {
  return (elem.slice ??= new Slice(elem));
}

export function arrayOf(length: bigint, elem: Type): GoArray {
  const table = (elem.arrays ??= new Map<bigint, GoArray>());
  let t = table.get(length);
  if (t === undefined) table.set(length, (t = new GoArray(length, elem)));
  return t;
}

export function mapOf(key: Type, elem: Type): GoMap {
  const table = (key.maps ??= new WeakMap<Type, GoMap>());
  let t = table.get(elem);
  if (t === undefined) table.set(elem, (t = new GoMap(key, elem)));
  return t;
}

export function chanOf(dir: ChanDir, elem: Type): Chan {
  const table = (elem.chans ??= [null, null, null, null]);
  return (table[dir] ??= new Chan(dir, elem));
}
