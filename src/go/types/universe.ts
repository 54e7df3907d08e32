/** The predeclared identifiers (spec, "Predeclared identifiers"), and package unsafe's. */
import { Builtin, BuiltinId, Const, Func, Nil, type Obj, TypeName, Var } from "./object.ts";
import { Basic, BasicKind, Info, Interface, Named, Signature, type Type } from "./type.ts";

const basic = (kind: BasicKind, info: number, name: string): Basic => new Basic(kind, info, name);

/** Basic types by kind. */
export const typ: readonly Basic[] = (() => {
  const t: Basic[] = [];
  const put = (kind: BasicKind, info: number, name: string): void => {
    t[kind] = basic(kind, info, name);
  };
  put(BasicKind.Unknown, 0, "unknown");
  put(BasicKind.Bool, Info.Boolean, "bool");
  put(BasicKind.Int, Info.Integer, "int");
  put(BasicKind.Int8, Info.Integer, "int8");
  put(BasicKind.Int16, Info.Integer, "int16");
  put(BasicKind.Int32, Info.Integer, "int32");
  put(BasicKind.Int64, Info.Integer, "int64");
  put(BasicKind.Uint, Info.Integer | Info.Unsigned, "uint");
  put(BasicKind.Uint8, Info.Integer | Info.Unsigned, "uint8");
  put(BasicKind.Uint16, Info.Integer | Info.Unsigned, "uint16");
  put(BasicKind.Uint32, Info.Integer | Info.Unsigned, "uint32");
  put(BasicKind.Uint64, Info.Integer | Info.Unsigned, "uint64");
  put(BasicKind.Uintptr, Info.Integer | Info.Unsigned, "uintptr");
  put(BasicKind.Float32, Info.Float, "float32");
  put(BasicKind.Float64, Info.Float, "float64");
  put(BasicKind.Complex64, Info.Complex, "complex64");
  put(BasicKind.Complex128, Info.Complex, "complex128");
  put(BasicKind.String, Info.String, "string");
  put(BasicKind.UnsafePointer, 0, "unsafe.Pointer");
  put(BasicKind.UntypedBool, Info.Boolean | Info.Untyped, "untyped bool");
  put(BasicKind.UntypedInt, Info.Integer | Info.Untyped, "untyped int");
  put(BasicKind.UntypedRune, Info.Integer | Info.Untyped, "untyped rune");
  put(BasicKind.UntypedFloat, Info.Float | Info.Untyped, "untyped float");
  put(BasicKind.UntypedComplex, Info.Complex | Info.Untyped, "untyped complex");
  put(BasicKind.UntypedString, Info.String | Info.Untyped, "untyped string");
  put(BasicKind.UntypedNil, Info.Untyped, "untyped nil");
  return t;
})();

/** The type of what cannot be known. It is identical to nothing but itself and every operation on it yields it again. */
export const unknownType: Basic = typ[BasicKind.Unknown];
export const boolType: Basic = typ[BasicKind.Bool];
export const intType: Basic = typ[BasicKind.Int];
export const stringType: Basic = typ[BasicKind.String];
export const byteType: Basic = typ[BasicKind.Uint8];
export const runeType: Basic = typ[BasicKind.Int32];

export const anyType: Interface = new Interface([], [], false, false);

const universeTable = new Map<string, Obj>();

function declareType(name: string, type: Type): TypeName {
  const obj = new TypeName(name, null, -1, null, null);
  obj.type = type;
  universeTable.set(name, obj);
  return obj;
}

for (const t of typ) if (t.basic >= BasicKind.Bool && t.basic <= BasicKind.String) declareType(t.name, t);
declareType("byte", byteType);
declareType("rune", runeType);
declareType("any", anyType);

/** `error`: a defined interface type with one method. */
export const errorType: Named = (() => {
  const obj = declareType("error", unknownType);
  const named = new Named(obj, null, null);
  obj.type = named;
  const method = new Func("Error", null, -1, null);
  method.type = new Signature(null, null, [], [new Var("", null, -1, stringType, null)], false);
  method.isInterfaceMethod = true;
  method.recvNamed = named;
  named.underlying = new Interface([method], [], false, false);
  return named;
})();

/** `comparable`; its type set is marked as such by `typeset.ts`. */
export const comparableType: Named = (() => {
  const obj = declareType("comparable", unknownType);
  const named = new Named(obj, null, null);
  obj.type = named;
  named.underlying = new Interface([], [], false, false);
  return named;
})();

for (const [name, value] of [
  ["true", true],
  ["false", false],
] as const) {
  const c = new Const(name, null, -1, null);
  c.type = typ[BasicKind.UntypedBool];
  c.value = value;
  universeTable.set(name, c);
}

/** `iota` has no value of its own: the checker knows the current one. */
export const iotaConst: Const = (() => {
  const c = new Const("iota", null, -1, null);
  c.type = typ[BasicKind.UntypedInt];
  c.value = 0n;
  universeTable.set("iota", c);
  return c;
})();

universeTable.set("nil", new Nil("nil", null, -1));

const builtins: readonly [string, BuiltinId][] = [
  ["append", BuiltinId.Append],
  ["cap", BuiltinId.Cap],
  ["clear", BuiltinId.Clear],
  ["close", BuiltinId.Close],
  ["complex", BuiltinId.Complex],
  ["copy", BuiltinId.Copy],
  ["delete", BuiltinId.Delete],
  ["imag", BuiltinId.Imag],
  ["len", BuiltinId.Len],
  ["make", BuiltinId.Make],
  ["max", BuiltinId.Max],
  ["min", BuiltinId.Min],
  ["new", BuiltinId.New],
  ["panic", BuiltinId.Panic],
  ["print", BuiltinId.Print],
  ["println", BuiltinId.Println],
  ["real", BuiltinId.Real],
  ["recover", BuiltinId.Recover],
];
for (const [name, id] of builtins) universeTable.set(name, new Builtin(name, id));

/** The universe scope. */
export const universe: ReadonlyMap<string, Obj> = universeTable;

/** The members of package unsafe. */
export const unsafeScope: ReadonlyMap<string, Obj> = (() => {
  const scope = new Map<string, Obj>();
  const pointer = new TypeName("Pointer", null, -1, null, null);
  pointer.type = typ[BasicKind.UnsafePointer];
  scope.set("Pointer", pointer);
  const members: readonly [string, BuiltinId][] = [
    ["Add", BuiltinId.Add],
    ["Alignof", BuiltinId.Alignof],
    ["Offsetof", BuiltinId.Offsetof],
    ["Sizeof", BuiltinId.Sizeof],
    ["Slice", BuiltinId.Slice],
    ["SliceData", BuiltinId.SliceData],
    ["String", BuiltinId.String],
    ["StringData", BuiltinId.StringData],
  ];
  for (const [name, id] of members) scope.set(name, new Builtin(name, id));
  return scope;
})();
