/** The bundled index of the standard library as a StandardLibrary, for machines without a Go distribution. */
import { fileURLToPath } from "node:url";
import { StdlibIndex } from "../stdlib/index.ts";
import type { GoVersion } from "../syntax/ast.ts";
import { EntryKind, nodeFileSystem } from "./fs.ts";
import { LoadedPackage } from "./loaded-package.ts";
import type { GoModule } from "./package.ts";
import { parseGoVersion } from "./semver.ts";
import type { StandardLibrary } from "./std.ts";

/** Folder and file names of stubs: `stdlib:net/http`, `stdlib:net/http/server.go`. */
export const STUB_SCHEME = "stdlib:";

export class StubLibrary implements StandardLibrary {
  readonly language: GoVersion;
  readonly #module: GoModule;
  readonly #packages = new Map<string, LoadedPackage | null>();

  constructor(readonly index: StdlibIndex) {
    this.language = parseGoVersion(index.goVersion) ?? { major: 1, minor: 16 };
    this.#module = { path: "std", version: "", dir: STUB_SCHEME, goVersion: this.language, main: false };
  }

  find(path: string): LoadedPackage | null {
    let found = this.#packages.get(path);
    if (found === undefined) this.#packages.set(path, (found = this.#load(path)));
    return found;
  }

  resolve(path: string): LoadedPackage | null {
    return this.find(path) ?? this.find(`vendor/${path}`);
  }

  at(dir: string): LoadedPackage | null {
    return dir.startsWith(STUB_SCHEME) ? this.find(dir.slice(STUB_SCHEME.length)) : null;
  }

  all(): LoadedPackage[] {
    return this.index.paths().flatMap((path) => this.find(path) ?? []);
  }

  /** Throws a one-line Error where there is no such stub. */
  read(file: string): Uint8Array {
    const name = file.slice(STUB_SCHEME.length);
    const slash = name.lastIndexOf("/");
    const source = this.index.source(name.slice(0, slash), name.slice(slash + 1));
    if (source === null) throw new Error(`cannot read ${file}: the bundled index holds no such file`);
    return source;
  }

  #load(path: string): LoadedPackage | null {
    const found = this.index.package(path);
    if (found === null) return null;
    const dir = STUB_SCHEME + path;
    const files = found.files.map((name) => `${dir}/${name}`);
    return new LoadedPackage(path, dir, found.name, files, found.imports, this.#module, true, true, false, this);
  }
}

/** In a checkout beside its code; in the package below dist, seen from dist itself or from its chunks. */
const PLACES = ["../stdlib/stdlib.bin", "./stdlib/stdlib.bin"];

let opened: StubLibrary | null | undefined;

/** The bundled index; null where the package was installed without it. Opened once per process. Throws an IndexError where it is damaged. */
export function openStubLibrary(): StubLibrary | null {
  if (opened !== undefined) return opened;
  opened = null;
  for (const place of PLACES) {
    // Not `new URL(…)` with a literal: bundlers would take the file for an asset.
    const file = fileURLToPath(new URL(place, import.meta.url));
    if (nodeFileSystem.kind(file) !== EntryKind.File) continue;
    opened = new StubLibrary(StdlibIndex.decode(nodeFileSystem.read(file)));
    break;
  }
  return opened;
}
