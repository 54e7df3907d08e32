/**
 * The go command's environment without the go command: process variables over the file that `go env -w` writes
 * (https://pkg.go.dev/cmd/go#hdr-Environment_variables).
 */
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import type { FileSystem } from "./fs.ts";

export type Variables = Readonly<Partial<Record<string, string>>>;

export class GoEnv {
  readonly #file: ReadonlyMap<string, string>;

  constructor(
    readonly variables: Variables,
    fs: FileSystem,
  ) {
    this.#file = readEnvFile(variables, fs);
  }

  /** Empty where it is not set. */
  get(name: string): string {
    const own = this.variables[name];
    return own !== undefined && own !== "" ? own : (this.#file.get(name) ?? "");
  }

  get home(): string {
    return this.variables["HOME"] ?? this.variables["USERPROFILE"] ?? homedir();
  }

  /** Folders of GOPATH, absolute ones only. */
  get gopath(): string[] {
    const listed = this.get("GOPATH");
    const dirs = listed === "" ? [join(this.home, "go")] : listed.split(delimiter);
    return dirs.filter((dir) => isAbsolute(dir));
  }

  get modCache(): string {
    const own = this.get("GOMODCACHE");
    return own !== "" ? own : join(this.gopath[0] ?? join(this.home, "go"), "pkg", "mod");
  }

  /** Flags in GOFLAGS: `-mod=vendor -tags=a,b` → { mod: "vendor", tags: "a,b" }. */
  get flags(): ReadonlyMap<string, string> {
    const flags = new Map<string, string>();
    for (const word of this.get("GOFLAGS").match(/'[^']*'|"[^"]*"|\S+/g) ?? []) {
      const found = /^--?([^=]+)(?:=(.*))?$/.exec(word.replace(/^(['"])(.*)\1$/, "$2"));
      if (found !== null) flags.set(found[1] ?? "", (found[2] ?? "").replace(/^(['"])(.*)\1$/, "$2"));
    }
    return flags;
  }

  /** The executable files of that name on PATH, in order. */
  which(name: string): string[] {
    const suffix = process.platform === "win32" ? ".exe" : "";
    return (this.variables["PATH"] ?? "")
      .split(delimiter)
      .filter((dir) => dir !== "")
      .map((dir) => join(dir, name + suffix));
  }
}

/** Words of a -tags value: commas, or spaces as Go before 1.13 had it. */
export function splitTags(text: string): string[] {
  return text.split(/[\s,]+/).filter((tag) => tag !== "");
}

function readEnvFile(variables: Variables, fs: FileSystem): Map<string, string> {
  const found = new Map<string, string>();
  const named = variables["GOENV"] ?? "";
  if (named === "off") return found;
  const home = variables["HOME"] ?? variables["USERPROFILE"] ?? homedir();
  const config =
    process.platform === "darwin"
      ? join(home, "Library", "Application Support")
      : process.platform === "win32"
        ? (variables["APPDATA"] ?? join(home, "AppData", "Roaming"))
        : (variables["XDG_CONFIG_HOME"] ?? join(home, ".config"));
  const file = named !== "" ? named : join(config, "go", "env");
  let source;
  try {
    source = new TextDecoder().decode(fs.read(file));
  } catch {
    return found; // most people have none
  }
  for (const line of source.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0 && !line.startsWith("#")) found.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return found;
}
