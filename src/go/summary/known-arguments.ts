/**
 * What a call says of the parameters of its function: nil, or a constant number or flag. Decisions that go against it are not taken.
 *
 *     cache, err := lru.New(128)      func New(size int) (*Cache, error) {
 *     if err != nil {                     if size <= 0 {                      ← not with 128
 *         return err                          return nil, errInvalidSize
 *     }                                   }
 *                                         return &Cache{size: size}, nil
 */
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import { comparisonOf, Fact, ofConstant, testOf, variable } from "../flow/facts.ts";
import { given } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { unparen } from "../types/callee.ts";
import type { Func, Var } from "../types/object.ts";
import { constOf, Mode } from "../types/record.ts";

/** Null: nil. Texts are left out: there is a question for each set of arguments, and few functions fail for what they are. */
export type KnownValue = bigint | boolean | null;

/** Of variables that keep it. */
export type Known = ReadonlyMap<Var, KnownValue>;

/** For questions: `0=nil`, `2=128`, `3=true`, by the index of the parameter. `known`: of the function that the call stands in. */
export function knownArguments({ args, ellipsis }: CallExpr, f: Func, known: Known): string[] {
  const { params, variadic } = f.signature();
  const isShort = variadic && args.length === params.length - 1 && ellipsis < 0;
  if (args.length !== params.length && !isShort) return [];
  return [...params.keys()].flatMap((i) => {
    const value = i >= args.length ? null : valueOf(args[i], known);
    // f(nil), where it takes any number of options: a list of one
    const isElement = variadic && i === params.length - 1 && i < args.length && ellipsis < 0;
    if (value === undefined || isElement) return [];
    return [`${i}=${value === null ? "nil" : String(value)}`];
  });
}

/** What these say of a function's parameters, of those that are given nothing else. */
export function knownIn(unit: FunctionUnit, f: Func, said: readonly string[]): Known {
  const { params } = f.signature();
  return new Map(
    said.flatMap((text): [Var, KnownValue][] => {
      const [index, value] = text.split("=");
      const param = params[Number(index)];
      return given(unit, param).length > 0 ? [] : [[param, valueIn(value)]];
    }),
  );
}

function valueIn(text: string): KnownValue {
  if (text === "nil") return null;
  return text === "true" || text === "false" ? text === "true" : BigInt(text);
}

/** Undefined where nothing is known. */
function valueOf(e: Expr, known: Known): KnownValue | undefined {
  const x = unparen(e);
  if (x.mode === Mode.Nil) return null;
  const c = constOf(x);
  if (typeof c === "bigint" || typeof c === "boolean") return c;
  const v = variable(x);
  return v === null ? undefined : known.get(v);
}

/** The edge is not taken where this is known. */
export function goesAgainst(edge: Edge, known: Known): boolean {
  const { kind, cond, subject } = edge;
  if (kind === EdgeKind.Element) {
    // What is nil has no elements.
    const over = subject?.kind === NodeKind.RangeStmt ? variable(subject.x) : null;
    return over !== null && known.get(over) === null;
  }
  if (cond === null || (kind !== EdgeKind.True && kind !== EdgeKind.False)) return false;
  const isTrue = kind === EdgeKind.True;
  const test = testOf(cond);
  const value = test === null ? undefined : known.get(test.subject);
  if (test !== null && (value === null || typeof value === "boolean")) {
    const told = isTrue ? test.whenTrue : test.whenFalse;
    return told === (value === null ? Fact.NonNil : value ? Fact.False : Fact.True);
  }
  const compared = comparisonOf(cond);
  const number = compared === null ? undefined : known.get(compared.of);
  const fact = compared === null || typeof number !== "bigint" ? null : ofConstant(compared, number);
  return fact !== null && compared !== null && fact !== (isTrue ? compared.whenTrue : compared.whenFalse);
}
