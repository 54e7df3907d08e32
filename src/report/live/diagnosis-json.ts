/** `diagnose --format json`, schema stanch.diagnose/1; see docs/formats/diagnose.md. */
import type { Changes } from "../../diagnose/changes.ts";
import type { Diagnosis } from "../../diagnose/diagnose.ts";
import type { Connections, Look } from "../../diagnose/evidence.ts";
import type { Finding } from "../../diag/finding.ts";
import type { Frame } from "../../profile/columns.ts";
import type { DiagnosisTextOptions } from "./diagnosis-text.ts";

export function diagnosisJson(d: Diagnosis, look: Look, o: Omit<DiagnosisTextOptions, "width" | "most">): string {
  const frame = (f: Frame): unknown => ({ function: f.func, file: f.file, line: f.line });
  return `${JSON.stringify(
    {
      schema: "stanch.diagnose/1",
      target: look.target,
      taken: new Date(look.takenMs).toISOString(),
      seconds: d.seconds,
      otherProcess: d.otherProcess,
      process:
        look.process === null && look.build === null
          ? null
          : {
              pid: look.process?.pid ?? null,
              name: look.process?.name ?? null,
              started: look.process === null ? null : new Date(look.process.startedMs).toISOString(),
              goVersion: look.build?.goVersion ?? null,
              module: look.build?.main?.path ?? look.build?.path ?? null,
              version: look.build?.main?.version ?? null,
              revision: look.build?.settings["vcs.revision"] ?? null,
            },
      changes: o.changes === null ? null : changesJson(o.changes),
      observe: {
        levels: d.levels,
        truncated: look.goroutines?.truncated ?? "",
        groups: d.groups.map(({ group, known }) => ({
          count: group.count,
          wait: group.wait,
          known,
          site: frame(group.site),
          entry: frame(group.entry),
          creator: group.creator === null ? null : frame(group.creator),
          minutes: group.minutes,
          leaked: group.leaked,
          stack: group.stack.map(frame),
        })),
        heap: d.heap.map((h) => ({ bytes: h.bytes, ...(frame(h.frame) as object) })),
        history: o.history,
      },
      correlate: {
        connections: d.connections.map((c) => ({ ...connectionJson(c.now), before: c.before })),
        unowned: d.unowned.map(connectionJson),
      },
      trace: { descriptors: look.fds === null ? null : descriptorsJson(look.fds), opened: o.trace },
      attribute: d.suspects.map((s, i) => {
        const source =
          s.location === null
            ? null
            : o.excerpt({ func: s.location.function, file: s.location.file, line: s.location.line });
        return {
          kind: s.kind,
          status: s.status,
          signature: s.signature,
          title: s.title,
          count: s.count,
          before: s.before,
          unit: s.unit,
          wait: s.wait,
          minutes: s.minutes,
          location: s.location,
          source:
            source === null
              ? null
              : { from: source.from, firstLine: source.firstLine, lines: source.lines, note: source.note },
          stack: s.stack.map(frame),
          createdBy: s.createdBy === null ? null : frame(s.createdBy),
          openedBy:
            s.openedBy === null
              ? null
              : {
                  ...(frame(s.openedBy.at) as object),
                  count: s.openedBy.count,
                  heldSeconds: s.openedBy.heldSeconds,
                  stack: s.openedBy.stack.map(frame),
                },
          connections: s.connections.map(connectionJson),
          labels: s.labels,
          evidence: s.evidence,
          meaning: s.meaning,
          next: s.next,
          rule: s.rule,
          finding: findingJson(o, i),
          chain: o.source?.joined[i]?.chain ?? [],
        };
      }),
      withoutEvidence: (o.source?.rest ?? []).map(placeJson),
      problems: o.problems,
      skipped: o.skipped,
      costs: o.costs,
    },
    (_, v: unknown) => (typeof v === "number" && !Number.isFinite(v) ? null : v),
    2,
  )}\n`;
}

/** Ports tell two looks of ours apart, and nobody else anything. */
function connectionJson(c: Connections): object {
  return { ...c, localPorts: undefined };
}

/** Numbers of descriptors as of connections: the first 64. */
function descriptorsJson(fds: NonNullable<Look["fds"]>): object {
  return { ...fds, files: fds.files.map((f) => ({ ...f, fds: f.fds.slice(0, 64) })) };
}

function changesJson({ before, after, sameProcess, list }: Changes): object {
  return {
    before,
    after,
    sameProcess,
    list: list.map(({ change, suspect: s, before: was, after: is, doubt }) => ({
      change,
      before: was,
      after: is,
      doubt,
      kind: s.kind,
      status: s.status,
      signature: s.signature,
      title: s.title,
      unit: s.unit,
      wait: s.wait,
      location: s.location,
    })),
  };
}

function placeJson({ rule, severity, confidence, file, line, fingerprint }: Finding): object {
  return { rule, severity, confidence, file, line, fingerprint };
}

function findingJson(o: Pick<DiagnosisTextOptions, "source">, suspect: number): object | null {
  const match = o.source?.joined[suspect]?.match;
  if (match == null) return null;
  const { finding, tie, others } = match;
  return {
    ...placeJson(finding),
    message: finding.message,
    function: finding.function,
    path: finding.path,
    tie,
    others: others.map(placeJson),
    fix: o.source?.fixes.get(finding.fingerprint) ?? null,
  };
}
