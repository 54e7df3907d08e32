/** One folder of Go files, sorted into the package, its tests and its external tests, build constraints applied. */
import { messageOf } from "../../base/errors.ts";
import type { BuildContext } from "./context.ts";
import { EntryKind, type Entry, type FileSystem } from "./fs.ts";
import { positionAt, type LoadProblem } from "./problem.ts";
import { scanHeader, type Header } from "./scan-header.ts";

export interface FileSet {
  /** Absolute names in lexical order. */
  readonly files: readonly string[];
  /** Distinct import paths, sorted; "C" is among them in cgo files. */
  readonly imports: readonly string[];
}

export interface Folder {
  readonly dir: string;
  /** Name of the package; empty where no file has a package clause. */
  readonly name: string;
  readonly library: FileSet;
  /** `_test.go` files of the package itself. */
  readonly tests: FileSet;
  /** `_test.go` files of package NAME_test. */
  readonly externalTests: FileSet;
  /** Go files that build constraints leave out. */
  readonly excluded: number;
  /** Test files that were not asked for and have not been read. */
  readonly unread: number;
  /** Any regular .go file at all: what makes a folder a package to the go command. */
  readonly hasGo: boolean;
  readonly problems: readonly LoadProblem[];
}

interface Scanned {
  readonly file: string;
  readonly base: string;
  readonly header: Header;
  readonly name: string;
  readonly kind: "library" | "test" | "external";
}

/** Joins without normalising: both parts are clean already. */
export function under(
  dir: string,
  name: string,
  separator = dir.includes("\\") && !dir.includes("/") ? "\\" : "/",
): string {
  return dir.endsWith(separator) ? dir + name : dir + separator + name;
}

export function isGoFileName(name: string): boolean {
  return name.endsWith(".go") && name.length > 3;
}

/** A regular .go file, whatever its constraints or its leading underscore. */
export function holdsGo(entries: readonly Entry[], dir: string, fs: FileSystem): boolean {
  return entries.some(
    (e) =>
      e.name.endsWith(".go") &&
      (e.kind === EntryKind.File || (e.kind === EntryKind.Link && fs.kind(under(dir, e.name)) === EntryKind.File)),
  );
}

/**
 * Reads the heads of a folder's Go files. Never throws: what cannot be read is a problem, and the rest goes on.
 *
 * Test files are a third of most trees: without `tests` they are not touched. `only` restricts it to the named files and takes them whatever their constraints, as `go vet a.go b.go` does.
 */
export function scanFolder(
  dir: string,
  entries: readonly Entry[],
  context: BuildContext,
  fs: FileSystem,
  want: { readonly tests: boolean; readonly only?: ReadonlySet<string> },
): Folder {
  const only = want.only ?? null;
  const problems: LoadProblem[] = [];
  const scanned: Scanned[] = [];
  let excluded = 0;
  let hasGo = false;
  let unread = 0;

  for (const entry of entries) {
    const base = entry.name;
    if (!base.endsWith(".go") || entry.kind === EntryKind.Folder || (only !== null && !only.has(base))) continue;
    if (entry.kind === EntryKind.Other) continue; // opening a pipe named x.go would wait for ever
    const file = under(dir, base);
    if (entry.kind === EntryKind.Link) {
      const target = fs.kind(file);
      if (target === EntryKind.Folder) continue;
      if (target === null) {
        if (!base.startsWith("_") && !base.startsWith("."))
          problems.push({ file, line: 0, column: 0, message: "a symbolic link to nowhere" });
        continue;
      }
    }
    hasGo = true;
    if (only === null && (base.startsWith("_") || base.startsWith("."))) continue;
    if (only === null && !context.matchesName(base)) {
      excluded++;
      continue;
    }
    if (!want.tests && base.endsWith("_test.go")) {
      unread++;
      continue;
    }
    let header: Header;
    try {
      header = readHeader(file, fs);
    } catch (e) {
      problems.push({ file, line: 0, column: 0, message: messageOf(e) });
      continue;
    }
    try {
      if (!context.matchesHeader(header) && only === null) {
        excluded++;
        continue;
      }
    } catch (e) {
      problems.push({ file, line: 1, column: 1, message: messageOf(e) });
      continue;
    }
    if (header.name === "documentation") {
      excluded++; // go/build's name for files that are only prose
      continue;
    }
    const test = base.endsWith("_test.go");
    const cgo = header.imports.includes("C");
    if (cgo && test) {
      const at = header.importPositions[header.imports.indexOf("C")] ?? 0;
      problems.push({ file, ...positionAt(fs, file, at), message: 'import "C" in a test file is not supported by Go' });
    } else if (cgo && !context.target.cgo && only === null) {
      excluded++;
      // It still names the package, as in go/build.
    }
    scanned.push({ file, base, header, name: header.name, kind: test ? "test" : "library" });
  }

  const name = packageName(dir, scanned, problems);
  const library = new Collector();
  const tests = new Collector();
  const external = new Collector();
  for (const s of scanned) {
    const cgo = s.header.imports.includes("C");
    if (cgo && s.kind === "library" && !context.target.cgo && only === null) continue;
    if (s.kind === "library") {
      if (s.name === name || s.name === "") library.add(s);
    } else if (s.name === `${name}_test` || (name === "" && s.name.endsWith("_test"))) {
      external.add(s);
    } else if (s.name === name || s.name === "") {
      tests.add(s);
    }
  }
  return {
    dir,
    name,
    library: library.done(),
    tests: tests.done(),
    externalTests: external.done(),
    excluded,
    hasGo,
    unread,
    problems,
  };
}

function readHeader(file: string, fs: FileSystem): Header {
  // The first part holds the head of all but the strangest files; where the scan runs off its end, the whole is read.
  const header = scanHeader(fs.head(file), false) ?? scanHeader(fs.read(file), true);
  if (header === null) throw new Error(`cannot read the head of ${file}`);
  return header;
}

/**
 * The name most files give; among equals the first in lexical order. Files of another package are left out and
 * reported once, as the go command words it.
 */
function packageName(dir: string, scanned: readonly Scanned[], problems: LoadProblem[]): string {
  const votes = new Map<string, { count: number; first: Scanned }>();
  const vote = (name: string, s: Scanned): void => {
    const entry = votes.get(name);
    if (entry === undefined) votes.set(name, { count: 1, first: s });
    else entry.count++;
  };
  for (const s of scanned) if (s.name !== "" && s.kind === "library") vote(s.name, s);
  // Test files decide only where there is nothing else, and stray only where their name is neither NAME nor NAME_test.
  const decided = votes.size > 0;
  for (const s of scanned) {
    if (s.name === "" || s.kind === "library") continue;
    const base =
      s.name.endsWith("_test") && (!decided || !votes.has(s.name)) ? s.name.slice(0, -"_test".length) : s.name;
    if (decided && votes.has(base)) continue;
    vote(base, s);
  }
  let best: { name: string; count: number; first: Scanned } | null = null;
  for (const [name, { count, first }] of votes) {
    const wins = best === null || (first.kind === best.first.kind ? count > best.count : first.kind === "library");
    if (wins) best = { name, count, first };
  }
  if (best === null) return "";
  for (const [name, { first }] of votes) {
    if (name === best.name) continue;
    const [a, b] = best.first.base < first.base ? [best, { name, first }] : [{ name, first }, best];
    problems.push({
      file: first.file,
      line: 0,
      column: 0,
      message: `found packages ${a.name} (${a.first.base}) and ${b.name} (${b.first.base}) in ${dir}; only package ${best.name} is analysed`,
    });
  }
  return best.name;
}

const EMPTY: FileSet = { files: [], imports: [] };

class Collector {
  readonly #files: string[] = [];
  readonly #imports = new Set<string>();

  add(s: Scanned): void {
    this.#files.push(s.file);
    for (const path of s.header.imports) this.#imports.add(path);
  }

  done(): FileSet {
    return this.#files.length === 0 ? EMPTY : { files: this.#files, imports: [...this.#imports].sort() };
  }
}
