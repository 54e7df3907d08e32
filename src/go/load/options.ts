/** What a caller may fix about a load; everything else comes from the environment as it does for the go command. */
import type { BuildTarget } from "./context.ts";
import { splitTags, type GoEnv } from "./env.ts";
import { EntryKind, type FileSystem } from "./fs.ts";
import { toolTags, type Goroot } from "./goroot.ts";
import { cgoSupported, hostPlatform } from "./platform.ts";
import type { Variables } from "./env.ts";

export type ModMode = "mod" | "readonly" | "vendor";

export interface LoadOptions {
  readonly goos?: string;
  readonly goarch?: string;
  /** Replaces the tags in GOFLAGS, as -tags does. */
  readonly tags?: readonly string[];
  /** Default: as the go command decides (CGO_ENABLED, else native and a C compiler on PATH). */
  readonly cgo?: boolean;
  /** In-package and external test files of what is analysed. Default off. */
  readonly tests?: boolean;
  /** -mod; default: GOFLAGS, else vendor where a consistent vendor folder asks for it. */
  readonly mod?: ModMode;
  /** A Go distribution; null: none, the bundled index stands in. Default: the machine's. */
  readonly goroot?: string | null;
  /** Environment variables; default: the process's. */
  readonly env?: Variables;
  readonly fs?: FileSystem;
}

export function buildTarget(
  options: LoadOptions,
  env: GoEnv,
  goroot: Goroot | null,
  release: number,
  fs: FileSystem,
): BuildTarget {
  const host = hostPlatform();
  const goos = options.goos ?? (env.get("GOOS") || host.goos);
  const goarch = options.goarch ?? (env.get("GOARCH") || host.goarch);
  const cgo = options.cgo ?? defaultCgo(goos, goarch, env, fs);
  const tags = options.tags ?? splitTags(env.flags.get("tags") ?? "");
  return { goos, goarch, cgo, tags, toolTags: toolTags(goroot, goos, goarch, env, fs), release };
}

/** Source: cmd/go/internal/cfg, defaultContext: explicit setting, else native with a C compiler. */
function defaultCgo(goos: string, goarch: string, env: GoEnv, fs: FileSystem): boolean {
  const set = env.get("CGO_ENABLED");
  if (set === "0" || set === "1") return set === "1";
  const host = hostPlatform();
  if (goos !== host.goos || goarch !== host.goarch || !cgoSupported(goos, goarch)) return false;
  if (env.get("CC") !== "") return true;
  const compiler = goos === "darwin" || goos === "freebsd" || goos === "openbsd" ? "clang" : "gcc";
  return env.which(compiler).some((file) => fs.kind(file) === EntryKind.File);
}
