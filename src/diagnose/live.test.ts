import { expect, test } from "vitest";
import type { Finding } from "../diag/finding.ts";
import { bleedingFirst, liveFindings } from "./live.ts";
import type { Joined } from "./join.ts";
import { withoutStack, type Suspect } from "./suspect.ts";

const finding = (fingerprint: string): Finding => ({
  rule: "r",
  severity: "error",
  noteBecause: null,
  confidence: "high",
  message: "m",
  file: "a.go",
  line: 1,
  column: 1,
  endLine: 1,
  endColumn: 2,
  function: "m.f",
  fingerprint,
  path: [],
  fix: null,
});
const suspect = (count: number, score: number): Suspect => ({
  kind: "goroutine",
  status: "likely",
  signature: null,
  title: "t",
  count,
  before: null,
  unit: "goroutines",
  ...withoutStack,
  evidence: [],
  meaning: "",
  next: [],
  rule: null,
  score,
});
const [a, b, c, d] = ["a", "b", "c", "d"].map(finding);

test("what bleeds comes first, the worst at the top, the others in their order", () => {
  const joined: Joined[] = [
    { suspect: suspect(20, 10), match: { finding: c, tie: "line", frame: null, others: [d] }, chain: [] },
    { suspect: suspect(900, 99), match: { finding: d, tie: "function", frame: null, others: [] }, chain: [] },
    { suspect: suspect(5, 1), match: null, chain: [] },
  ];
  const live = liveFindings([{ target: "x", joined }]);
  expect(bleedingFirst([a, b, c, d], live).map((f) => f.fingerprint)).toEqual(["d", "c", "a", "b"]);
  // A frame ties it to one; whatever else stands on the line is not said to bleed.
  expect(live.get("d")?.map((e) => e.count)).toEqual([900]);
});

test("where only the kind of leak ties them, all candidates are named as such", () => {
  const joined: Joined[] = [
    { suspect: suspect(20, 10), match: { finding: b, tie: "signature", frame: null, others: [c] }, chain: [] },
  ];
  const live = liveFindings([{ target: "x", joined }]);
  expect([live.get("b")?.[0].candidates, live.get("c")?.[0].candidates]).toEqual([2, 2]);
});
