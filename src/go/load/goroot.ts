/** Finds the Go distribution on this machine without running it, and what its toolchain sets in a build. */
import { dirname, join } from "node:path";
import type { GoEnv } from "./env.ts";
import { EntryKind, type FileSystem } from "./fs.ts";
import type { GoVersion } from "../syntax/ast.ts";
import { compareGoVersion, parseGoVersion } from "./semver.ts";

export interface Goroot {
  readonly dir: string;
  /** DIR/src with links resolved where the distribution splits itself (Debian does). */
  readonly src: string;
  /** "go1.26.8", or "go1.26" where only the language version is known. */
  readonly version: string;
  readonly language: GoVersion;
}

/** Reads what is at `dir`; null where that is no Go distribution with sources. */
export function gorootAt(dir: string, fs: FileSystem): Goroot | null {
  const src = join(dir, "src");
  if (fs.kind(join(src, "runtime")) !== EntryKind.Folder || fs.kind(join(src, "fmt")) !== EntryKind.Folder) return null;
  const version = readVersion(dir, fs);
  const language = parseGoVersion(version);
  return language === null ? null : { dir, src, version, language };
}

function readVersion(dir: string, fs: FileSystem): string {
  const text = (file: string): string => {
    try {
      return new TextDecoder().decode(fs.read(join(dir, file)));
    } catch {
      return "";
    }
  };
  const named = /^go\d\S*/.exec(text("VERSION"))?.[0];
  if (named !== undefined) return named;
  // A checkout of Go's repository has no VERSION file.
  const minor = /^const Version = (\d+)/m.exec(text("src/internal/goversion/goversion.go"))?.[1];
  return minor === undefined ? "" : `go1.${minor}`;
}

/**
 * The distribution that `go` on this machine would use: $GOROOT, else that of the `go` on PATH, else the usual
 * places. Where the module asks for a newer language than that, a newer toolchain in the module cache (the go command downloads
 * them there) is preferred.
 */
export function findGoroot(env: GoEnv, wanted: GoVersion | null, fs: FileSystem): Goroot | null {
  const named = env.get("GOROOT");
  let best: Goroot | null = named === "" ? null : gorootAt(named, fs);
  for (const dir of best === null ? candidates(env, fs) : []) {
    best = gorootAt(dir, fs);
    if (best !== null) break;
  }
  if (best !== null && (wanted === null || compareGoVersion(best.language, wanted) >= 0)) return best;
  for (const dir of downloadedToolchains(env, fs)) {
    const found = gorootAt(dir, fs);
    if (found !== null && (best === null || compareGoVersion(found.language, best.language) > 0)) best = found;
  }
  return best;
}

function* candidates(env: GoEnv, fs: FileSystem): Generator<string> {
  // …/bin/go, maybe through links: /usr/bin/go → ../lib/go-1.19/bin/go.
  for (const file of env.which("go")) {
    if (fs.kind(file) === EntryKind.File) yield dirname(dirname(fs.real(file)));
  }
  yield "/usr/local/go";
  for (const parent of [
    "/usr/lib",
    "/usr/lib64",
    "/usr/local",
    "/opt",
    join(env.home, "sdk"),
    join(env.home, ".local", "share"),
  ]) {
    yield* newestFirst(parent, /^go(?:lang)?-?(?:\d.*)?$/, fs);
  }
  yield "/opt/homebrew/opt/go/libexec";
  yield "/usr/local/opt/go/libexec";
  yield "/snap/go/current";
  yield join(env.home, ".go");
  yield* newestFirst(join(env.home, ".gvm", "gos"), /^go/, fs);
  for (const dir of newestFirst(join(env.home, ".asdf", "installs", "golang"), /^\d/, fs)) yield join(dir, "go");
  yield* newestFirst(join(env.home, ".local", "share", "mise", "installs", "go"), /^\d/, fs);
  for (const dir of newestFirst("/opt/hostedtoolcache/go", /^\d/, fs)) yield join(dir, "x64"); // GitHub's runners
  if (process.platform === "win32") yield "C:\\Program Files\\Go";
}

function downloadedToolchains(env: GoEnv, fs: FileSystem): string[] {
  return newestFirst(join(env.modCache, "golang.org"), /^toolchain@v0\.0\.1-go/, fs);
}

function newestFirst(parent: string, name: RegExp, fs: FileSystem): string[] {
  let entries;
  try {
    entries = fs.list(parent);
  } catch {
    return [];
  }
  const names = entries
    .filter((e) => (e.kind === EntryKind.Folder || e.kind === EntryKind.Link) && name.test(e.name))
    .map((e) => e.name);
  const collator = new Intl.Collator("en", { numeric: true });
  return names.sort((a, b) => collator.compare(b, a)).map((n) => join(parent, n));
}

const REGISTER_ABI = new Set(["amd64", "arm64", "loong64", "ppc64le", "ppc64", "riscv64", "s390x"]);

/**
 * Tags that the toolchain itself sets: experiments that are on by default (read from the distribution's own
 * `internal/buildcfg`, where the list is a Go literal that changes with every release) or by GOEXPERIMENT, and
 * architecture levels (`amd64.v1`).
 */
export function toolTags(goroot: Goroot | null, goos: string, goarch: string, env: GoEnv, fs: FileSystem): string[] {
  const experiments = new Set(["regabiwrappers", "regabiargs"].filter(() => REGISTER_ABI.has(goarch)));
  for (const [name, on] of goroot === null ? [] : baselineExperiments(goroot, goos, goarch, fs)) {
    if (on) experiments.add(name);
    else experiments.delete(name);
  }
  for (const word of env.get("GOEXPERIMENT").toLowerCase().split(",")) {
    if (word === "none") experiments.clear();
    else if (word.startsWith("no")) experiments.delete(word.slice(2));
    else if (word !== "") experiments.add(word);
  }
  return [...[...experiments].map((e) => `goexperiment.${e}`), ...levelTags(goarch, env)];
}

function baselineExperiments(goroot: Goroot, goos: string, goarch: string, fs: FileSystem): [string, boolean][] {
  let source;
  try {
    source = new TextDecoder().decode(fs.read(join(goroot.src, "internal", "buildcfg", "exp.go")));
  } catch {
    return [];
  }
  const literal = /baseline := goexperiment\.Flags\{([^}]*)\}/.exec(source)?.[1] ?? "";
  const conditions: Partial<Record<string, boolean>> = {
    true: true,
    false: false,
    regabiSupported: REGISTER_ABI.has(goarch),
    regabiAlwaysOn: REGISTER_ABI.has(goarch) && goarch !== "s390x",
    dwarf5Supported: !["darwin", "ios", "aix"].includes(goos),
    haveXchg8: ["amd64", "arm64", "arm", "386"].includes(goarch),
  };
  // A condition that a later release invents holds on the common platforms, or it would not be a default.
  return [...literal.matchAll(/(\w+):\s*(\w+)/g)].map(([, name = "", value = ""]) => [
    name.toLowerCase(),
    conditions[value] ?? true,
  ]);
}

/** Source: gogoarchTags in internal/buildcfg; the defaults are those of a distribution built without settings of its own. */
function levelTags(goarch: string, env: GoEnv): string[] {
  const level = (name: string, fallback: string): string => {
    const own = env.get(name);
    return own === "" ? fallback : own;
  };
  const upTo = (from: number, to: number, prefix: string): string[] => {
    const tags = [];
    for (let i = from; i <= Math.min(to, from + 20); i++) tags.push(`${goarch}.${prefix}${i}`);
    return tags;
  };
  switch (goarch) {
    case "386":
      return [`386.${level("GO386", "sse2")}`];
    case "amd64":
      return upTo(1, Number(level("GOAMD64", "v1").slice(1)), "v");
    case "arm":
      return upTo(5, Number.parseInt(level("GOARM", "7"), 10), "");
    case "arm64": {
      const [, major = "8", minor = "0"] = /^v(\d)\.(\d)/.exec(level("GOARM64", "v8.0")) ?? [];
      const tags = upTo(0, Number(minor), `v${major}.`);
      // v9.x includes v8.(x + 5).
      return major === "9" ? [...tags, ...upTo(0, Math.min(Number(minor) + 5, 9), "v8.")] : tags;
    }
    case "mips":
    case "mipsle":
      return [`${goarch}.${level("GOMIPS", "hardfloat")}`];
    case "mips64":
    case "mips64le":
      return [`${goarch}.${level("GOMIPS64", "hardfloat")}`];
    case "ppc64":
    case "ppc64le":
      return upTo(8, Number(level("GOPPC64", "power8").slice("power".length)), "power");
    case "riscv64": {
      const levels = ["rva20u64", "rva22u64", "rva23u64"];
      return levels
        .slice(0, Math.max(1, levels.indexOf(level("GORISCV64", "rva20u64")) + 1))
        .map((l) => `riscv64.${l}`);
    }
    case "wasm":
      return ["wasm.satconv", "wasm.signext"];
    default:
      return [];
  }
}
