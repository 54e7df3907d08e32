/** What a build is for: system, architecture, tags, language release. Decides which files take part. */
import { evalGoBuild, evalPlusBuild } from "./constraint.ts";
import { fileNameTags, UNIX_OS } from "./platform.ts";
import { constraintLines, type Header } from "./scan-header.ts";

export interface BuildTarget {
  readonly goos: string;
  readonly goarch: string;
  readonly cgo: boolean;
  /** From -tags. */
  readonly tags: readonly string[];
  /** From the toolchain: `goexperiment.…`, `amd64.v1` … */
  readonly toolTags: readonly string[];
  /** N of the newest Go release 1.N whose tags (go1.1 … go1.N) are set. */
  readonly release: number;
}

export class BuildContext {
  readonly #tags: ReadonlySet<string>;
  /** Few distinct constraints stand in many files. */
  readonly #lines = new Map<string, boolean>();
  readonly #names = new Map<string, boolean>();

  constructor(readonly target: BuildTarget) {
    const { goos, goarch } = target;
    const tags = new Set([...target.tags, ...target.toolTags, goos, goarch, "gc"]);
    if (target.cgo) tags.add("cgo");
    if (goos === "android") tags.add("linux");
    if (goos === "illumos") tags.add("solaris");
    if (goos === "ios") tags.add("darwin");
    if (UNIX_OS.has(goos)) tags.add("unix");
    if (tags.has("goexperiment.boringcrypto")) tags.add("boringcrypto");
    for (let n = 1; n <= target.release; n++) tags.add(`go1.${n}`);
    this.#tags = tags;
  }

  has(tag: string): boolean {
    return this.#tags.has(tag);
  }

  /** Whether `_GOOS` and `_GOARCH` in a file name suit. */
  matchesName(name: string): boolean {
    if (!name.includes("_")) return true;
    const tags = fileNameTags(name);
    if (tags === null) return true;
    const key = tags.join("_");
    let matches = this.#names.get(key);
    if (matches === undefined) this.#names.set(key, (matches = tags.every((tag) => this.#tags.has(tag))));
    return matches;
  }

  /** Whether the constraints in a file's head are met. Throws a one-line Error where they cannot be read. */
  matchesHeader(header: Header): boolean {
    const { leading } = header;
    if (leading === null) return true;
    let matches = this.#lines.get(leading);
    if (matches === undefined) this.#lines.set(leading, (matches = this.#evaluate(leading)));
    return matches;
  }

  #evaluate(leading: string): boolean {
    const { goBuild, plusBuild, repeated } = constraintLines(leading);
    if (repeated) throw new Error("multiple //go:build comments");
    const has = (tag: string): boolean => this.#tags.has(tag);
    if (goBuild !== null) {
      try {
        return evalGoBuild(goBuild, has);
      } catch (e) {
        throw new Error(`parsing //go:build line: ${e instanceof Error ? e.message : String(e)}`, { cause: e });
      }
    }
    return plusBuild.every((line) => {
      try {
        return evalPlusBuild(line, has);
      } catch {
        return true; // go/build passes over old-style lines that it cannot read
      }
    });
  }
}
