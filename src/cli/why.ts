/** `stanch why FILE:LINE` and `stanch check --debug-function`: what the analysis knows, in words. */
import { relative, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import {
  type InspectedFunction,
  type InspectedSite,
  type Inspection,
  inspectFile,
  inspectFunction,
} from "../check/inspect.ts";
import { Policy } from "../check/policy.ts";
import { style, type Style } from "../report/style.ts";
import { type Settings, settingsOf, type SourceFlags } from "./check-settings.ts";
import { coloursOn } from "./colour.ts";

export function run(place: string, flags: SourceFlags): void {
  const m = /^(.+?):(\d+)(?::\d+)?$/.exec(place);
  if (m === null) throw new UsageError(`${place} is no place; write FILE:LINE, as findings do`);
  const [, file, line] = m;
  const settings = settingsOf([], flags);
  const found = inspectFile(process.cwd(), settings.options, file);
  const s = style(coloursOn(process.stdout));
  process.stdout.write(`${why(found, Number(line), settings, s).join("\n")}\n`);
}

function why(found: Inspection, line: number, settings: Settings, s: Style): string[] {
  const out: string[] = [];
  const absolute = resolve(process.cwd(), found.file);
  const within = found.functions.filter((f) => f.line <= line && line <= f.endLine);
  const unit = within.at(-1) ?? null;
  out.push(s.bold(`${found.file}:${line}${unit === null ? "" : ` in ${unit.name}`}`));
  if (found.generated) out.push("The file is generated: what is found in it is not reported (--generated reports it).");
  const policy = new Policy(settings.config);
  const here = found.findings.filter(
    (f) => f.file === absolute && ((f.line <= line && line <= f.endLine) || f.path.some((p) => p.line === line)),
  );
  for (const f of here) {
    const level = policy.levelOf(f.rule, f.file);
    const quiet = f.suppressed
      ? " It is silenced by a comment."
      : policy.isExcluded(f.file)
        ? ` It is not reported: ${relative(process.cwd(), settings.config?.file ?? "")} excludes this file.`
        : level === "off"
          ? ` It is not reported: ${relative(process.cwd(), settings.config?.file ?? "")} turns the rule off here.`
          : "";
    const at = f.line === line ? "" : ` (reported on line ${f.line})`;
    const often = found.counts.get(f.fingerprint) ?? null;
    const weight =
      f.noteBecause !== null
        ? ` It is a note because ${f.noteBecause}.`
        : often !== null
          ? ` It is more than a note because ${often}.`
          : "";
    out.push(`${s.severity(f.severity, `${f.severity}[${f.rule}]`)}${at}: ${f.message}${weight}${quiet}`);
  }
  for (const f of within) {
    for (const site of f.sites) {
      const acquiredHere = site.line <= line && line <= site.endLine;
      const ends = site.ends.filter((e) => e.line === line);
      if (acquiredHere) out.push(...siteLines(site, s));
      else
        for (const e of ends)
          out.push(
            `The ${site.noun} from ${site.call} (line ${site.line}) ${endText(e.how)} here${e.through === null ? "" : `, through ${e.through}`}.`,
          );
    }
  }
  const spared = found.spared.filter((p) => p.file === absolute && p.line === line);
  for (const reason of new Set(spared.map((p) => p.why))) {
    const silent = spared.filter((p) => p.why === reason).map((p) => s.bold(p.rule));
    out.push(`${silent.join(", ")} ${silent.length === 1 ? "says" : "say"} nothing here: ${reason}.`);
  }
  if (out.length > 1 + (found.generated ? 1 : 0)) return out;
  const calls = (unit?.calls ?? []).filter((c) => c.line === line && c.why !== null);
  for (const c of calls) out.push(`${c.name}: nothing is acquired here: ${c.why}.`);
  if (calls.length === 0) out.push("Nothing is acquired, released or handed on in this line, as far as is known.");
  for (const p of found.problems.slice(0, 3)) out.push(s.dim(`problem: ${p}`));
  return out;
}

function siteLines(site: InspectedSite, s: Style): string[] {
  const via = site.wrapper === null ? "" : ` (${site.wrapper} acquires it for its caller)`;
  const out = [
    `${site.call} acquires a ${site.noun} here${via}${site.variable === null ? "" : `, in ${s.bold(site.variable)}`}.`,
  ];
  if (site.gaveUp) out.push("  What becomes of it is unknown: the function has more states than the search follows.");
  else if (site.dropped) out.push("  It is dropped at once.");
  else if (site.variable === null)
    out.push("  It goes where it is not followed: straight into a call, a field, a closure's or a package's variable.");
  for (const e of site.ends) {
    const where = e.line === 0 ? "at the end of the function" : `on line ${e.line}`;
    const through = e.through === null ? "" : ` through ${e.through}`;
    out.push(`  ${endText(e.how)} ${where}${through}${e.line === 0 ? "" : s.dim(`: ${e.text}`)}`);
  }
  if (!site.gaveUp && site.variable !== null) {
    const held = site.ends.some((e) => e.how === "held");
    const handed = site.ends.some((e) => e.how === "handed on");
    if (!held && handed) out.push("  So it is not reported: whoever got it may release it.");
    else if (!held && site.ends.length > 0) out.push("  So every path settles it.");
  }
  return out;
}

function endText(how: InspectedSite["ends"][number]["how"]): string {
  return {
    released: "is released",
    "handed on": "is handed on",
    returned: "is returned to the caller",
    held: "is still held",
  }[how];
}

/** `stanch check --debug-function`: graph, states, answers. */
export function debugFunction(settings: Settings, name: string): void {
  const s = style(coloursOn(process.stdout));
  const out: string[] = [];
  for (const found of inspectFunction(process.cwd(), settings.options, name))
    for (const f of found.functions) out.push(...functionLines(found, f, s), "");
  process.stdout.write(`${out.join("\n")}\n`);
}

function functionLines(found: Inspection, f: InspectedFunction, s: Style): string[] {
  const out = [s.bold(`${f.name}, line ${f.line}`), "", s.bold("Control flow")];
  out.push(
    ...f.cfg
      .trimEnd()
      .split("\n")
      .map((l) => `  ${l}`),
  );
  if (f.sites.length === 0) out.push("", "It acquires nothing that is known.");
  for (const site of f.sites) {
    out.push("", s.bold(`${site.call} on line ${site.line}: ${site.noun}, ${site.rule}`));
    out.push(...siteLines(site, s).map((l) => `  ${l}`));
    if (site.states.length > 0) out.push("  What is owed where a path comes to a block:");
    for (const { block, state } of site.states) out.push(`    b${block}: ${state}`);
    if (site.answers.length > 0) out.push("  What was used of the functions it is given to:");
    for (const a of site.answers) out.push(`    ${a}`);
  }
  const spared = found.spared.filter((p) => p.function === f.name);
  if (spared.length > 0) out.push("", s.bold("Candidates that are none"));
  for (const p of spared) out.push(`  line ${p.line} ${p.rule}: ${p.why}`);
  const own = found.findings.filter((x) => x.function === f.name);
  out.push("", s.bold("Findings"));
  if (own.length === 0) out.push("  none");
  for (const x of own)
    out.push(
      `  line ${x.line} ${x.severity}[${x.rule}]${x.suppressed ? " (silenced by a comment)" : ""}: ${x.message}`,
    );
  return out;
}
