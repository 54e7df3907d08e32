import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FileTargets, parseFileSd, SrvTargets } from "./targets.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-targets-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("file_sd in JSON and YAML, with scheme, metrics path and labels", () => {
  const json = '[{"targets":["a:1","b:2"],"labels":{"job":"api","__scheme__":"https","__metrics_path__":"/m"}}]';
  const yaml = "- targets: [a:1, b:2]\n  labels: {job: api, __scheme__: https, __metrics_path__: /m}\n";
  const out = parseFileSd(json, "x.json", {});
  expect(out.map((t) => [t.name, t.address, t.metricsUrl, t.labels])).toEqual([
    ["a:1", "https://a:1", "https://a:1/m", { job: "api" }],
    ["b:2", "https://b:2", "https://b:2/m", { job: "api" }],
  ]);
  expect(parseFileSd(yaml, "x.yml", {})).toEqual(out);
});

test.each([
  ["{", "x.json", /cannot be read as JSON/],
  ["targets: x", "x.yml", /is a list of/],
  ['[{"targets":"a:1"}]', "x.json", /entry 1 has no list of targets/],
  ['[{"targets":[7]}]', "x.json", /a target is a text/],
])("what is no file_sd file is an error in one line: %s", (text, path, message) => {
  expect(() => parseFileSd(text, path, {})).toThrow(message);
});

test("a file is read again when it changes; half-written it keeps what it had; gone it has none", async () => {
  const path = join(scratch, "sd.json");
  const source = new FileTargets(path, {});
  await expect(source.list()).rejects.toThrow(/cannot read/);
  writeFileSync(path, '[{"targets":["a:1"]}]');
  expect((await source.list()).map((t) => t.name)).toEqual(["a:1"]);
  writeFileSync(path, '[{"targets":["a:1","b:');
  expect((await source.list()).map((t) => t.name)).toEqual(["a:1"]);
  expect(source.problem).toMatch(/cannot be read as JSON/);
  writeFileSync(path, '[{"targets":["a:1","b:2"]}]');
  expect((await source.list()).map((t) => t.name)).toEqual(["a:1", "b:2"]);
  expect(source.problem).toBeNull();
  rmSync(path);
  expect(await source.list()).toEqual([]);
});

test("SRV records are targets; they are asked again, a fault keeps them and none takes them away", async () => {
  let answer: () => { name: string; port: number }[] = () => [];
  let nowMs = 0;
  let asked = 0;
  const fails = (code: string): never => {
    throw Object.assign(new Error(`querySrv ${code}`), { code });
  };
  const source = new SrvTargets(
    "_pprof._tcp.api",
    {},
    () => {
      asked++;
      return Promise.resolve().then(() => answer());
    },
    () => nowMs,
  );
  answer = () => fails("ENOTFOUND");
  await expect(source.list()).rejects.toThrow(/cannot resolve _pprof\._tcp\.api: there are no such SRV records/);
  answer = () => [
    { name: "b.api.", port: 6060 },
    { name: "a.api", port: 6061 },
    { name: "a.api", port: 6061 },
  ];
  expect((await source.list()).map((t) => [t.name, t.address, t.labels])).toEqual([
    ["a.api:6061", "http://a.api:6061", { srv: "_pprof._tcp.api" }],
    ["b.api:6060", "http://b.api:6060", { srv: "_pprof._tcp.api" }],
  ]);
  await source.list();
  expect(asked).toBe(2);
  nowMs = 31_000;
  answer = () => fails("ETIMEOUT");
  expect([(await source.list()).length, source.problem]).toEqual([2, expect.stringContaining("does not answer")]);
  nowMs = 62_000;
  answer = () => fails("ENODATA");
  expect(await source.list()).toEqual([]);
  nowMs = 93_000;
  answer = () => [{ name: "a.api", port: 1 }];
  expect([(await source.list()).length, source.problem]).toEqual([1, null]);
});
