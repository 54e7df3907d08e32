/** Which findings count, and for how much: levels of rules and excluded files of `stanch.yaml`. */
import { relative, resolve, sep } from "node:path";
import picomatch from "picomatch";
import type { Config, Level } from "../config/config.ts";
import type { Finding } from "../diag/finding.ts";

type Matcher = (path: string) => boolean;

export class Policy {
  private readonly dir: string;
  private readonly excludes: readonly Matcher[];
  private readonly levels: ReadonlyMap<
    string,
    { readonly level: Level | null; readonly paths: readonly { readonly fits: Matcher; readonly level: Level }[] }
  >;

  constructor(config: Config | null) {
    this.dir = config?.dir ?? "/";
    this.excludes = (config?.exclude ?? []).map(matcher);
    this.levels = new Map(
      [...(config?.rules ?? [])].map(([id, { level, paths }]) => [
        id,
        { level, paths: paths.map((p) => ({ fits: matcher(p.pattern), level: p.level })) },
      ]),
    );
  }

  /** Nothing is reported in this file. `file` is absolute. */
  isExcluded(file: string): boolean {
    const path = this.pathOf(file);
    return path !== null && this.excludes.some((fits) => fits(path));
  }

  /** The level of a rule in a file; null: its findings keep their own. */
  levelOf(rule: string, file: string): Level | null {
    const entry = this.levels.get(rule);
    if (entry === undefined) return null;
    const path = this.pathOf(file);
    return (path === null ? undefined : entry.paths.findLast((p) => p.fits(path))?.level) ?? entry.level;
  }

  /** Off wherever one looks: it need not run. */
  isOff(rule: string): boolean {
    const entry = this.levels.get(rule);
    return entry !== undefined && entry.level === "off" && entry.paths.every((p) => p.level === "off");
  }

  /** A finding as it counts; null where it does not. `file` is its absolute path. */
  judge<F extends Finding>(finding: F, file: string): F | null {
    if (this.isExcluded(file)) return null;
    const level = this.levelOf(finding.rule, file);
    if (level === "off") return null;
    return level === null || level === finding.severity ? finding : { ...finding, severity: level };
  }

  private pathOf(file: string): string | null {
    const path = relative(this.dir, resolve(file));
    return path === "" || path.startsWith("..") ? null : path.split(sep).join("/");
  }
}

/** A pattern fits what it names, and all below it where that is a folder. */
function matcher(pattern: string): Matcher {
  const clean = pattern.replace(/^\.\//, "").replace(/\/+$/, "");
  const fits = picomatch([clean, `${clean}/**`], { dot: true });
  return (path) => fits(path);
}
