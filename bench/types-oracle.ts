/**
 * Compares the type layer with go/types: every expression's type, every constant's value, every call's callee.
 *
 *     npx tsx bench/types-oracle.ts DIR PATTERN…      (DIR holds the module; patterns as for `go list`)
 *     npx tsx bench/types-oracle.ts --show 20 …       prints the first 20 disagreements of each kind
 *     npx tsx bench/types-oracle.ts --bare …          ours without GOROOT and module cache; of the callees only those
 *                                                     inside the module and into the standard library are counted
 *
 * The Go side is bench/oracle/types, built with the machine's Go.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Loader } from "../src/go/load/loader.ts";
import type { CallExpr } from "../src/go/syntax/ast-expr.ts";
import { type Expr, type File, type Node, NodeKind } from "../src/go/syntax/ast.ts";
import { position } from "../src/go/syntax/lines.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { Token } from "../src/go/syntax/token.ts";
import { walk } from "../src/go/syntax/walk.ts";
import { checkPackage } from "../src/go/types/check.ts";
import { Complex, type ConstValue, Rat, stringBytes, toNumber } from "../src/go/types/constant.ts";
import { type Obj, ObjKind } from "../src/go/types/object.ts";
import { Program } from "../src/go/types/package.ts";
import { funcName } from "../src/go/types/print.ts";
import { constOf, Mode, typeOf } from "../src/go/types/record.ts";
import { BasicKind, type Type, TypeKind } from "../src/go/types/type.ts";

const args = process.argv.slice(2);
let show = 5;
if (args[0] === "--show") show = Number(args.splice(0, 2)[1]);
const bare = args[0] === "--bare";
if (bare) args.shift();
const [dir = ".", ...patterns] = args;

const here = import.meta.dirname;
const work = join(here, ".work");
mkdirSync(work, { recursive: true });
const oracle = join(work, "types-oracle");
execFileSync("go", ["build", "-o", oracle, "."], { cwd: join(here, "oracle/types"), stdio: "inherit" });

const loader = bare
  ? Loader.open(dir, {
      goroot: null,
      env: { GOMODCACHE: "/nonexistent", GOPATH: "/nonexistent", GOFLAGS: "-mod=mod", HOME: "/nonexistent" },
    })
  : Loader.open(dir);
const { packages } = loader.match(patterns);
const own = packages[0]?.module?.path ?? "";
const targets = new Set<object>(packages);
const program = new Program(loader, parseFile, { withBodies: (p) => targets.has(p) });

const tally = {
  expr: 0,
  exprOk: 0,
  unknown: 0,
  const: 0,
  constOk: 0,
  call: 0,
  callOk: 0,
  callUnknown: 0,
  callInvalid: 0,
};
const shown = { expr: 0, const: 0, call: 0 };
const files = new Map<string, File>();

function canonical(t: Type): string {
  switch (t.kind) {
    case TypeKind.Basic:
      return t.basic === BasicKind.Unknown ? "unknown" : t.name;
    case TypeKind.Named: {
      const name = t.obj.pkg === null ? t.obj.name : `${t.obj.pkg.path}.${t.obj.name}`;
      const targs = t.targs ?? t.typeParams;
      return targs === null ? name : `${name}[${targs.map(canonical).join(",")}]`;
    }
    case TypeKind.Pointer:
      return `*${canonical(t.elem)}`;
    case TypeKind.Slice:
      return `[]${canonical(t.elem)}`;
    case TypeKind.Array:
      return `[${t.length}]${canonical(t.elem)}`;
    case TypeKind.Map:
      return `map[${canonical(t.key)}]${canonical(t.elem)}`;
    case TypeKind.Chan:
      return `${["", "chan<-", "<-chan", "chan"][t.dir]}(${canonical(t.elem)})`;
    case TypeKind.Struct:
      return `struct{${t.fields.map((f) => `${f.embedded ? "!" : ""}${f.name} ${f.type === null ? "?" : canonical(f.type)};`).join("")}}`;
    case TypeKind.Signature: {
      const list = (vars: readonly { type: Type | null }[]): string =>
        vars.map((v) => (v.type === null ? "?" : canonical(v.type))).join(",");
      return `func(${list(t.params)})${t.variadic ? "..." : ""}(${list(t.results)})`;
    }
    case TypeKind.Interface: {
      if (t.methods.length === 0 && t.embedded.length === 0) return "any";
      const methods = t.methods.map((m) => m.name + canonical(m.signature())).sort(byBytes);
      return `interface{${methods.join(";")}${t.embedded.map((e) => `|${canonical(e)}`).join("")}}`;
    }
    case TypeKind.Tuple:
      return `(${t.types.map(canonical).join(",")})`;
    case TypeKind.TypeParam:
      return `$${t.index}`;
    case TypeKind.Union:
      return t.terms.map((x) => (x.tilde ? "~" : "") + canonical(x.type)).join("|");
    default:
      return t satisfies never;
  }
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const texts = new Map<Type, string>();
function typeText(e: Expr): string {
  if (e.mode === Mode.NoValue) return "()";
  const t = typeOf(e);
  let text = texts.get(t);
  if (text === undefined) texts.set(t, (text = canonical(t)));
  return text;
}

function fnv(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const b of bytes) h = Math.imul(h ^ b, 0x01000193);
  return h >>> 0;
}

function goFloat(x: number): string {
  return `f${x}`;
}

function valueText(v: ConstValue | null): string {
  if (v === null) return "-";
  if (typeof v === "string") {
    const bytes = stringBytes(v);
    return `s${bytes.length}:${fnv(bytes)}`;
  }
  if (typeof v === "bigint") return v.toString().length < 100 ? v.toString() : goFloat(Number(v));
  if (v instanceof Rat) return goFloat(toNumber(v));
  if (v instanceof Complex) return `(${valueText(v.re)} ${valueText(v.im)})`;
  return String(v);
}

function sameValue(ours: string, theirs: string): boolean {
  if (ours === theirs) return true;
  const number = (s: string): number => Number(s.replace(/^f/, "").replace("+Inf", "Infinity"));
  if (ours.startsWith("(") && theirs.startsWith("(")) {
    const [a, b] = [ours, theirs].map((s) => s.slice(1, -1).split(" "));
    return sameValue(a[0], b[0]) && sameValue(a[1], b[1]);
  }
  if (!theirs.startsWith("f") && !ours.startsWith("f")) return false;
  const [x, y] = [number(ours), number(theirs)];
  return x === y || Math.abs(x - y) <= 1e-11 * Math.abs(y);
}

function calleeText(call: CallExpr): string {
  let fun = unparen(call.fun);
  if (fun.mode === Mode.TypeExpr) return `conversion ${typePkg(typeOf(fun))}`.trimEnd();
  if (fun.kind === NodeKind.IndexExpr || fun.kind === NodeKind.IndexListExpr) fun = unparen(fun.x);
  const id = fun.kind === NodeKind.SelectorExpr ? fun.sel : fun;
  const obj = id.kind === NodeKind.Ident ? (id.obj as Obj | null) : null;
  switch (obj?.kind) {
    case ObjKind.Builtin:
      return `builtin ${obj.name}`;
    case ObjKind.Func:
      return `func ${funcName(obj.origin)}`;
    case ObjKind.Var:
      return `${obj.isField ? "field" : "var"} ${obj.name}@${obj.origin.pos}`;
    default:
      return fun.mode === Mode.Unknown || fun.mode === Mode.None ? "unknown" : "value";
  }
}

/** The package that declares a type, or what it points to; empty for others. */
function typePkg(t: Type): string {
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  return base.kind === TypeKind.Named ? (base.obj.pkg?.path ?? "") : "";
}

function unparen(e: Expr): Expr {
  while (e.kind === NodeKind.ParenExpr) e = e.x;
  return e;
}

const checked = new Set<string>();
for (const p of packages) {
  const pkg = program.package(p);
  checkPackage(pkg);
  checked.add(p.path);
  for (const f of pkg.files) files.set(f.file.path, f.file);
}

let current: File | null = null;
let nodes = new Map<number, Expr>();
let calls = new Map<number, CallExpr>();
const key = (pos: number, end: number): number => pos * 67108864 + end;
const types: string[] = [];
let missingFiles = 0;

const child = spawn(oracle, ["-C", dir, ...patterns], { stdio: ["ignore", "pipe", "inherit"] });
for await (const line of createInterface({ input: child.stdout, crlfDelay: Infinity })) {
  const cut = line.indexOf("\t");
  const tag = line.slice(0, cut);
  const rest = line.slice(cut + 1);
  if (tag === "F") {
    current = files.get(rest) ?? null;
    if (current === null) {
      missingFiles++;
      console.log(`not loaded: ${rest}`);
    }
    nodes = new Map();
    calls = new Map();
    if (current !== null) {
      walk(current, (n: Node) => {
        if ("mode" in n && n.mode !== Mode.None) nodes.set(key(n.pos, n.end), n);
        if (n.kind === NodeKind.CallExpr) calls.set(key(n.pos, n.end), n);
      });
    }
  } else if (tag === "T") {
    const tab = rest.indexOf("\t");
    types[Number(rest.slice(0, tab))] = rest.slice(tab + 1);
  } else if (tag === "E" && current !== null) {
    const [pos, end, id, value] = rest.split("\t");
    const theirs = types[Number(id)];
    const e = nodes.get(key(Number(pos), Number(end)));
    const ours = e === undefined ? "(not visited)" : typeText(e);
    if (theirs.includes("unknown")) continue; // go/types itself reports an error there
    tally.expr++;
    if (ours === theirs) tally.exprOk++;
    else {
      if (ours.includes("unknown") || e === undefined) tally.unknown++;
      if (shown.expr++ < show) report("type", current, Number(pos), Number(end), ours, theirs);
    }
    // A const line that later lines repeat: go/types keeps the last repetition's values, we the line's own.
    if (repeated(current, Number(pos))) continue;
    if (value !== "-" && e !== undefined) {
      tally.const++;
      const v = valueText(constOf(e));
      if (sameValue(v, value)) tally.constOk++;
      else if (shown.const++ < show) report("value", current, Number(pos), Number(end), v, value);
    } else if (value === "-" && e !== undefined && constOf(e) !== null) {
      tally.const++;
      if (shown.const++ < show) report("value", current, Number(pos), Number(end), valueText(constOf(e)), value);
    }
  } else if (tag === "C" && current !== null) {
    const [pos, end, theirs] = rest.split("\t");
    const call = calls.get(key(Number(pos), Number(end)));
    if (theirs === "invalid" || theirs === "other") {
      tally.callInvalid++;
      continue;
    }
    if (bare && !insideOrStd(theirs)) continue;
    tally.call++;
    const ours = call === undefined ? "(no call)" : calleeText(call);
    if (ours === theirs) tally.callOk++;
    else {
      if (ours === "unknown" || ours === "(no call)") tally.callUnknown++;
      if (shown.call++ < show) report("callee", current, Number(pos), Number(end), ours, theirs);
    }
  }
}

function report(what: string, file: File, pos: number, end: number, ours: string, theirs: string): void {
  const at = position(file, pos);
  const text = Buffer.from(file.src.subarray(pos, Math.min(end, pos + 80)))
    .toString()
    .split("\n")[0];
  console.log(`${what} ${file.path}:${at.line}:${at.column}: ${text}\n    ours   ${ours}\n    theirs ${theirs}`);
}

/** "func (*net/http.Client).Do" → net/http: of the standard library, or of the module under test. */
function insideOrStd(callee: string): boolean {
  let path: string;
  if (callee.startsWith("conversion ")) path = callee.slice(11);
  else if (callee.startsWith("func ")) {
    const name = callee.slice(5).replace(/^\(\*?/, "");
    path = name.slice(0, name.indexOf(".", name.lastIndexOf("/")));
  } else return true;
  return path === own || path.startsWith(`${own}/`) || !path.split("/")[0].includes(".");
}

function repeated(file: File, pos: number): boolean {
  for (const d of file.decls) {
    if (pos >= d.pos && pos < d.end && d.kind === NodeKind.GenDecl && d.tok === Token.Const) {
      const i = d.specs.findIndex((s) => pos >= s.pos && pos < s.end);
      const next = d.specs[i + 1];
      return next?.kind === NodeKind.ValueSpec && next.values.length === 0;
    }
  }
  return false;
}

const percent = (a: number, b: number): string => (b === 0 ? "-" : `${((100 * a) / b).toFixed(3)} %`);
console.log(
  `${patterns.join(" ")}: callees ${tally.callOk}/${tally.call} ${percent(tally.callOk, tally.call)} (${tally.callUnknown} of the others unknown; ${tally.callInvalid} calls go/types cannot type), ` +
    `types ${tally.exprOk}/${tally.expr} ${percent(tally.exprOk, tally.expr)} (${tally.unknown} unknown), ` +
    `constants ${tally.constOk}/${tally.const} ${percent(tally.constOk, tally.const)}, files not loaded ${missingFiles}`,
);
