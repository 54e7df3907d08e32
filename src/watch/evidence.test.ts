import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readBundle } from "../probe/bundle.ts";
import { Evidence, evidenceDefaults } from "./evidence.ts";
import { FakeTarget } from "./testing.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-evidence-"));
const targets: FakeTarget[] = [];
afterAll(async () => {
  for (const t of targets) await t.close();
  rmSync(scratch, { recursive: true });
});

async function fake(): Promise<FakeTarget> {
  const t = await new FakeTarget().listen();
  targets.push(t);
  return t;
}

let now = 1_700_000_000_000;
const options = { ...evidenceDefaults, toolVersion: "0", leakProfile: false, clock: () => now };

test("a bundle that diagnose reads, named by target and time; the next alarm soon after names the same", async () => {
  const t = await fake();
  const folder = join(scratch, "a", "deeper");
  const e = new Evidence({ ...options, folder });
  const first = await e.capture("api:6060/x", t.url, {}, null);
  expect(first).toMatchObject({ bundle: join(folder, "api_6060_x-20231114T221320Z.tgz"), note: "" });
  expect((await readBundle(first.bundle ?? "")).profiles.has("goroutine")).toBe(true);
  now += 60_000;
  const asked = t.requests;
  expect((await e.capture("api:6060/x", t.url, {}, null)).bundle).toBe(first.bundle);
  expect(t.requests).toBe(asked);
  now += 600_000;
  expect((await e.capture("api:6060/x", t.url, {}, null)).bundle).not.toBe(first.bundle);
});

test("the oldest go when the disk they may take is full; other files are left alone", async () => {
  const t = await fake();
  const folder = join(scratch, "b");
  const e = new Evidence({ ...options, folder, diskBytes: 6000, everyMs: 0 });
  writeFileSync(join(folder, "backup.tgz"), "x".repeat(9000));
  const names: string[] = [];
  for (let i = 0; i < 12; i++) {
    now += 1000;
    names.push((await e.capture("api", t.url, {}, null)).bundle ?? "");
  }
  const left = readdirSync(folder).filter((f) => f.startsWith("api-"));
  expect(left.length).toBeLessThan(12);
  expect(left.map((f) => join(folder, f))).toContain(names[11]);
  expect(readdirSync(folder)).toContain("backup.tgz");
});

test("a target that cannot be read any more: no bundle, and the reason", async () => {
  const e = new Evidence({ ...options, folder: join(scratch, "c") });
  const gone = await e.capture("api", "http://127.0.0.1:9/", {}, null);
  expect(gone).toMatchObject({
    bundle: null,
    note: expect.stringMatching(/No evidence could be taken: nothing listens/),
    look: null,
  });
  writeFileSync(join(scratch, "file"), "");
  expect(() => new Evidence({ ...options, folder: join(scratch, "file") })).toThrow(/cannot make the folder/);
});
