/** go.mod: what a module is called, which language it speaks, what it needs. https://go.dev/ref/mod#go-mod-file */
import type { GoVersion } from "../syntax/ast.ts";
import { type Argument, type Directive, parseModSyntax, type SyntaxReport } from "./mod-syntax.ts";
import { isSemver, parseGoVersion } from "./semver.ts";

export interface ModuleVersion {
  readonly path: string;
  /** Empty where a directive speaks of every version, or of a folder. */
  readonly version: string;
}

export interface Requirement extends ModuleVersion {
  readonly indirect: boolean;
}

export interface Replacement {
  readonly old: ModuleVersion;
  /** A module, or a folder (path relative to the file, or absolute) where `version` is empty. */
  readonly by: ModuleVersion;
}

export interface GoMod {
  /** Empty where the `module` line is missing. */
  readonly module: string;
  /** The `go` line as written; empty where it is missing. */
  readonly go: string;
  readonly goVersion: GoVersion | null;
  readonly toolchain: string;
  readonly godebug: ReadonlyMap<string, string>;
  readonly require: readonly Requirement[];
  readonly exclude: readonly ModuleVersion[];
  readonly replace: readonly Replacement[];
  /** Version or interval as written. */
  readonly retract: readonly string[];
  readonly ignore: readonly string[];
  readonly tool: readonly string[];
  readonly problems: readonly SyntaxReport[];
}

/**
 * Reads a go.mod file; never throws. `strict` is for main modules: of a dependency, only what concerns its dependents is
 * read and what is unknown is passed over, so that tomorrow's directives do not break today's reader.
 */
export function parseGoMod(source: string, strict: boolean): GoMod {
  const syntax = parseModSyntax(source);
  return new GoModReader(strict, syntax.problems).read(syntax.directives);
}

const FOR_DEPENDENTS = new Set(["go", "module", "retract", "require", "ignore"]);

class GoModReader {
  #module = "";
  #go = "";
  #toolchain = "";
  readonly #godebug = new Map<string, string>();
  readonly #require: Requirement[] = [];
  readonly #exclude: ModuleVersion[] = [];
  readonly #replace: Replacement[] = [];
  readonly #retract: string[] = [];
  readonly #ignore: string[] = [];
  readonly #tool: string[] = [];
  readonly #problems: SyntaxReport[];

  constructor(
    readonly strict: boolean,
    problems: readonly SyntaxReport[],
  ) {
    this.#problems = [...problems];
  }

  read(directives: readonly Directive[]): GoMod {
    for (const d of directives) if (this.strict || FOR_DEPENDENTS.has(d.verb)) this.#add(d);
    if (this.#module === "" && this.strict) {
      this.#problems.push({ line: 1, column: 1, message: "no module declaration in go.mod" });
    }
    return {
      module: this.#module,
      go: this.#go,
      goVersion: parseGoVersion(this.#go),
      toolchain: this.#toolchain,
      godebug: this.#godebug,
      require: this.#require,
      exclude: this.#exclude,
      replace: this.#replace,
      retract: this.#retract,
      ignore: this.#ignore,
      tool: this.#tool,
      problems: this.#problems,
    };
  }

  #add(d: Directive): void {
    const args = d.args.map((a) => a.text);
    const [a = "", b = ""] = args;
    switch (d.verb) {
      case "module":
        if (this.#module !== "") this.#report(d, "repeated module statement");
        else if (args.length !== 1) this.#report(d, "usage: module module/path");
        else this.#module = a;
        return;
      case "go":
        if (this.#go !== "") this.#report(d, "repeated go statement");
        else if (args.length !== 1) this.#report(d, "go directive expects exactly one argument");
        else this.#setGo(d, a);
        return;
      case "toolchain":
        if (args.length !== 1) this.#report(d, "toolchain directive expects exactly one argument");
        else if (a !== "default" && !/^go1(\.|$)|-go1/.test(a)) {
          this.#report(d, `invalid toolchain version '${a}': must match format go1.23.0 or default`);
        } else this.#toolchain = a;
        return;
      case "godebug": {
        const equals = a.indexOf("=");
        if (args.length !== 1 || equals < 0) this.#report(d, "usage: godebug key=value");
        else this.#godebug.set(a.slice(0, equals), a.slice(equals + 1));
        return;
      }
      case "require":
      case "exclude":
        if (args.length !== 2) this.#report(d, `usage: ${d.verb} module/path v1.2.3`);
        else if (d.verb === "require") {
          // Branch names and hashes stand here until the next `go mod tidy`; they match nothing in the module cache.
          if (!isSemver(b)) this.#report(d, `invalid version '${b}' of ${a}: must be of the form v1.2.3`, d.args[1]);
          else this.#require.push({ path: a, version: b, indirect: /^indirect(?:;|$)/.test(d.comment) });
        } else {
          this.#exclude.push({ path: a, version: b });
        }
        return;
      case "replace": {
        const replacement = parseReplacement(args);
        if (typeof replacement === "string") this.#report(d, replacement);
        else this.#replace.push(replacement);
        return;
      }
      case "retract":
        this.#retract.push(args.join(" "));
        return;
      case "ignore":
      case "tool":
        if (args.length !== 1) this.#report(d, `${d.verb} directive expects exactly one argument`);
        else (d.verb === "tool" ? this.#tool : this.#ignore).push(a);
        return;
      default:
        this.#report(d, `unknown directive: ${d.verb}`);
    }
  }

  #setGo(d: Directive, text: string): void {
    if (/^[1-9]\d*\.(0|[1-9]\d*)(\.(0|[1-9]\d*))?((rc|beta|alpha)[1-9]\d*)?$/.test(text)) {
      this.#go = text;
      return;
    }
    // Dependencies wrote "go 1.14.x" and worse before the go command minded.
    const lax = /^v?(([1-9]\d*)\.(0|[1-9]\d*))([^0-9].*)$/.exec(text)?.[1];
    if (!this.strict && lax !== undefined) this.#go = lax;
    else this.#report(d, `invalid go version '${text}': must match format 1.23.0`);
  }

  #report(d: Directive, message: string, at?: Argument): void {
    this.#problems.push({ line: d.line, column: at?.column ?? d.column, message });
  }
}

/** `old [version] => new [version]`; a message where it is none of that. */
export function parseReplacement(args: readonly string[]): Replacement | string {
  const arrow = args[1] === "=>" ? 1 : 2;
  const path = args[0];
  const by = args[arrow + 1];
  if (path === undefined || by === undefined || args[arrow] !== "=>" || args.length > arrow + 3) {
    return "usage: replace module/path [v1.2.3] => other/module v1.4, or replace module/path [v1.2.3] => ../local/directory";
  }
  const version = args[arrow + 2] ?? "";
  if (version === "" && !isFolderPath(by)) {
    return "replacement module without version must be directory path (rooted or starting with . or ..)";
  }
  if (version !== "" && isFolderPath(by)) return `replacement module directory path "${by}" cannot have version`;
  return { old: { path, version: arrow === 2 ? (args[1] ?? "") : "" }, by: { path: by, version } };
}

export function isFolderPath(path: string): boolean {
  return path === "." || path === ".." || /^(\.{0,2}[/\\]|[A-Za-z]:)/.test(path);
}
