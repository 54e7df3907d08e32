/**
 * Function and file names, made comparable across builds, Go versions and makers.
 *
 * The same closure is called, by version of the compiler (captured from one program, a closure of the function `inlined` that was
 * inlined into a closure of a package variable's initialiser):
 *
 *     1.18 main.glob..func13.1.1        1.20 main.glob..func13.1.func1     1.21 main.glob..func13.1.inlined.func1
 *     1.23 main.init.func13.1.inlined.1                                    1.27 main.inlined.1
 *
 * The JVM numbers the classes of lambdas as they are first run and names hidden ones by address: Leaky$$Lambda$4.0x00007fd694001800.run.
 *
 * `strictName` removes only what says nothing (type arguments, escapes); `looseName` also removes what moves when code is added
 * elsewhere or another compiler is used. Strict names match first, loose names what is left over.
 */

const strictCache = new Map<string, string>();
const looseCache = new Map<string, string>();
/** Names come from outside: a cache without an end would be a leak in a leak finder. */
const CACHE_LIMIT = 65_536;

function cached(cache: Map<string, string>, name: string, make: (name: string) => string): string {
  let out = cache.get(name);
  if (out === undefined) {
    out = make(name);
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(name, out);
  }
  return out;
}

/** `main.(*box[go.shape.map[string]int]).wait` → `main.(*box[...]).wait`; `gopkg.in/yaml%2ev2.Load` → `gopkg.in/yaml.v2.Load`. */
export function strictName(name: string): string {
  return cached(strictCache, name, (n) => unescapePath(collapseTypeArguments(namelessLambda(n))));
}

function namelessLambda(name: string): string {
  if (!name.includes("$$Lambda")) return name;
  return name.replace(/\$\$Lambda(?:\$\d+)?(?:[./+]?0x[0-9a-f]+)?/, "$$$$Lambda");
}

function collapseTypeArguments(name: string): string {
  if (!name.includes("[")) return name;
  if (/^[^[]+(?:\[\])+$/.test(name)) return name; // Java's byte[]
  let out = "";
  let depth = 0;
  for (const c of name) {
    if (c === "[") {
      if (depth++ === 0) out += "[...]";
    } else if (c === "]" && depth > 0) depth--;
    else if (depth === 0) out += c;
  }
  return out;
}

/** The linker writes dots of a path's last element (and other odd bytes) as %xx. */
function unescapePath(name: string): string {
  if (!name.includes("%")) return name;
  return name.replace(/%([0-7][0-9a-f])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Splits `github.com/a/b/v2.(*T).run.func1` into its package path and the rest. A C or Java name has no package: "". */
export function splitName(name: string): { readonly pkg: string; readonly local: string } {
  // Type arguments and method receivers may hold slashes and dots of their own.
  const bracket = name.search(/[[(]/);
  const head = bracket < 0 ? name : name.slice(0, bracket);
  let slash = head.lastIndexOf("/");
  let dot = head.indexOf(".", slash + 1);
  if (dot < 0) return { pkg: "", local: name };
  // A path whose last element carries a dot of its own: gopkg.in/yaml.v2.Load.
  const version = /^\.v\d+(?=\.)/.exec(head.slice(dot));
  if (version !== null && slash >= 0) dot += version[0].length;
  slash = dot;
  return { pkg: name.slice(0, slash), local: name.slice(slash + 1) };
}

export function packageOf(name: string): string {
  return splitName(strictName(name)).pkg;
}

/** `github.com/a/b/v2` → `github.com/a/b`; `gopkg.in/yaml.v3` → `gopkg.in/yaml`. */
export function versionlessPath(path: string): string {
  return path.replace(/\/v[2-9]\d*(?=\/|$)/g, "").replace(/(gopkg\.in\/[^/]+(?:\/[^/]+)?)\.v\d+/, "$1");
}

const closurePart = /^(?:func\d*|\d+|gowrap\d*|deferwrap\d*|dwrap·?\d*|-fm|)$/;

/**
 * The name without closure numbers, major versions and the functions it was inlined into: all spellings at the top of this file from
 * 1.21 on give `main.inlined.func`. (Older compilers do not say which function the closure is of.)
 */
export function looseName(name: string): string {
  return cached(looseCache, name, (n) => {
    const { pkg, local } = splitName(strictName(n));
    if (pkg === "") return local;
    const parts = splitLocal(local.replace(/-fm$/, "").replace(/-range\d+$/, ""));
    let end = parts.length;
    while (end > 1 && closurePart.test(parts[end - 1])) end--;
    const closure = end < parts.length;
    let start = end - 1;
    while (start > 0 && !closurePart.test(parts[start - 1])) start--;
    let named = parts.slice(start, end).join(".");
    if (named === "glob" || named === "glob.") named = "init";
    return `${versionlessPath(pkg)}.${named}${closure ? ".func" : ""}`;
  });
}

/** Splits at dots outside brackets and parentheses: `(*T).run.func1` → (*T), run, func1. */
function splitLocal(local: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < local.length; i++) {
    const c = local[i];
    if (c === "(" || c === "[") depth++;
    else if (c === ")" || c === "]") depth--;
    else if (c === "." && depth <= 0) {
      parts.push(local.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(local.slice(from));
  return parts;
}

/** Short form for people: `github.com/a/b/v2/store.(*DB).get` → `store.(*DB).get`. */
export function shortName(name: string): string {
  const strict = strictName(name);
  const { pkg, local } = splitName(strict);
  if (pkg === "") return strict;
  const elements = versionlessPath(pkg).split("/");
  return `${elements[elements.length - 1]}.${local}`;
}

/** Where a source file is, told apart by the ways build paths look. */
export interface SourcePlace {
  readonly kind: "std" | "module" | "main" | "generated" | "unknown";
  /** Path inside the module, standard library or build tree. */
  readonly path: string;
  /** For `module`: import path and version. */
  readonly module: string;
  readonly version: string;
}

/**
 * Reads a build path: `/usr/local/go/src/net/http/server.go`, `net/http/server.go` (-trimpath),
 * `/go/pkg/mod/github.com/!burnt!sushi/toml@v1.4.0/decode.go`, `github.com/BurntSushi/toml@v1.4.0/decode.go` (-trimpath),
 * `/build/src/api/main.go`, `example.com/api/main.go` (-trimpath), `_cgo_gotypes.go`, `<autogenerated>`.
 */
export function readBuildPath(file: string): SourcePlace {
  // No file system has longer ones, and the expressions below are not made for them.
  if (file.length > 4096) return { kind: "unknown", path: file, module: "", version: "" };
  const path = file.replaceAll("\\", "/");
  if (path === "" || path.startsWith("<") || path === "_cgo_gotypes.go")
    return { kind: path === "" ? "unknown" : "generated", path, module: "", version: "" };
  const cache = path.lastIndexOf("/pkg/mod/");
  const inCache = cache >= 0 ? unescapeModule(path.slice(cache + "/pkg/mod/".length)) : path;
  const toolchain = /^golang\.org\/toolchain@[^/]+\/src\/(.+)$/.exec(inCache);
  if (toolchain !== null) return { kind: "std", path: toolchain[1], module: "std", version: "" };
  const at = /^(.+?)@(v\d[^/]*)\/(.+)$/.exec(inCache);
  if (at !== null && (cache >= 0 || !path.startsWith("/")))
    return { kind: "module", module: at[1], version: at[2], path: at[3] };
  const root = /\/(?:go|go[\d.]+[^/]*|golang[^/]*|libexec|golang\.org\/toolchain@[^/]+)\/src\/(.+)$/.exec(path);
  if (root !== null && !root[1].split("/")[0].includes(".") && isStandardPath(root[1]))
    return { kind: "std", path: root[1], module: "std", version: "" };
  if (!path.startsWith("/") && !/^[A-Za-z]:/.test(path)) {
    const first = path.split("/")[0];
    if (!first.includes(".") && isStandardPath(path)) return { kind: "std", path, module: "std", version: "" };
  }
  return { kind: "main", path, module: "", version: "" };
}

/** The module cache writes capitals as `!` and the small letter. */
function unescapeModule(path: string): string {
  return path.replace(/!([a-z])/g, (_, c: string) => c.toUpperCase());
}

/** First path elements of the standard library (and of the toolchain's vendored packages). */
const standardRoots = new Set(
  (
    "archive bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash " +
    "html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings " +
    "structs sync syscall testing text time unicode unique unsafe vendor weak"
  ).split(" "),
);

function isStandardPath(path: string): boolean {
  const slash = path.indexOf("/");
  return slash > 0 && standardRoots.has(path.slice(0, slash));
}

/** Whether a package path belongs to the standard library; `main` and paths with a dot in the first element do not. */
export function isStandardPackage(pkg: string): boolean {
  const slash = pkg.indexOf("/");
  return standardRoots.has(slash < 0 ? pkg : pkg.slice(0, slash));
}

export function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}
