/** What `stanch init` finds out about a repository before it suggests anything. */
import { relative, sep } from "node:path";
import { Knowledge } from "../go/knowledge/declared.ts";
import type { Loader } from "../go/load/loader.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import { parseFile } from "../go/syntax/parser.ts";
import { Summaries } from "../go/summary/summaries.ts";
import { lookupFieldOrMethod } from "../go/types/lookup.ts";
import { Func, ObjKind } from "../go/types/object.ts";
import { type Package, Program } from "../go/types/package.ts";
import { funcName } from "../go/types/print.ts";
import { type Type, TypeKind } from "../go/types/type.ts";
import { under } from "../go/types/typeset.ts";

export interface Acquirer {
  /** Full name. */
  readonly func: string;
  /** The type it returns: `Lease`. */
  readonly type: string;
  readonly release: string;
}

export interface Survey {
  /** Module paths of the main modules. */
  readonly modules: readonly string[];
  readonly goVersion: string;
  readonly packages: number;
  readonly files: number;
  /** Folders in which every file is generated, relative to the root. */
  readonly generated: readonly string[];
  readonly vendored: boolean;
  /** Paths of the requirements. */
  readonly requires: readonly string[];
  /** Functions that look as if they handed a resource to their caller, and that the engine does not see through. */
  readonly acquirers: readonly Acquirer[];
  /** Functions that look as if they ran for every job or message, by full name, and their parameter's type. */
  readonly handlers: readonly { readonly func: string; readonly runs: string }[];
}

const acquiring =
  /^(?:Acquire|Borrow|Checkout|Lease|Open|Dial|Connect|Begin|Subscribe|Watch|Lock|Reserve|Start|New\w*(?:Client|Conn|Session|Stream|Reader|Writer|Pool|Listener|Watcher|Subscription))/;
const releasing = ["Close", "Release", "Unlock", "Stop", "Shutdown", "Cancel", "Free", "Done", "Unsubscribe", "Return"];
const handling = /^(?:Handle|Process|Consume|Execute|Perform|On[A-Z]|Run$|Work$)/;
const handled = /(?:Job|Event|Message|Msg|Task|Command|Delivery|Request)$/;

/** More suggestions than this nobody reads. */
const Most = 12;

export function survey(loader: Loader): Survey {
  const { packages } = loader.match(["./..."]);
  const world = loader.worldAt(loader.dir);
  const mods = world instanceof ModuleWorld ? world.site.modules.map((m) => m.mod) : [];
  const program = new Program(loader, parseFile);
  const summaries = new Summaries(new Knowledge());
  const acquirers: Acquirer[] = [];
  const handlers: { func: string; runs: string }[] = [];
  const generated: string[] = [];
  for (const p of packages) {
    const pkg = program.package(p);
    const files = pkg.files.map((f) => f.file);
    if (files.length > 0 && files.every((f) => f.generated)) {
      const dir = relative(loader.dir, p.dir).split(sep).join("/");
      if (dir !== "") generated.push(dir);
      continue;
    }
    for (const f of functionsOf(pkg)) {
      if (f.file?.file.generated === true) continue;
      const found = acquirerOf(f, pkg, summaries);
      if (found !== null) acquirers.push(found);
      const runs = handlerOf(f, pkg);
      if (runs !== null) handlers.push({ func: funcName(f), runs });
    }
  }
  return {
    modules: mods.map((m) => m.module),
    goVersion: mods[0]?.go ?? "",
    packages: packages.length,
    files: packages.reduce((n, p) => n + p.files.length, 0),
    generated: topmost(generated),
    vendored: world instanceof ModuleWorld && world.vendor !== null,
    requires: [...new Set(mods.flatMap((m) => m.require.map((r) => r.path)))],
    acquirers: acquirers.slice(0, Most),
    handlers: handlers.slice(0, Most),
  };
}

/** Functions and methods of exported or local types that the package declares. */
function functionsOf(pkg: Package): Func[] {
  const out: Func[] = [];
  for (const { file } of pkg.files) {
    for (const decl of file.decls) {
      const obj = "name" in decl && "recv" in decl ? (decl.name as { obj: unknown }).obj : null;
      if (obj instanceof Func) out.push(obj);
    }
  }
  return out;
}

/** What stands in for the real thing in tests. */
const standIn = /^(?:mock|fake|stub)s?|(?:mock|fake|stub)s?$/i;

function acquirerOf(f: Func, pkg: Package, summaries: Summaries): Acquirer | null {
  if (!acquiring.test(f.name) || f.decl === null) return null;
  const [first] = f.signature().results;
  const t = first?.type ?? null;
  const named = t === null ? null : t.kind === TypeKind.Pointer ? t.elem : t;
  // A type of this program: what comes from elsewhere is known, or its owner's to say.
  if (t === null || named?.kind !== TypeKind.Named || !isOwn(named, pkg)) return null;
  if (standIn.test(named.obj.name) || standIn.test(pkg.name)) return null;
  const release = releasing.find((m) => {
    const found = lookupFieldOrMethod(t, m, pkg);
    // The Unlock of an embedded mutex lets nothing go that a constructor got.
    return (
      found?.obj.kind === ObjKind.Func && found.obj.pkg?.path !== "sync" && found.obj.signature().params.length === 0
    );
  });
  if (release === undefined || summaries.functionAcquires(f)) return null;
  return { func: funcName(f), type: named.obj.name, release };
}

function isOwn(t: Type, pkg: Package): boolean {
  const from = t.kind === TypeKind.Named ? t.obj.pkg?.source : undefined;
  return from?.module != null && from.module.main && pkg.source?.module != null;
}

function handlerOf(f: Func, pkg: Package): string | null {
  if (!handling.test(f.name)) return null;
  for (const p of f.signature().params) {
    const t = p.type;
    const base = t?.kind === TypeKind.Pointer ? t.elem : t;
    if (base?.kind !== TypeKind.Named || !isOwn(base, pkg) || under(base).kind !== TypeKind.Struct) continue;
    if (handled.test(base.obj.name))
      return `for every ${base.obj.name.replace(/^.*?([A-Z][a-z]+)$/, "$1").toLowerCase()}`;
  }
  return null;
}

/** Folders without those that lie in another of them. */
function topmost(dirs: readonly string[]): string[] {
  return [...dirs].sort().filter((d, _, all) => !all.some((o) => o !== d && d.startsWith(`${o}/`)));
}
