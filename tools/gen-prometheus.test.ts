import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { alertRules, dashboard } from "./gen-prometheus.ts";

const shipped = (name: string): string => readFileSync(new URL(`../docs/prometheus/${name}`, import.meta.url), "utf8");

test("the rules and the dashboard that ship are those of the metrics", () => {
  expect(shipped("stanch.rules.yml")).toBe(alertRules());
  expect(shipped("stanch.dashboard.json")).toBe(dashboard());
});
