/**
 * Writes docs/prometheus/{stanch.rules.yml, stanch.dashboard.json} from the names of src/server/metrics.ts; a test says when they are
 * stale. `npx tsx tools/gen-prometheus.ts`
 */
import { writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { metricNames as m } from "../src/server/metrics.ts";

export function alertRules(): string {
  const rules = [
    {
      alert: "StanchLeak",
      expr: `${m.leak} == 1`,
      labels: { severity: "warning" },
      annotations: {
        summary: "{{ $labels.target }} leaks: {{ $labels.signal }}",
        description: `{{ $labels.kind }} grow at {{ $labels.line }}. The statistics are behind the verdict already: no "for" is needed.`,
      },
    },
    {
      alert: "StanchExhaustion",
      expr: `${m.exhaustion} < 6 * 3600`,
      labels: { severity: "critical" },
      annotations: {
        summary: "{{ $labels.target }} runs out of {{ $labels.kind }} in {{ $value | humanizeDuration }}",
        description: "{{ $labels.signal }} at {{ $labels.line }}",
      },
    },
    {
      alert: "StanchTargetDown",
      expr: `${m.up} == 0`,
      for: "10m",
      labels: { severity: "info" },
      annotations: { summary: "{{ $labels.target }} cannot be read by stanch" },
    },
  ];
  return `# Made by tools/gen-prometheus.ts.\n${stringify({ groups: [{ name: "stanch", rules }] }, { lineWidth: 0 })}`;
}

export function dashboard(): string {
  const source = { type: "prometheus", uid: "${datasource}" };
  const target = (expr: string, legendFormat: string): object => ({
    datasource: source,
    expr,
    legendFormat,
    refId: "A",
  });
  const panel = (
    id: number,
    title: string,
    type: string,
    x: number,
    y: number,
    w: number,
    unit: string,
    t: object,
  ): object => ({
    id,
    title,
    type,
    datasource: source,
    gridPos: { x, y, w, h: 8 },
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: [t],
  });
  return `${JSON.stringify(
    {
      title: "Stanch: leaks",
      uid: "stanch-leaks",
      schemaVersion: 39,
      timezone: "browser",
      refresh: "30s",
      time: { from: "now-6h", to: "now" },
      templating: { list: [{ name: "datasource", type: "datasource", query: "prometheus" }] },
      panels: [
        panel(1, "Leaks now", "stat", 0, 0, 6, "short", target(`sum(${m.leak})`, "leaks")),
        panel(2, "First to run out", "stat", 6, 0, 6, "s", target(`min(${m.exhaustion})`, "time left")),
        panel(3, "Targets that answer", "stat", 12, 0, 6, "short", target(`sum(${m.up})`, "up")),
        panel(4, "Growth by line", "timeseries", 0, 8, 24, "short", target(m.growth, "{{target}} {{kind}} {{line}}")),
        panel(
          5,
          "Time until the limit",
          "timeseries",
          0,
          16,
          24,
          "s",
          target(m.exhaustion, "{{target}} {{kind}} {{line}}"),
        ),
      ],
    },
    null,
    2,
  )}\n`;
}

if (process.argv[1]?.endsWith("gen-prometheus.ts") === true) {
  const at = (name: string): URL => new URL(`../docs/prometheus/${name}`, import.meta.url);
  writeFileSync(at("stanch.rules.yml"), alertRules());
  writeFileSync(at("stanch.dashboard.json"), dashboard());
}
