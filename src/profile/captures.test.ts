/**
 * Real captures of six Go versions and a JVM (testdata/captures, made by its recipe) against what Go's own reader says of them: digests of the
 * canonical lines, recorded by bench/profile-oracle.ts.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { canonicalLines } from "./canonical.ts";
import { total } from "./columns.ts";
import { dumpToProfile, parseDump } from "./dump.ts";
import { encodePprof } from "./encode.ts";
import { compareGroups, groupGoroutines } from "./group.ts";
import { openProfile } from "./open.ts";
import { strictName } from "./names.ts";
import { decodePprof } from "./pprof.ts";
import { topFunctions } from "./top.ts";

const root = new URL("../../testdata/captures/", import.meta.url).pathname;
const versions = readdirSync(root).filter((d) => d.startsWith("go-"));
const jvms = readdirSync(root).filter((d) => d.startsWith("jvm-"));
const oracle = JSON.parse(readFileSync(`${root}oracle.json`, "utf8")) as Record<string, string>;

function read(version: string, name: string): Uint8Array {
  const bytes = readFileSync(`${root}${version}/${name}`);
  return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

describe("captures", () => {
  it("are of six Go versions", () => expect(versions.length).toBeGreaterThanOrEqual(6));

  for (const version of [...versions, ...jvms])
    for (const name of readdirSync(root + version).filter((f) => f.endsWith(".pb.gz")))
      it(`${version}/${name} decodes to what Go's reader sees, and survives encoding`, () => {
        const p = decodePprof(read(version, name));
        const text = `${canonicalLines(p).join("\n")}\n`;
        expect(createHash("sha256").update(text).digest("hex")).toBe(oracle[`${version}/${name}`]);
        expect(canonicalLines(decodePprof(encodePprof(p)))).toEqual(canonicalLines(p));
      });

  // What the recipe parks, one kind after the other, beginning at 3.
  const parked: [string, number][] = [
    ["chan send", 3],
    ["chan receive (nil chan)", 5],
    ["select (no cases)", 7 + 17],
    ["sync.Cond.Wait", 11],
    ["sleep", 12],
  ];
  for (const version of versions) {
    it(`${version}: the full dump holds every goroutine the recipe parked`, () => {
      const dump = parseDump(read(version, "goroutine.d2.txt.gz"));
      const groups = groupGoroutines(dumpToProfile(dump));
      expect(dump.truncated).toBe("");
      for (const [wait, n] of parked) {
        const found = groups.filter((g) => g.wait === wait).reduce((sum, g) => sum + g.count, 0);
        // The closures of `inlined` send too.
        expect([wait, found]).toEqual([wait, wait === "chan send" ? n + 15 : n]);
      }
      // `deep`: the runtime prints a hundred frames. Until 1.20 it dropped the rest without a word.
      if (!/^go-1\.(?:18|20)/.test(version)) expect(dump.elided.reduce((a, b) => a + b, 0)).toBe(16);
      expect(dump.headers.some((h) => h.locked)).toBe(true);
      const sender = groups.find((g) => g.site.func.startsWith("main.abandonedSend."));
      expect(sender?.creator?.func).toBe("main.abandonedSend");
    });

    it(`${version}: dump, debug=1 text and protobuf agree on every parked group`, () => {
      const forms = ["goroutine.d2.txt.gz", "goroutine.pb.gz", "goroutine.d1.txt"].map((f) => {
        const { profile } = openProfile(read(version, f));
        const sizes = new Map<string, number>();
        for (const g of groupGoroutines(profile)) {
          // Request goroutines come and go between the captures.
          if (!g.site.func.startsWith("main.") || g.entry.func.startsWith("net/http")) continue;
          const key = `${g.site.func.replace(/\[.*?\](?=[.)]|$)/, "[...]")}:${g.site.line}`;
          sizes.set(key, (sizes.get(key) ?? 0) + g.count);
        }
        return Object.fromEntries(sizes);
      });
      expect(Object.keys(forms[0]).length).toBeGreaterThan(12);
      expect(forms[1]).toEqual(forms[0]);
      expect(forms[2]).toEqual(forms[0]);
    });

    it(`${version}: a panic's dump is found in the log, with its reason`, () => {
      const { dump } = openProfile(read(version, "panic.log.txt.gz"));
      expect(dump?.reasons[0]).toBe("panic: deliberate");
      expect(dump?.count).toBeGreaterThan(300);
    });

    it(`${version}: labels come through`, () => {
      const groups = groupGoroutines(decodePprof(read(version, "goroutine.pb.gz")));
      const labelled = groups.find((g) => g.labels.length > 0);
      expect(labelled?.count).toBe(18);
      expect(labelled?.labels.map((l) => `${l.key}=${l.value}`).sort()).toEqual(["req=42", "tenant=acme corp"]);
    });

    it(`${version}: heap text and protobuf agree on what is live`, () => {
      const proto = decodePprof(read(version, "heap.pb.gz"));
      const { profile: text } = openProfile(read(version, "heap.d1.txt"));
      const a = total(proto, 3);
      const b = total(text, 3);
      // Two requests: the serving of the first one allocates a little for the second.
      expect(Math.abs(a - b) / a).toBeLessThan(0.35);
    });
  }

  it("pairs the closures of all versions from 1.21 on", () => {
    const of = (v: string) =>
      groupGoroutines(decodePprof(read(v, "goroutine.pb.gz"))).filter((g) => g.entry.func.startsWith("main."));
    const newest = of("go-1.27.4");
    for (const v of ["go-1.21.13", "go-1.23.12", "go-1.25.5"]) {
      const changed = compareGroups(of(v), newest).filter((c) => c.before !== c.after);
      expect([v, changed.map((c) => [c.group.site.func, c.before, c.after])]).toEqual([v, []]);
    }
  });

  for (const jvm of jvms) {
    // A program that allocates 4 KiB blocks below one lock, recorded by async-profiler.
    it(`${jvm}: async-profiler's allocations and lock waits are told by function and as types`, () => {
      const alloc = decodePprof(read(jvm, "alloc.pb.gz"));
      expect(alloc.sampleTypes).toEqual([{ type: "allocations", unit: "bytes" }]);
      const rows = topFunctions(alloc, 0);
      // The leaf is what was allocated, the next frame who did.
      expect(strictName(rows[0].func)).toBe("byte[]");
      expect(rows[0].flat).toBeGreaterThan(1e8);
      expect(rows.find((r) => r.func === "Leaky.retain")?.cum).toBeGreaterThan(1e6);
      const lock = topFunctions(decodePprof(read(jvm, "lock.pb.gz")), 0);
      expect(lock.find((r) => r.func === "Leaky.retain")?.cum).toBe(lock[0].flat);
      const cpu = topFunctions(decodePprof(read(jvm, "cpu.pb.gz")), 0);
      expect(cpu[0]).toMatchObject({ func: "Leaky.retain" });
    });
  }

  it("reads labels in the headers of 1.27 dumps", () => {
    const dump = parseDump(read("go-1.27.4", "goroutine.d2.txt.gz"));
    const sets = dump.labelSets.filter((l) => l.length > 0);
    expect(sets.map((l) => l.map((x) => `${x.key}=${x.text}`))).toEqual([["req=42", "tenant=acme corp"]]);
  });

  it("reads the marks that a goroutineleak request leaves", () => {
    const dump = parseDump(read("go-1.27.4", "goroutine-after-leak.d2.txt.gz"));
    const leaked = dump.headerRows.filter((h) => dump.headers[h].leaked).length;
    const proven = total(decodePprof(read("go-1.27.4", "goroutineleak.pb.gz")), 0);
    expect(leaked).toBe(proven);
    expect(proven).toBeGreaterThan(50);
  });
});
