/**
 * Constant values and their arithmetic (spec, "Constants"): exact, as go/constant does it while numbers stay small.
 *
 *     boolean   boolean
 *     string    string; a byte that is no UTF-8 is the lone surrogate U+DC00 + byte, so that nothing is lost
 *     integer   bigint
 *     float     Rat (a normalised fraction); integral values are bigint too: 1.0 and 1 are one value
 *     complex   Complex
 *
 * Null means "not known": the operands were not, or the result is beyond the limits below.
 */
import { isUtf8 } from "node:buffer";
import { BasicKind, Info, type Basic } from "./type.ts";

export type ConstValue = boolean | string | bigint | Rat | Complex;

/** Numerator and denominator without common factor, denominator > 1 (else it would be a bigint). */
export class Rat {
  constructor(
    readonly num: bigint,
    readonly den: bigint,
  ) {}
}

export class Complex {
  constructor(
    readonly re: bigint | Rat,
    readonly im: bigint | Rat,
  ) {}
}

type Real = bigint | Rat;

/** gc refuses integer constants of more than 512 bits; floats need exponents of ±16383. Beyond this we do not know. */
const MaxBits = 1 << 16;

function gcd(a: bigint, b: bigint): bigint {
  if (a < 0n) a = -a;
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function ratio(num: bigint, den: bigint): Real | null {
  if (den === 0n) return null;
  if (den < 0n) {
    num = -num;
    den = -den;
  }
  if (den === 1n) return num;
  const g = gcd(num, den);
  if (g !== 1n) {
    num /= g;
    den /= g;
  }
  return den === 1n ? num : new Rat(num, den);
}

const num = (x: Real): bigint => (x instanceof Rat ? x.num : x);
const den = (x: Real): bigint => (x instanceof Rat ? x.den : 1n);
const isReal = (x: ConstValue): x is Real => typeof x === "bigint" || x instanceof Rat;

const smallInts = new Map<string, bigint>();

/** The value of an integer literal; null where it is malformed. */
export function parseInt_(literal: string): bigint | null {
  const cached = smallInts.get(literal);
  if (cached !== undefined) return cached;
  let text = literal.includes("_") ? literal.replaceAll("_", "") : literal;
  if (text.length > 1 && text[0] === "0" && text[1] >= "0" && text[1] <= "9") text = "0o" + text.slice(1);
  try {
    const value = BigInt(text);
    if (literal.length < 12 && smallInts.size < 10_000) smallInts.set(literal, value);
    return value;
  } catch {
    return null;
  }
}

/** The value of a floating-point literal, decimal or hexadecimal. */
export function parseFloat_(literal: string): Real | null {
  const text = literal.replaceAll("_", "").toLowerCase();
  const hex = text.startsWith("0x");
  const match = hex
    ? /^0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/.exec(text)
    : /^(\d*)\.?(\d*)(?:e([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [, whole, fraction, exponentText] = match;
  if (whole === "" && fraction === "") return null;
  const exponent = Number(exponentText ?? "0");
  if (Math.abs(exponent) > MaxBits / 4) return null;
  const mantissa = BigInt((hex ? "0x" : "") + whole + fraction);
  const base = hex ? 2n : 10n;
  const shift = exponent - fraction.length * (hex ? 4 : 1);
  return shift >= 0 ? mantissa * base ** BigInt(shift) : ratio(mantissa, base ** BigInt(-shift));
}

/** The value of an imaginary literal such as `2i`, `0x10i`, `1.5e3i`. */
export function parseImag(literal: string): ConstValue | null {
  const text = literal.slice(0, -1);
  let part: Real | null;
  if (/^0[xob]/i.test(text)) part = /p/i.test(text) ? parseFloat_(text) : parseInt_(text);
  else part = parseFloat_(text); // for backward compatibility 0123i is decimal
  return part === null ? null : new Complex(0n, part);
}

/** The code point of a rune literal, quotes included. */
export function parseChar(literal: string): bigint | null {
  const value = unquoteBody(literal.slice(1, -1));
  if (value === null) return null;
  const cp = value.codePointAt(0);
  if (cp === undefined) return null;
  // '\xff' and '\377' are code points 255, not bytes.
  return BigInt(cp >= 0xdc80 && cp <= 0xdcff && /^\\(x|[0-7])/.test(literal.slice(1)) ? cp - 0xdc00 : cp);
}

/** The value of a string literal, quotes included. */
export function parseString(literal: string): string | null {
  if (literal.charCodeAt(0) === 96 /* ` */) {
    const body = literal.slice(1, -1);
    return body.includes("\r") ? body.replaceAll("\r", "") : body;
  }
  const body = literal.slice(1, -1);
  return body.includes("\\") ? unquoteBody(body) : body;
}

const Backslash = 92;

/** The byte that a one-letter escape stands for; -1 for others. */
function simpleEscape(c: number): number {
  switch (c) {
    case 97:
      return 7; // a
    case 98:
      return 8; // b
    case 102:
      return 12; // f
    case 110:
      return 10; // n
    case 114:
      return 13; // r
    case 116:
      return 9; // t
    case 118:
      return 11; // v
    case 34:
    case 39:
    case Backslash:
      return c;
    default:
      return -1;
  }
}

/** Resolves escapes; null where one is malformed. Tables in generated code are megabytes of `\xNN`: one pass, no regexps. */
function unquoteBody(body: string): string | null {
  const out = Buffer.allocUnsafe(body.length * 3); // a UTF-16 unit takes three bytes at most, an escape fewer than it is long
  let n = 0;
  let raw = false; // \x and octal escapes beyond ASCII: the bytes may spell characters together
  for (let i = 0; i < body.length;) {
    const c = body.charCodeAt(i);
    if (c !== Backslash) {
      let end = i + 1;
      while (end < body.length && body.charCodeAt(end) !== Backslash) end++;
      if (end - i === 1 && c < 128) out[n++] = c;
      else n += out.write(body.slice(i, end), n, "utf8");
      i = end;
      continue;
    }
    const kind = body.charCodeAt(i + 1);
    const simple = simpleEscape(kind);
    if (simple >= 0) {
      out[n++] = simple;
      i += 2;
      continue;
    }
    const digits = kind === 120 ? 2 : kind === 117 ? 4 : kind === 85 ? 8 : 3; // x u U, octal
    const start = digits === 3 ? i + 1 : i + 2;
    const value = number(body, start, digits, digits === 3 ? 8 : 16);
    if (value < 0) return null;
    i = start + digits;
    if (digits === 2 || digits === 3) {
      if (value > 255) return null;
      if (value >= 0x80) raw = true;
      out[n++] = value;
    } else {
      if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return null;
      n += out.write(String.fromCodePoint(value), n, "utf8");
    }
  }
  return raw ? decodeBytes(out.subarray(0, n)) : out.toString("utf8", 0, n);
}

/** The digits at `start` as a number; -1 where there are not `count` of them. */
function number(text: string, start: number, count: number, base: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 0;
    const lower = c | 32;
    const digit = c >= 48 && c <= 57 ? c - 48 : lower >= 97 && lower <= 102 ? lower - 87 : 99;
    if (digit >= base) return -1;
    value = value * base + digit;
  }
  return value;
}

/** Lone surrogates U+DC80…U+DCFF: bytes that are no UTF-8. */
const rawByte = /(?<![\ud800-\udbff])[\udc80-\udcff]/;

/** The bytes of a Go string value. */
export function stringBytes(text: string): Uint8Array {
  if (!rawByte.test(text)) return Buffer.from(text, "utf8");
  const out = Buffer.allocUnsafe(text.length * 3);
  let n = 0;
  let clean = 0; // start of the stretch that is ordinary text
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0xd800 && c <= 0xdbff) i++;
    else if (c >= 0xdc80 && c <= 0xdcff) {
      if (i > clean) n += out.write(text.slice(clean, i), n, "utf8");
      out[n++] = c - 0xdc00;
      clean = i + 1;
    }
  }
  if (clean < text.length) n += out.write(text.slice(clean), n, "utf8");
  return out.subarray(0, n);
}

function decodeBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const parts: string[] = [];
  let units: number[] = [];
  for (let i = 0; i < bytes.length;) {
    const width = sequenceLength(bytes, i);
    if (width === 0) units.push(0xdc00 + bytes[i]);
    else {
      const cp = decodeSequence(bytes, i, width);
      if (cp > 0xffff) units.push(0xd800 + ((cp - 0x10000) >> 10), 0xdc00 + (cp & 0x3ff));
      else units.push(cp);
    }
    i += width === 0 ? 1 : width;
    if (units.length > 4000) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return parts.join("");
}

/** The length of the valid UTF-8 sequence at `i`; 0 where there is none. */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const b = bytes[i];
  const next = (k: number): number => (i + k < bytes.length ? bytes[i + k] : 0);
  const follows = (k: number): boolean => (next(k) & 0xc0) === 0x80;
  if (b < 0x80) return 1;
  if (b >= 0xc2 && b <= 0xdf) return follows(1) ? 2 : 0;
  if (b >= 0xe0 && b <= 0xef) {
    if (!follows(1) || !follows(2) || (b === 0xe0 && next(1) < 0xa0) || (b === 0xed && next(1) > 0x9f)) return 0;
    return 3;
  }
  if (b >= 0xf0 && b <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3) || (b === 0xf0 && next(1) < 0x90) || (b === 0xf4 && next(1) > 0x8f))
      return 0;
    return 4;
  }
  return 0;
}

function decodeSequence(bytes: Uint8Array, i: number, width: number): number {
  const b = bytes[i];
  if (width === 1) return b;
  if (width === 2) return ((b & 31) << 6) | (bytes[i + 1] & 63);
  if (width === 3) return ((b & 15) << 12) | ((bytes[i + 1] & 63) << 6) | (bytes[i + 2] & 63);
  return ((b & 7) << 18) | ((bytes[i + 1] & 63) << 12) | ((bytes[i + 2] & 63) << 6) | (bytes[i + 3] & 63);
}

/** len() of a constant string, in bytes. */
export function stringLength(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return stringBytes(text).length;
  return text.length;
}

/** The float64 nearest to `x`, ties to even; may be ±Infinity. */
export function toNumber(x: Real): number {
  if (typeof x === "bigint") return Number(x); // BigInt → Number rounds to nearest even
  const negative = x.num < 0n;
  const n = negative ? -x.num : x.num;
  // Scale so that the integer quotient has 66 bits or more, with a sticky bit for the remainder: enough for one rounding.
  const shift = BigInt(Math.max(0, 66 - (bitLength(n) - bitLength(x.den))));
  const scaled = n << shift;
  let q = scaled / x.den;
  if (scaled % x.den !== 0n) q |= 1n;
  const magnitude = scale(q, -Number(shift));
  return negative ? -magnitude : magnitude;
}

/** q × 2^exp rounded once, denormals included. */
function scale(q: bigint, exp: number): number {
  const bits = bitLength(q);
  const top = bits + exp; // value in [2^(top-1), 2^top)
  const precision = top <= -1021 ? 53 - (-1021 - top) : 53;
  if (precision < 0) return 0;
  const drop = bits - precision;
  if (drop > 0) {
    const half = 1n << BigInt(drop - 1);
    const mask = (1n << BigInt(drop)) - 1n;
    const rest = q & mask;
    q >>= BigInt(drop);
    if (rest > half || (rest === half && (q & 1n) === 1n)) q += 1n;
    exp += drop;
  }
  let value = Number(q);
  // Two steps, so that neither power of two overflows or vanishes by itself.
  while (exp > 1000) {
    value *= 2 ** 1000;
    exp -= 1000;
  }
  while (exp < -1000) {
    value *= 2 ** -1000;
    exp += 1000;
  }
  return value * 2 ** exp;
}

function bitLength(n: bigint): number {
  if (n < 0n) n = -n;
  if (n < 0x1_0000_0000n) return n === 0n ? 0 : 32 - Math.clz32(Number(n));
  const hex = n.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0], 16)));
}

/** The exact fraction of a finite float64. */
export function fromNumber(x: number): Real | null {
  if (!Number.isFinite(x)) return null;
  if (Number.isInteger(x)) return BigInt(x);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  const shift = (exponent === 0 ? 1 : exponent) - 1075;
  const signed = bits >> 63n === 1n ? -mantissa : mantissa;
  return shift >= 0 ? signed << BigInt(shift) : ratio(signed, 1n << BigInt(-shift));
}

/** The integer that `x` is, or null. */
export function toInt(x: ConstValue | null): bigint | null {
  if (typeof x === "bigint") return x;
  if (x instanceof Complex && x.im === 0n) return toInt(x.re);
  return null;
}

/** The real number that `x` is, or null. */
export function toReal(x: ConstValue): Real | null {
  if (isReal(x)) return x;
  if (x instanceof Complex && x.im === 0n) return x.re;
  return null;
}

const limits: readonly [BasicKind, bigint, bigint][] = [
  [BasicKind.Int, -(1n << 63n), (1n << 63n) - 1n],
  [BasicKind.Int8, -128n, 127n],
  [BasicKind.Int16, -32768n, 32767n],
  [BasicKind.Int32, -(1n << 31n), (1n << 31n) - 1n],
  [BasicKind.Int64, -(1n << 63n), (1n << 63n) - 1n],
  [BasicKind.Uint, 0n, (1n << 64n) - 1n],
  [BasicKind.Uint8, 0n, 255n],
  [BasicKind.Uint16, 0n, 65535n],
  [BasicKind.Uint32, 0n, (1n << 32n) - 1n],
  [BasicKind.Uint64, 0n, (1n << 64n) - 1n],
  [BasicKind.Uintptr, 0n, (1n << 64n) - 1n],
];
const low: bigint[] = [];
const high: bigint[] = [];
for (const [kind, lo, hi] of limits) {
  low[kind] = lo;
  high[kind] = hi;
}

/** Integer kinds' width in bits, for ^x on unsigned constants. */
export function unsignedMask(kind: BasicKind): bigint {
  return high[kind] ?? 0n;
}

/** `x` as a value of basic type `t` (rounded for floats); null where it is not representable. */
export function represent(x: ConstValue, t: Basic): ConstValue | null {
  if (t.info & Info.Integer) {
    const i = toInt(x);
    if (i === null) return null;
    if (t.info & Info.Untyped) return i;
    return i >= low[t.basic] && i <= high[t.basic] ? i : null;
  }
  if (t.info & Info.Float) {
    const r = toReal(x);
    if (r === null) return null;
    return roundReal(r, t.basic);
  }
  if (t.info & Info.Complex) {
    const [re, im] = x instanceof Complex ? [x.re, x.im] : isReal(x) ? [x, 0n] : [null, null];
    if (re === null || im === null) return null;
    const part =
      t.basic === BasicKind.Complex64
        ? BasicKind.Float32
        : t.basic === BasicKind.Complex128
          ? BasicKind.Float64
          : t.basic;
    const a = roundReal(re, part);
    const b = roundReal(im, part);
    return a === null || b === null ? null : new Complex(a, b);
  }
  if (t.info & Info.String) return typeof x === "string" ? x : null;
  if (t.info & Info.Boolean) return typeof x === "boolean" ? x : null;
  return null;
}

function roundReal(r: Real, kind: BasicKind): Real | null {
  if (kind === BasicKind.Float32) return fromNumber(Math.fround(toNumber(r)));
  if (kind === BasicKind.Float64) {
    if (typeof r === "bigint" && r >= -9007199254740991n && r <= 9007199254740991n) return r;
    return fromNumber(toNumber(r));
  }
  return r;
}

function tooBig(x: bigint): boolean {
  return (x > 0xffff_ffff_ffff_ffffn || x < -0xffff_ffff_ffff_ffffn) && bitLength(x) > MaxBits;
}

/** A binary operator that is no shift and no comparison. `integer`: `/` truncates. */
export function binaryOp(op: string, x: ConstValue, y: ConstValue, integer: boolean): ConstValue | null {
  if (typeof x === "bigint" && typeof y === "bigint") return intOp(op, x, y, integer);
  if (typeof x === "string" && typeof y === "string") {
    if (op !== "+" || x.length + y.length > 1 << 26) return null;
    return splitsCharacter(x, y) ? decodeBytes(Buffer.concat([stringBytes(x), stringBytes(y)])) : x + y;
  }
  if (typeof x === "boolean" && typeof y === "boolean") return op === "&&" ? x && y : op === "||" ? x || y : null;
  if (x instanceof Complex || y instanceof Complex) return complexOp(op, x, y);
  return isReal(x) && isReal(y) ? realOp(op, x, y) : null;
}

/** "\xc3" + "\xa9" is "é": bytes that meet at the seam may spell a character. */
function splitsCharacter(x: string, y: string): boolean {
  const last = x.charCodeAt(x.length - 1);
  const first = y.charCodeAt(0);
  return last >= 0xdc80 && last <= 0xdcff && first >= 0xdc80 && first <= 0xdcff && rawByte.test(x.slice(-2));
}

function intOp(op: string, x: bigint, y: bigint, integer: boolean): ConstValue | null {
  switch (op) {
    case "+":
      return x + y;
    case "-":
      return x - y;
    case "*":
      return tooBig(x) || tooBig(y) ? null : x * y;
    case "/":
      if (y === 0n) return null;
      return integer ? x / y : ratio(x, y);
    case "%":
      return y === 0n ? null : x % y;
    case "&":
      return x & y;
    case "|":
      return x | y;
    case "^":
      return x ^ y;
    case "&^":
      return x & ~y;
    default:
      return null;
  }
}

function realOp(op: string, x: Real, y: Real): Real | null {
  if (tooBig(num(x)) || tooBig(den(x)) || tooBig(num(y)) || tooBig(den(y))) return null;
  switch (op) {
    case "+":
      return ratio(num(x) * den(y) + num(y) * den(x), den(x) * den(y));
    case "-":
      return ratio(num(x) * den(y) - num(y) * den(x), den(x) * den(y));
    case "*":
      return ratio(num(x) * num(y), den(x) * den(y));
    case "/":
      return ratio(num(x) * den(y), den(x) * num(y));
    default:
      return null;
  }
}

function complexOp(op: string, x: ConstValue, y: ConstValue): Complex | null {
  const a = x instanceof Complex ? x : isReal(x) ? new Complex(x, 0n) : null;
  const b = y instanceof Complex ? y : isReal(y) ? new Complex(y, 0n) : null;
  if (a === null || b === null) return null;
  const make = (re: Real | null, im: Real | null): Complex | null =>
    re === null || im === null ? null : new Complex(re, im);
  const mul = (p: Real, q: Real): Real => realOp("*", p, q) ?? 0n;
  if (op === "+" || op === "-") return make(realOp(op, a.re, b.re), realOp(op, a.im, b.im));
  if (op === "*") {
    return make(realOp("-", mul(a.re, b.re), mul(a.im, b.im)), realOp("+", mul(a.re, b.im), mul(a.im, b.re)));
  }
  if (op === "/") {
    const s = realOp("+", mul(b.re, b.re), mul(b.im, b.im));
    if (s === null || s === 0n) return null;
    const re = realOp("+", mul(a.re, b.re), mul(a.im, b.im));
    const im = realOp("-", mul(a.im, b.re), mul(a.re, b.im));
    return re === null || im === null ? null : make(realOp("/", re, s), realOp("/", im, s));
  }
  return null;
}

export function shiftOp(left: boolean, x: bigint, count: bigint): bigint | null {
  if (count < 0n) return null;
  if (!left) return x >> count;
  return count > BigInt(MaxBits) ? null : x << count;
}

/** `mask` limits ^x on unsigned types to their width; null for signed and untyped ones. */
export function unaryOp(op: string, x: ConstValue, mask: bigint | null): ConstValue | null {
  if (op === "+") return x;
  if (op === "!") return typeof x === "boolean" ? !x : null;
  if (op === "-") {
    if (typeof x === "bigint") return -x;
    if (x instanceof Rat) return new Rat(-x.num, x.den);
    if (x instanceof Complex) return complexOp("-", 0n, x);
    return null;
  }
  if (op === "^" && typeof x === "bigint") return mask === null ? ~x : x ^ mask;
  return null;
}

export function compareOp(op: string, x: ConstValue, y: ConstValue): boolean | null {
  let order: number | null = null; // < 0, 0, > 0
  if (typeof x === "bigint" && typeof y === "bigint") order = x < y ? -1 : x > y ? 1 : 0;
  else if (typeof x === "string" && typeof y === "string") order = compareStrings(x, y);
  else if (typeof x === "boolean" && typeof y === "boolean") order = x === y ? 0 : 1;
  else if (isReal(x) && isReal(y)) {
    const a = num(x) * den(y);
    const b = num(y) * den(x);
    order = a < b ? -1 : a > b ? 1 : 0;
  } else if (x instanceof Complex || y instanceof Complex) {
    const d = complexOp("-", x, y);
    if (d === null) return null;
    order = d.re === 0n && d.im === 0n ? 0 : 1;
  }
  if (order === null) return null;
  switch (op) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return null;
  }
}

function compareStrings(x: string, y: string): number {
  if (x === y) return 0;
  return Buffer.compare(Buffer.from(stringBytes(x)), Buffer.from(stringBytes(y)));
}

export function realPart(x: ConstValue): ConstValue | null {
  return x instanceof Complex ? x.re : isReal(x) ? x : null;
}

export function imagPart(x: ConstValue): ConstValue | null {
  return x instanceof Complex ? x.im : isReal(x) ? 0n : null;
}

export function makeComplex(re: ConstValue, im: ConstValue): ConstValue | null {
  const a = toReal(re);
  const b = toReal(im);
  return a === null || b === null ? null : new Complex(a, b);
}

/** For output: integers exactly, fractions as `num/den`, strings and booleans as they are. */
export function constText(x: ConstValue): string {
  if (x instanceof Rat) return `${x.num}/${x.den}`;
  if (x instanceof Complex) return `(${constText(x.re)} + ${constText(x.im)}i)`;
  return String(x);
}
