/**
 * `/metrics`: every verdict and ourselves, in Prometheus's text format. The rules and the dashboard that ship (docs/prometheus/) are made
 * from the names here.
 */
import type { TargetReply, TargetsReply } from "./api.ts";

export const metricNames = {
  up: "stanch_target_up",
  leak: "stanch_leak",
  growth: "stanch_leak_growth_per_second",
  exhaustion: "stanch_leak_exhaustion_seconds",
  looks: "stanch_target_looks_total",
  age: "stanch_target_last_look_seconds",
  pages: "stanch_open_pages",
  memory: "stanch_resident_memory_bytes",
} as const;

const help: Readonly<Record<keyof typeof metricNames, readonly [type: "gauge" | "counter", text: string]>> = {
  up: ["gauge", "Whether the target can be read."],
  leak: ["gauge", "1 for each leak, 0 for a kind without one; label `line` is the place to look at."],
  growth: ["gauge", "Slope of a leak, in its unit a second."],
  exhaustion: ["gauge", "Seconds until the limit at the present slope."],
  looks: ["counter", "Looks taken at the target."],
  age: ["gauge", "Seconds since the last look that succeeded."],
  pages: ["gauge", "Pages with a live connection."],
  memory: ["gauge", "Memory of stanch itself."],
};

export interface SelfFacts {
  readonly pages: number;
  readonly rssBytes: number;
}

export function metricsText(all: TargetsReply, of: (name: string) => TargetReply | null, self: SelfFacts): string {
  const rows = new Map<keyof typeof metricNames, string[]>();
  const add = (key: keyof typeof metricNames, labels: Record<string, string>, value: number): void => {
    const list = rows.get(key) ?? [];
    const text = Object.entries(labels)
      .map(([k, v]) => `${k}="${escapeLabel(v)}"`)
      .join(",");
    list.push(`${metricNames[key]}${text === "" ? "" : `{${text}}`} ${value}`);
    rows.set(key, list);
  };
  for (const row of all.targets) {
    const target = row.name;
    add("up", { target }, row.failure === null && row.looks > 0 ? 1 : 0);
    add("looks", { target }, row.looks);
    if (row.lastMs !== null) add("age", { target }, Math.max(0, (all.nowMs - row.lastMs) / 1000));
    for (const v of of(row.name)?.verdicts ?? []) {
      const line = v.location === null ? "" : `${v.location.file}:${v.location.line}`;
      const labels = { target, kind: v.kind, signal: v.label, line };
      add("leak", labels, v.status === "leak" ? 1 : 0);
      if (v.status !== "leak") continue;
      if (v.growth !== null) add("growth", labels, v.growth.perSecond);
      if (v.exhaustionSeconds !== null) add("exhaustion", labels, v.exhaustionSeconds);
    }
  }
  add("pages", {}, self.pages);
  add("memory", {}, self.rssBytes);
  let out = "";
  for (const [key, lines] of rows)
    out += `# HELP ${metricNames[key]} ${help[key][1]}\n# TYPE ${metricNames[key]} ${help[key][0]}\n${lines.join("\n")}\n`;
  return out;
}

function escapeLabel(value: string): string {
  return value.slice(0, 512).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
