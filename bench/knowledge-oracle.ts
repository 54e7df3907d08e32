/**
 * The knowledge tables against the sources they speak of: fetches the modules of bench/oracle/knowledge/go.mod, types their
 * packages and looks every function, method and type of the tables up; of acquiring calls also that the result exists and has a
 * method that the kind names as its release.
 *
 *     npx tsx bench/knowledge-oracle.ts      prints what is not as the tables say; exit code 1 where anything is not
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkDecls,
  type Func,
  funcName,
  loadProgram,
  lookupFieldOrMethod,
  ObjKind,
  type Package,
  type Type,
  TypeKind,
  under,
} from "../src/go/index.ts";
import { acquires } from "../src/go/knowledge/acquire.ts";
import { errorPredicates, takesArgument } from "../src/go/knowledge/arguments.ts";
import { decoders } from "../src/go/knowledge/decoders.ts";
import {
  calledAgain,
  commandParams,
  givenEach,
  runsAgain,
  runsAtStart,
  startParams,
} from "../src/go/knowledge/entry-points.ts";
import { kinds } from "../src/go/knowledge/kinds.ts";
import { neverReturns } from "../src/go/knowledge/never-returns.ts";
import { rowsTypes } from "../src/go/knowledge/rows.ts";
import { methodSignature } from "../src/go/types/print.ts";
import { sharedClients } from "../src/go/knowledge/shared-clients.ts";

/** Functions that must exist, by full name, with the table that speaks of them. */
const functions = new Map<string, string>();
for (const f of acquires.keys()) functions.set(f, "acquire");
for (const f of sharedClients.keys()) functions.set(f, functions.get(f) ?? "shared-clients");
for (const f of decoders.functions) functions.set(f, "decoders");
for (const f of neverReturns) functions.set(f, "never-returns");
for (const f of takesArgument) functions.set(f, "arguments");
for (const f of errorPredicates) functions.set(f, "arguments");
for (const f of [...runsAgain.keys(), ...runsAtStart]) functions.set(f, "entry-points");
/** Types that must exist. */
const types = new Map<string, string>();
for (const t of rowsTypes.keys()) types.set(t, "rows");
for (const t of [...commandParams, ...startParams, ...givenEach.keys()])
  types.set(t.replace(/^(?:chan<- )?\*?/, ""), "entry-points");
/** Interfaces whose methods are called again and again. */
const callers = [
  "net/http.RoundTripper",
  "net.Listener",
  "golang.org/x/net/proxy.Dialer",
  "golang.org/x/net/proxy.ContextDialer",
  "database/sql/driver.Connector",
  "database/sql/driver.Driver",
  "io/fs.FS",
  "net/http.FileSystem",
  "io.Reader",
  "io.Writer",
  "io.ReaderAt",
  "io.WriterAt",
];
for (const t of callers) types.set(t, "entry-points");

/** `(*path.T).M` and `path.F` in parts. */
function parts(name: string): { readonly path: string; readonly type: string | null; readonly name: string } {
  const method = /^\(\*?(.+)\.(\w+)\)\.(\w+)$/.exec(name);
  if (method !== null) return { path: method[1], type: method[2], name: method[3] };
  const dot = name.lastIndexOf(".");
  return { path: name.slice(0, dot), type: null, name: name.slice(dot + 1) };
}

const paths = [...new Set([...functions.keys(), ...types.keys()].map((n) => parts(n).path))].sort();

// A program that imports them all, so that the build list is Go's own.
const work = join(import.meta.dirname, ".work/knowledge");
mkdirSync(work, { recursive: true });
writeFileSync(join(work, "go.mod"), readFileSync(join(import.meta.dirname, "oracle/knowledge/go.mod")));
writeFileSync(
  join(work, "main.go"),
  `package main\n\nimport (\n${paths.map((p) => `\t_ "${p}"\n`).join("")})\n\nfunc main() {}\n`,
);
const got = spawnSync("go", ["mod", "tidy", "-e"], { cwd: work, encoding: "utf8" });
if (got.error !== undefined) throw got.error;

const { packages, program } = loadProgram(work, ["."]);
const main = packages[0];
let wrong = 0;
let seen = 0;
const say = (table: string, name: string, what: string): void => {
  wrong++;
  console.log(`${table}: ${name}: ${what}`);
};

const loaded = new Map<string, Package | null>();
function packageOf(path: string): Package | null {
  let pkg = loaded.get(path);
  if (pkg === undefined) {
    const found = program.import(path, main);
    checkDecls(found);
    loaded.set(path, (pkg = found.missing ? null : found));
  }
  return pkg;
}

/** The function or method as declared; null where there is none. */
function find(name: string): Func | null {
  const p = parts(name);
  const pkg = packageOf(p.path);
  const obj = pkg?.scope.get(p.type ?? p.name) ?? null;
  if (pkg === null || obj === null) return null;
  if (p.type === null) return obj.kind === ObjKind.Func ? obj : null;
  if (obj.kind !== ObjKind.TypeName || obj.type === null) return null;
  const found = lookupFieldOrMethod(ptrTo(obj.type), p.name, pkg) ?? lookupFieldOrMethod(obj.type, p.name, pkg);
  return found?.obj.kind === ObjKind.Func ? found.obj.origin : null;
}

function ptrTo(t: Type): Type {
  return t.ptr ?? t;
}

function releases(t: Type, kindId: string): boolean {
  const kind = kinds.get(kindId);
  if (kind === undefined) return false;
  let target = t;
  for (const field of kind.path) {
    const f = lookupFieldOrMethod(target, field, null);
    if (f?.obj.kind !== ObjKind.Var || f.obj.type === null) return false;
    target = f.obj.type;
  }
  if (kind.call) return under(target).kind === TypeKind.Signature;
  return kind.methods.some((m) => lookupFieldOrMethod(target, m, null)?.obj.kind === ObjKind.Func);
}

for (const [name, table] of functions) {
  seen++;
  const { path } = parts(name);
  // Behind GOEXPERIMENT=jsonv2.
  if (path === "encoding/json/v2") continue;
  if (packageOf(path) === null) {
    say(table, name, "its package is not there");
    continue;
  }
  const f = find(name);
  if (f === null) {
    say(table, name, "there is no such function");
    continue;
  }
  if (funcName(f) !== name) say(table, name, `its full name is ${funcName(f)}`);
  const row = acquires.get(name);
  if (row === undefined) continue;
  const result = f.signature().results[row.result];
  if (result?.type == null) say(table, name, `it has no result ${row.result}`);
  else if (!releases(result.type, row.kind))
    say(table, name, `its result ${row.result} has no release of a ${row.kind}`);
}
for (const [name, table] of types) {
  seen++;
  const { path, name: type } = parts(name);
  const obj = packageOf(path)?.scope.get(type) ?? null;
  if (obj?.kind !== ObjKind.TypeName) say(table, name, "there is no such type");
}
const signatures = new Set<string>();
for (const name of callers) {
  const { path, name: type } = parts(name);
  const obj = packageOf(path)?.scope.get(type) ?? null;
  const u = obj?.kind === ObjKind.TypeName && obj.type !== null ? under(obj.type) : null;
  if (u?.kind === TypeKind.Interface) for (const m of u.methods) signatures.add(methodSignature(m));
}
for (const signature of calledAgain.keys()) {
  seen++;
  if (!signatures.has(signature)) say("entry-points", signature, "none of the interfaces has it");
}
console.log(`${seen} names in ${paths.length} packages, ${wrong} not as the tables say`);
process.exit(wrong === 0 ? 0 : 1);
