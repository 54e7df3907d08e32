/** vendor/modules.txt: which module each vendored package came from. https://go.dev/ref/mod#vendoring */
import type { GoVersion } from "../syntax/ast.ts";
import type { GoMod, ModuleVersion } from "./gomod.ts";
import { isSemver, parseGoVersion } from "./semver.ts";

export interface VendoredModule extends ModuleVersion {
  readonly explicit: boolean;
  readonly goVersion: GoVersion | null;
  readonly replaced: boolean;
}

export interface VendorList {
  /** The list was made by `go work vendor`. */
  readonly workspace: boolean;
  readonly modules: readonly VendoredModule[];
  /** Import path → its module. */
  readonly packages: ReadonlyMap<string, VendoredModule>;
}

/** Reads modules.txt; lines that mean nothing are passed over, as the go command does. */
export function parseModulesTxt(source: string): VendorList {
  const modules: Mutable<VendoredModule>[] = [];
  const packages = new Map<string, VendoredModule>();
  let workspace = false;
  let current: Mutable<VendoredModule> | null = null;
  for (const raw of source.split("\n")) {
    const line = raw.trimEnd();
    if (line.startsWith("# ")) {
      const fields = line.split(/\s+/);
      const [, path = "", version = ""] = fields;
      if (isSemver(version))
        current = { path, version, explicit: false, goVersion: null, replaced: fields[3] === "=>" };
      else if (version === "=>") current = { path, version: "", explicit: false, goVersion: null, replaced: true };
      else current = null;
      if (current !== null) modules.push(current);
    } else if (line.startsWith("## ")) {
      for (const entry of line.slice(3).split(";")) {
        const text = entry.trim();
        if (text === "workspace" && current === null) workspace = true;
        if (current === null) continue;
        if (text === "explicit") current.explicit = true;
        else if (text.startsWith("go ")) current.goVersion = parseGoVersion(text.slice(3));
      }
    } else if (current !== null && line !== "" && !/\s/.test(line)) {
      packages.set(line, current);
    }
  }
  return { workspace, modules, packages };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Where modules.txt and the go.mod files disagree: one line per module, as the go command would refuse them. */
export function vendorInconsistencies(list: VendorList, mods: readonly GoMod[]): string[] {
  const found: string[] = [];
  const explicit = new Set(list.modules.filter((m) => m.explicit).map((m) => `${m.path}@${m.version}`));
  const main = new Set(mods.map((m) => m.module));
  const required = new Set<string>();
  for (const mod of mods) {
    for (const r of mod.require) {
      const key = `${r.path}@${r.version}`;
      if (required.has(key)) continue;
      required.add(key);
      if (!explicit.has(key) && !main.has(r.path)) {
        found.push(`${key} is required in go.mod, but not marked as explicit in vendor/modules.txt`);
      }
    }
  }
  for (const key of explicit) {
    if (!required.has(key))
      found.push(`${key} is marked as explicit in vendor/modules.txt, but not required in go.mod`);
  }
  return found;
}
