import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { labelsOf, ProfileBuilder } from "../profile/columns.ts";
import { encodePprof } from "../profile/encode.ts";
import { openProfile } from "../profile/open.ts";
import { openStore } from "../store/sqlite.ts";
import { Recorder } from "./recorder.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-recorder-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function profile(): Uint8Array {
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  const label = (text: string): { key: string; text: string; number: number; unit: string } => ({
    key: "tenant",
    text,
    number: 0,
    unit: "",
  });
  b.sample([b.frame("main.f", "/src/f.go", 1)], [3], [label("secret-tenant")]);
  b.sample([b.frame("main.g", "/src/f.go", 2)], [4], [label("secret-tenant")]);
  return encodePprof(b.done());
}

test("redacted, no value of a label reaches the store; equal ones stay equal", () => {
  const store = openStore(join(scratch, "a.stanch"));
  const recorder = new Recorder(store, () => {}, Date.now, true);
  recorder.profiles(
    "api",
    1000,
    new Map([
      ["goroutine", profile()],
      ["heap", new Uint8Array([1, 2, 3])],
    ]),
  );
  store.flush();
  const kept = store.profiles("api");
  // What cannot be read may hold anything: it is not kept.
  expect(kept.map((p) => p.name)).toEqual(["goroutine"]);
  const bytes = store.profile(kept[0].hash) ?? new Uint8Array();
  expect(Buffer.from(bytes).includes("secret-tenant")).toBe(false);
  const { profile: read } = openProfile(bytes);
  const values = [0, 1].flatMap((s) => labelsOf(read, s).map((l) => `${l.key}=${l.text}`));
  expect(values[0]).toMatch(/^tenant=redacted-[0-9a-f]{8}$/);
  expect(values[1]).toBe(values[0]);
  recorder.close();
});

test("not redacted, profiles are kept as they are", () => {
  const store = openStore(join(scratch, "b.stanch"));
  const recorder = new Recorder(store, () => {});
  recorder.profiles("api", 1000, new Map([["goroutine", profile()]]));
  store.flush();
  expect(Buffer.from(store.profile(store.profiles("api")[0].hash) ?? []).includes("secret-tenant")).toBe(true);
  recorder.close();
});
