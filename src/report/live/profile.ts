/** One profile, or two compared, for the terminal and as JSON. */
import pc from "picocolors";
import { span, waited } from "../../base/durations.ts";
import { count, percent, signed } from "../../base/numbers.ts";
import { valueText } from "../../profile/value-text.ts";
import { framesOf, total, typeIndex, type Frame, type Profile } from "../../profile/columns.ts";
import { diffProfiles } from "../../profile/diff.ts";
import { diffTop } from "../../profile/diff-top.ts";
import type { GoroutineDump } from "../../profile/dump.ts";
import { compareGroups, groupGoroutines, isOwn } from "../../profile/group.ts";
import { shortName, strictName } from "../../profile/names.ts";
import { topFunctions } from "../../profile/top.ts";
import { fit, plain, shortFile } from "./format.ts";

export interface OpenedProfile {
  readonly form: string;
  readonly profile: Profile;
  readonly dump: GoroutineDump | null;
}

export interface ProfileTextOptions {
  readonly width: number;
  readonly most: number;
  readonly stacks: boolean;
}

function isGoroutines(p: Profile): boolean {
  return /^(?:goroutine|goroutineleak)$/.test(p.sampleTypes[0]?.type ?? "");
}

function head(file: string, o: OpenedProfile, type: number): string[] {
  const { profile: p } = o;
  const t = p.sampleTypes[type] ?? { type: "nothing", unit: "" };
  const parts = [
    pc.bold(plain(file)),
    `${t.type}${t.unit === "count" ? "" : ` in ${t.unit}`}`,
    `total ${valueText(t.unit)(total(p, type))}`,
    `${count(p.sampleCount)} stacks`,
  ];
  if (p.timeNanos > 0n)
    parts.push(new Date(Number(p.timeNanos / 1_000_000n)).toISOString().replace("T", " ").slice(0, 19));
  if (p.durationNanos > 0n) parts.push(`over ${span(Number(p.durationNanos) / 1e9)}`);
  const out = [parts.join(pc.dim("  ·  "))];
  if (p.sampleTypes.length > 1) out.push(pc.dim(`types: ${p.sampleTypes.map((x) => x.type).join(", ")}  (--type)`));
  for (const r of o.dump?.reasons ?? []) out.push(pc.red(plain(r.split("\n")[0])));
  if (o.dump !== null && o.dump.truncated !== "") out.push(pc.yellow(o.dump.truncated));
  return out;
}

function frameText(f: Frame, width: number): string {
  const text = plain(fit(`${shortName(f.func)}${f.line > 0 ? `  ${shortFile(f.file)}:${f.line}` : ""}`, width));
  return isOwn(f.func) ? text : pc.dim(text);
}

export function profileText(file: string, o: OpenedProfile, type: number, opt: ProfileTextOptions): string {
  const out = head(file, o, type);
  const { profile: p } = o;
  out.push("");
  if (isGoroutines(p)) {
    for (const g of groupGoroutines(p).slice(0, opt.most)) {
      const at = g.own ?? g.site;
      const age = g.minutes === null ? "" : pc.dim(`  ${waited(g.minutes)}`);
      const leaked = g.leaked > 0 ? pc.red(`  ${g.leaked} proven leaked`) : "";
      out.push(
        `${pc.bold(count(g.count).padStart(9))}  ${(g.wait || "running").padEnd(22)} ${plain(fit(`${shortName(at.func)}  ${shortFile(at.file)}:${at.line}`, opt.width - 50))}${age}${leaked}`,
      );
      if (opt.stacks) {
        for (const f of g.stack) out.push(`             ${frameText(f, opt.width - 14)}`);
        if (g.creator !== null)
          out.push(
            pc.dim(
              `             started by ${plain(shortName(g.creator.func))}  ${plain(shortFile(g.creator.file))}:${g.creator.line}`,
            ),
          );
      }
    }
    return `${out.join("\n")}\n`;
  }
  const show = valueText(p.sampleTypes[type]?.unit ?? "count");
  const all = total(p, type);
  const share = (v: number): string => (all === 0 ? "" : percent(v, all));
  out.push(pc.dim(`${"flat".padStart(10)} ${"".padStart(7)} ${"cum".padStart(10)} ${"".padStart(7)}  function`));
  for (const r of topFunctions(p, type).slice(0, opt.most))
    out.push(
      `${show(r.flat).padStart(10)} ${pc.dim(share(r.flat).padStart(7))} ${show(r.cum).padStart(10)} ${pc.dim(share(r.cum).padStart(7))}  ${plain(fit(`${strictName(r.func)}  ${shortFile(r.file)}`, opt.width - 40))}`,
    );
  if (opt.stacks) {
    const width = p.sampleTypes.length;
    const order = Array.from({ length: p.sampleCount }, (_, i) => i).sort(
      (a, b) => p.values[b * width + type] - p.values[a * width + type],
    );
    for (const s of order.slice(0, opt.most)) {
      out.push("", pc.bold(show(p.values[s * width + type]).padStart(10)));
      for (const f of framesOf(p, s)) out.push(`            ${frameText(f, opt.width - 14)}`);
    }
  }
  return `${out.join("\n")}\n`;
}

export function profileDiffText(
  files: readonly string[],
  before: OpenedProfile,
  after: OpenedProfile,
  type: number,
  opt: ProfileTextOptions,
): string {
  const out = [
    ...head(files[0], before, Math.min(type, before.profile.sampleTypes.length - 1)),
    ...head(files[1], after, type),
    "",
  ];
  if (isGoroutines(before.profile) && isGoroutines(after.profile)) {
    const changes = compareGroups(groupGoroutines(before.profile), groupGoroutines(after.profile)).filter(
      (c) => c.after !== c.before,
    );
    changes.sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
    for (const { group: g, before: was, after: now } of changes.slice(0, opt.most)) {
      const at = g.own ?? g.site;
      const delta = signed(now - was, count).padStart(9);
      out.push(
        `${now > was ? pc.yellow(delta) : pc.green(delta)}  ${pc.dim(`${count(was)} → ${count(now)}`.padEnd(19))} ${(g.wait || "running").padEnd(22)} ${plain(fit(`${shortName(at.func)}  ${shortFile(at.file)}:${at.line}`, opt.width - 56))}`,
      );
      if (opt.stacks) for (const f of g.stack) out.push(`             ${frameText(f, opt.width - 14)}`);
    }
    if (changes.length === 0) out.push("no group has changed");
    return `${out.join("\n")}\n`;
  }
  const { type: name, unit } = after.profile.sampleTypes[type] ?? { type: "", unit: "" };
  const show = valueText(unit);
  const rows = diffProfiles(before.profile, after.profile, name).filter((d) => d.delta !== 0);
  const column = typeIndex(before.profile, name);
  const base = total(before.profile, column);
  const top = diffTop(before.profile, column, after.profile, type);
  if (top.length > 0) {
    const cell = (v: number): string => {
      const text = signed(v, show).padStart(11);
      const share = base === 0 ? "" : percent(v, base);
      return `${v > 0 ? pc.yellow(text) : v < 0 ? pc.green(text) : text} ${pc.dim(share.padStart(9))}`;
    };
    out.push(
      pc.dim(`${"flat".padStart(11)} ${"of older".padStart(9)} ${"cum".padStart(11)} ${"".padStart(9)}  function`),
    );
    for (const r of top.slice(0, opt.most))
      out.push(
        `${cell(r.flat)} ${cell(r.cum)}  ${plain(fit(`${strictName(r.func)}  ${shortFile(r.file)}`, Math.max(24, opt.width - 46)))}`,
      );
    out.push("", pc.dim("by stack, named after the first function of your own"));
  }
  for (const d of rows.slice(0, opt.most)) {
    const at = d.frames.find((f) => isOwn(f.func)) ?? d.frames[0] ?? { func: "(no frames)", file: "", line: 0 };
    const delta = signed(d.delta, show).padStart(11);
    out.push(
      `${d.delta > 0 ? pc.yellow(delta) : pc.green(delta)}  ${pc.dim(`${show(d.before)} → ${show(d.after)}`.padEnd(23))} ${frameText(at, opt.width - 42)}`,
    );
    if (opt.stacks) for (const f of d.frames) out.push(`               ${frameText(f, opt.width - 16)}`);
  }
  if (rows.length === 0) out.push("nothing has changed");
  return `${out.join("\n")}\n`;
}

const jsonFrame = (f: Frame): unknown => ({ function: f.func, file: f.file, line: f.line });

/** Schema stanch.profile/1; see docs/formats/profile.md. */
export function profileJson(file: string, o: OpenedProfile, type: number, most: number): string {
  const { profile: p } = o;
  const goroutines = isGoroutines(p);
  return `${JSON.stringify(
    {
      schema: "stanch.profile/1",
      file,
      form: o.form,
      truncated: o.dump?.truncated ?? "",
      reasons: o.dump?.reasons ?? [],
      sampleTypes: p.sampleTypes,
      type: p.sampleTypes[type]?.type ?? null,
      total: total(p, type),
      stacks: p.sampleCount,
      groups: goroutines
        ? groupGoroutines(p)
            .slice(0, most)
            .map((g) => ({
              count: g.count,
              wait: g.wait,
              site: jsonFrame(g.site),
              entry: jsonFrame(g.entry),
              creator: g.creator === null ? null : jsonFrame(g.creator),
              minutes: g.minutes,
              leaked: g.leaked,
              labels: g.labels,
              stack: g.stack.map(jsonFrame),
            }))
        : null,
      top: goroutines
        ? null
        : topFunctions(p, type)
            .slice(0, most)
            .map((r) => ({ function: r.func, file: r.file, flat: r.flat, cum: r.cum })),
    },
    null,
    2,
  )}\n`;
}

/** Schema stanch.profile-diff/1. */
export function profileDiffJson(
  files: readonly string[],
  before: OpenedProfile,
  after: OpenedProfile,
  type: number,
  most: number,
): string {
  const name = after.profile.sampleTypes[type]?.type ?? "";
  return `${JSON.stringify(
    {
      schema: "stanch.profile-diff/1",
      before: files[0],
      after: files[1],
      type: name,
      totalBefore: total(
        before.profile,
        Math.max(
          0,
          before.profile.sampleTypes.findIndex((t) => t.type === name),
        ),
      ),
      totalAfter: total(after.profile, type),
      top: diffTop(before.profile, typeIndex(before.profile, name), after.profile, type)
        .slice(0, most)
        .map((r) => ({ function: r.func, file: r.file, flat: r.flat, cum: r.cum })),
      changes: diffProfiles(before.profile, after.profile, name)
        .filter((d) => d.delta !== 0)
        .slice(0, most)
        .map((d) => ({
          before: d.before,
          after: d.after,
          delta: d.delta,
          paired: d.paired,
          stack: d.frames.map(jsonFrame),
        })),
    },
    null,
    2,
  )}\n`;
}
