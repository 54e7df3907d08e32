/** `stanch check --explain-config`: what is in force, and why. */
import { relative } from "node:path";
import { ignorePages } from "../check/ignore-pages.ts";
import { type Named, Names } from "../check/names.ts";
import { Policy } from "../check/policy.ts";
import type { Config } from "../config/config.ts";
import { fileNames } from "../config/load.ts";
import { Loader } from "../go/load/loader.ts";
import { style } from "../report/style.ts";
import { rules } from "../rules/registry.ts";
import type { CheckFlags, Settings } from "./check-settings.ts";
import { coloursOn } from "./colour.ts";
import { counted } from "../base/numbers.ts";

/** Exits with 1 where the file names a function that does not exist: it would silently do nothing. */
export function explainConfig({ config, options }: Settings, flags: CheckFlags): void {
  const s = style(coloursOn(process.stdout));
  const out: string[] = [];
  const here = process.cwd();
  const shown = (file: string): string => {
    const path = relative(here, file);
    return path.startsWith("..") ? file : path;
  };
  const where = (...path: (string | number)[]): string =>
    config === null ? "" : `${shown(config.file)}:${config.at(...path).line}`;
  if (config === null)
    out.push(
      flags.config === false
        ? "No configuration: --no-config."
        : `No configuration: there is no ${fileNames[0]} here or above. "stanch init" writes one.`,
    );
  else out.push(`Configuration: ${shown(config.file)}`);

  out.push("", s.bold("Rules"));
  const width = Math.max(...rules.map((r) => r.id.length));
  for (const { id, severity } of [
    ...rules,
    ...[...ignorePages.keys()].map((id) => ({ id, severity: "note" as const })),
  ])
    for (const [level, why] of levelsOf(id, severity, options.rules, flags, config, where))
      out.push(
        `  ${id.padEnd(width)}  ${level === "off" ? s.dim("off    ") : s.severity(level, level.padEnd(7))}  ${why}`,
      );

  const loader = Loader.open(here, options.load ?? {});
  const match = loader.match(options.patterns);
  let wrong = 0;
  if (config !== null) {
    const names = new Names(loader, match.packages);
    const say = (full: string, place: string): void => {
      const found = names.find(full);
      if (found.kind === "missing") wrong++;
      out.push(`  ${full}  ${s.dim(place)}  ${said(found, shown, (t) => s.severity("error", t))}`);
    };
    if (config.resources.length > 0) out.push("", s.bold("Resources"));
    config.resources.forEach((r, i) => {
      const releases = [
        ...r.methods.map((m) => ["value", ...r.path, m].join(".") + "()"),
        ...(r.call ? ["value()"] : []),
        ...r.functions,
      ];
      const kept = r.lifetime === "shared" ? "made once and shared" : "released by whoever acquires it";
      out.push(`  ${s.bold(r.name)}: ${kept}; let go by ${releases.join(" or ")}  ${s.dim(where("resources", i))}`);
      for (const f of [...r.acquire, ...r.functions]) say(f, "");
    });
    const sections: [string, string, readonly string[]][] = [
      ["Take ownership", "takes-ownership", config.takesOwnership],
      ["Never return", "never-returns", config.neverReturns],
    ];
    for (const [title, key, list] of sections) {
      if (list.length > 0) out.push("", s.bold(title));
      list.forEach((f, i) => say(f, where(key, i)));
    }
    if (config.handlers.length > 0) out.push("", s.bold("Handlers"));
    config.handlers.forEach((h, i) => {
      if ("func" in h) say(h.func, `${h.runs}, ${where("handlers", i)}`);
      else out.push(`  func(${h.params.join(", ")})  ${s.dim(`${h.runs}, ${where("handlers", i)}`)}`);
    });
    if (config.exclude.length > 0) {
      out.push("", s.bold("Excluded"));
      const files = match.packages.flatMap((p) => p.files);
      config.exclude.forEach((pattern, i) => {
        const only = new Policy({ ...config, exclude: [pattern] });
        const n = files.filter((f) => only.isExcluded(f)).length;
        out.push(`  ${pattern}  ${s.dim(where("exclude", i))}  ${counted(n, "file")} of this run`);
      });
    }
    if (config.targets.size > 0) {
      out.push("", s.bold("Targets"));
      for (const [name, t] of config.targets)
        out.push(
          `  ${name}: ${t.url ?? (t.pid !== null ? `pid ${t.pid}` : `unix:${t.unix}`)}  ${s.dim(where("targets", name))}`,
        );
    }
  }
  out.push("", s.bold("Build"), `  ${counted(match.packages.length, "package")} of ${options.patterns.join(" ")}`);
  const { target } = loader;
  out.push(
    `  ${target.goos}/${target.goarch}${target.cgo ? " with cgo" : ""}, go ${target.release > 0 ? `1.${target.release}` : ""}, standard library ${loader.goroot?.dir ?? "from the bundled index"}`,
  );
  process.stdout.write(`${out.join("\n")}\n`);
  process.exitCode = wrong > 0 ? 1 : 0;
}

function said(found: Named, shown: (file: string) => string, bad: (text: string) => string): string {
  switch (found.kind) {
    case "found":
      return found.line > 0 ? `${shown(found.file)}:${found.line}` : found.file;
    case "unseen":
      return `nothing here imports ${found.path}`;
    default:
      return bad(found.hint);
  }
}

type Shown = "off" | "note" | "warning" | "error";

function levelsOf(
  id: string,
  own: Exclude<Shown, "off">,
  running: readonly string[],
  flags: CheckFlags,
  config: Config | null,
  where: (...path: (string | number)[]) => string,
): [Shown, string][] {
  if (flags.disable?.includes(id) === true) return [["off", "--disable"]];
  if (flags.rules !== undefined && !flags.rules.includes(id) && !ignorePages.has(id))
    return [["off", "not among --rules"]];
  const entry = config?.rules.get(id);
  if (entry === undefined) return [[own, "its own level"]];
  const rows: [Shown, string][] = [
    entry.level === null
      ? [own, "its own level"]
      : [entry.level, entry.paths.length === 0 ? where("rules", id) : where("rules", id, "level")],
  ];
  for (const { pattern, level } of entry.paths)
    rows.push([level, `in ${pattern}, ${where("rules", id, "paths", pattern)}`]);
  if (!running.includes(id) && !ignorePages.has(id) && rows.every(([l]) => l === "off"))
    rows[0][1] += ": it does not run";
  return rows;
}
