/** The packages of one module that a program is built from: what a running binary can have leaks in. */
import { relative, sep } from "node:path";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { Loader } from "../go/load/loader.ts";
import type { Overlay } from "../go/load/overlay.ts";
import { loadOptions } from "./overlaid.ts";

/** Patterns for `check(dir, …)`: the package `main` (an import path) and all below `dir` that it imports; empty where there is none. */
export function reachablePatterns(dir: string, main: string, overlay?: Overlay): string[] {
  const loader = Loader.open(dir, loadOptions({}, overlay));
  const seen = new Set<LoadedPackage>();
  const visit = (pkg: LoadedPackage): void => {
    if (seen.has(pkg) || pkg.standard || !within(dir, pkg.dir)) return;
    seen.add(pkg);
    for (const path of pkg.imports) {
      const next = path === "C" ? null : loader.resolve(path, pkg);
      if (next !== null) visit(next);
    }
  };
  for (const pkg of loader.match([main]).packages) visit(pkg);
  return [...seen].map((p) => patternOf(dir, p.dir)).sort();
}

/** Patterns for the packages below `dir` that another module's program may import: all but programs. */
export function importablePatterns(dir: string): string[] {
  const { packages } = Loader.open(dir, loadOptions({}, undefined)).match(["./..."]);
  return packages
    .filter((p) => p.name !== "main" && within(dir, p.dir))
    .map((p) => patternOf(dir, p.dir))
    .sort();
}

function within(dir: string, folder: string): boolean {
  const path = relative(dir, folder);
  return !path.startsWith("..") && !path.split(sep).includes("vendor");
}

function patternOf(dir: string, folder: string): string {
  const path = relative(dir, folder).split(sep).join("/");
  return path === "" ? "." : `./${path}`;
}
