/** `gate --format json`, schema stanch.gate/1; see docs/formats/gate.md. */
import type { GateInstance, GateService } from "../../diagnose/gate.ts";
import type { Suspect } from "../../diagnose/suspect.ts";
import type { ProcessIdentity } from "../../series/sample.ts";
import type { Verdict } from "../../watch/verdict.ts";
import { isVerdict, type GateReport } from "./gate-text.ts";
import { verdictJson } from "./watch-json.ts";

export function gateJson(r: GateReport): string {
  return `${JSON.stringify(
    {
      schema: "stanch.gate/1",
      outcome: r.outcome,
      seconds: Math.round(r.seconds),
      interrupted: r.interrupted,
      services: r.services.map((s) => serviceJson(s, r)),
    },
    null,
    2,
  )}\n`;
}

function serviceJson(s: GateService, r: GateReport): object {
  return {
    name: s.name,
    baseline:
      s.baseline === null
        ? null
        : {
            targets: s.baseline.targets,
            process: processJson(s.baseline.process),
            looks: s.baseline.looks,
            seconds: s.baseline.seconds,
          },
    instances: s.instances.map(instanceJson),
    leaks: s.lines.map((l) => ({
      change: l.change,
      now: l.now === null ? null : verdictJson(l.now, l.firstMs, r.finding),
      before: l.before === null ? null : beforeJson(l.before),
      leaking: l.leaking,
      others: l.others,
    })),
    noVerdict: s.noVerdict,
    notes: s.notes,
  };
}

function instanceJson(i: GateInstance): object {
  return {
    target: i.name,
    process: processJson(i.process),
    looks: i.looks,
    seconds: i.seconds,
    load: i.load,
    loadWhy: i.loadWhy,
    restarts: i.restarts,
    error: i.failure,
  };
}

function processJson(p: ProcessIdentity | null): object | null {
  if (p === null) return null;
  return {
    pid: p.pid,
    started: p.startedMs === null ? null : new Date(p.startedMs).toISOString(),
    goVersion: p.goVersion,
    module: p.module,
    revision: p.revision,
  };
}

/** A verdict of a recording, or the suspect of a bundle. */
function beforeJson(b: Verdict | Suspect): unknown {
  if (isVerdict(b)) return verdictJson(b, null);
  const { kind, status, title, count, unit, wait, location, rule } = b;
  return { kind, status, title, value: count, unit, wait, location, rule };
}
