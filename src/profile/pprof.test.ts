import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { UsageError } from "../base/errors.ts";
import { addressOf, framesOf, labelsOf } from "./columns.ts";
import { parseDump } from "./dump.ts";
import { mutate } from "./fuzz.ts";
import { groupGoroutines } from "./group.ts";
import { gunzip } from "./gunzip.ts";
import { openProfile } from "./open.ts";
import { decodePprof } from "./pprof.ts";

// A protobuf writer in a few lines, so that the wire form is in the test's hand.
const varint = (v: bigint | number): number[] => {
  let n = BigInt.asUintN(64, BigInt(v));
  const out: number[] = [];
  while (n >= 0x80n) {
    out.push(Number(n & 0x7fn) | 0x80);
    n >>= 7n;
  }
  return [...out, Number(n)];
};
const scalar = (field: number, v: bigint | number): number[] => [...varint(field << 3), ...varint(v)];
const bytes = (field: number, body: number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(body.length),
  ...body,
];
const text = (field: number, s: string): number[] => bytes(field, [...new TextEncoder().encode(s)]);
const file = (...parts: number[][]): Uint8Array => Uint8Array.from(parts.flat());
const strings = (...all: string[]): number[] => ["", ...all].flatMap((s) => text(6, s));
const types = bytes(1, [...scalar(1, 1), ...scalar(2, 2)]);

describe("decodePprof", () => {
  it("takes packed and unpacked repeats in one file, and strings before their use or after", () => {
    const fn = (id: number, name: number): number[] => bytes(5, [...scalar(1, id), ...scalar(2, name)]);
    const loc = (id: number): number[] =>
      bytes(4, [...scalar(1, id), ...bytes(4, [...scalar(1, id), ...scalar(2, 10 + id)])]);
    const unpacked = bytes(2, [...scalar(1, 1), ...scalar(1, 2), ...scalar(2, 5)]);
    const packed = bytes(2, [...bytes(1, [...varint(2), ...varint(1)]), ...bytes(2, varint(7))]);
    for (const order of [
      [strings("n", "count", "f", "g"), types, unpacked, packed, loc(1), loc(2), fn(1, 3), fn(2, 4)],
      [fn(1, 3), fn(2, 4), loc(2), loc(1), unpacked, packed, types, strings("n", "count", "f", "g")],
    ]) {
      const p = decodePprof(file(...order));
      expect([...p.values]).toEqual([5, 7]);
      expect(framesOf(p, 0).map((f) => `${f.func}:${f.line}`)).toEqual(["f:11", "g:12"]);
      expect(framesOf(p, 1).map((f) => `${f.func}:${f.line}`)).toEqual(["g:12", "f:11"]);
    }
  });

  it("keeps ids and addresses of all 64 bits, and negative values", () => {
    const id = 0xfedcba9876543210n;
    const other = 0x80000000n; // just past what stands for itself
    const p = decodePprof(
      file(
        types,
        bytes(2, [...bytes(1, [...varint(id), ...varint(other)]), ...bytes(2, varint(-42n))]),
        bytes(4, [...scalar(1, id), ...scalar(3, 0xffffffff81000000n)]),
        bytes(4, [...scalar(1, other), ...scalar(3, 1n << 53n)]),
        strings("n", "count"),
      ),
    );
    expect(p.values[0]).toBe(-42);
    expect(addressOf(p, p.locations[0])).toBe(0xffffffff81000000n);
    expect(addressOf(p, p.locations[1])).toBe(1n << 53n);
    expect(framesOf(p, 0)[0].func).toBe("0xffffffff81000000");
  });

  it("rounds values past 2^53 to the nearest double", () => {
    const p = decodePprof(file(types, bytes(2, bytes(2, varint((1n << 62n) + 1n))), strings("n", "count")));
    expect(p.values[0]).toBe(2 ** 62);
  });

  it("spreads inlined lines out, innermost first", () => {
    const line = (f: number, n: number): number[] => bytes(4, [...scalar(1, f), ...scalar(2, n)]);
    const p = decodePprof(
      file(
        types,
        bytes(2, [...scalar(1, 1), ...scalar(2, 1)]),
        bytes(4, [...scalar(1, 1), ...line(1, 3), ...line(2, 9)]),
        bytes(5, [...scalar(1, 1), ...scalar(2, 3)]),
        bytes(5, [...scalar(1, 2), ...scalar(2, 4)]),
        strings("n", "count", "inner", "outer"),
      ),
    );
    expect(framesOf(p, 0).map((f) => f.func)).toEqual(["inner", "outer"]);
  });

  it("reads labels, text and number with unit", () => {
    const label = [...scalar(1, 3), ...scalar(2, 4)];
    const size = [...scalar(1, 5), ...scalar(3, 64), ...scalar(4, 6)];
    const p = decodePprof(
      file(
        types,
        bytes(2, [...scalar(2, 1), ...bytes(3, label), ...bytes(3, size)]),
        strings("n", "count", "k", "v", "bytes", "B"),
      ),
    );
    expect(labelsOf(p, 0)).toEqual([
      { key: "k", text: "v", number: 0, unit: "" },
      { key: "bytes", text: "", number: 64, unit: "B" },
    ]);
  });

  it("skips fields it does not know", () => {
    const p = decodePprof(
      file(
        types,
        scalar(99, 5),
        bytes(100, [1, 2, 3]),
        bytes(2, [...scalar(2, 3), ...scalar(77, 1)]),
        strings("n", "count"),
      ),
    );
    expect([...p.values]).toEqual([3]);
  });

  it("keeps names that are not ASCII", () => {
    const p = decodePprof(file(types, bytes(2, scalar(2, 1)), strings("größe", "счёт")));
    expect(p.sampleTypes).toEqual([{ type: "größe", unit: "счёт" }]);
  });

  const refused: [string, Uint8Array, RegExp][] = [
    ["nothing", new Uint8Array(0), /empty/],
    ["no strings", file(types), /no string table/],
    ["a cut message", file(types, strings("n", "count"), [0x12, 0x7f, 0x0a]), /truncated/],
    ["a cut varint", file(strings("n"), [0x50, 0x80]), /truncated/],
    ["a varint of eleven bytes", file([0x50, ...Array.from({ length: 11 }, () => 0xff)]), /64 bits|wire type/],
    ["a wire type that does not exist", file([0x0f]), /wire type/],
    [
      "values that do not match the types",
      file(types, bytes(2, [...scalar(2, 1), ...scalar(2, 2)]), strings("n", "count")),
      /2 values for 1/,
    ],
    [
      "a location that is not there",
      file(types, bytes(2, [...scalar(1, 9), ...scalar(2, 1)]), strings("n", "count")),
      /location 9/,
    ],
    ["a string that is not there", file(bytes(1, [...scalar(1, 50)]), strings("n")), /string 50 of 2/],
    ["two profiles in a row", file(strings("n"), scalar(9, 5), strings("m"), scalar(9, 6)), /one after the other/],
    [
      "a location twice",
      file(types, bytes(4, scalar(1, 1)), bytes(4, scalar(1, 1)), strings("n", "count")),
      /two locations/,
    ],
    ["id 0", file(types, bytes(4, []), strings("n", "count")), /id 0/],
    ["a length past the end", file(strings("n"), [0x12, ...varint(1n << 40n)]), /truncated/],
  ];
  for (const [what, input, message] of refused)
    it(`refuses ${what}`, () => expect(() => decodePprof(input)).toThrow(message));
});

describe("openProfile", () => {
  const say: [string, string, RegExp][] = [
    ["a web page", "<!DOCTYPE html><html><body>login</body></html>", /web page/],
    ["JSON", '{"error":"nope"}', /JSON/],
    ["plain text", "Unknown profile\n", /no goroutine dump/],
  ];
  for (const [what, input, message] of say)
    it(`says that ${what} is no profile`, () =>
      expect(() => openProfile(new TextEncoder().encode(input))).toThrow(message));
});

describe("gunzip", () => {
  it("cuts a decompression bomb off", async () => {
    const bomb = gzipSync(new Uint8Array(8 << 20));
    await expect(gunzip(bomb, 1 << 20)).rejects.toThrow(/more than 1 MiB/);
  });
  it("says when the data is cut short", async () => {
    const cut = gzipSync(new Uint8Array(5000).map((_, i) => i * 7)).subarray(0, 60);
    await expect(gunzip(cut)).rejects.toThrow(/damaged or cut short/);
  });
  it("gives back what went in", async () => {
    const data = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    expect(Buffer.from(await gunzip(gzipSync(data))).equals(Buffer.from(data))).toBe(true);
  });
});

describe("damaged input", () => {
  const root = new URL("../../testdata/captures/go-1.27.4/", import.meta.url).pathname;
  const inputs = readdirSync(root)
    .filter((f) => f !== "panic.log.txt.gz")
    .map((f) => {
      const raw = readFileSync(root + f);
      const all = f.endsWith(".gz") ? gunzipSync(raw) : raw;
      return all.subarray(0, 20_000); // cut texts are cut inputs too
    });
  it("never crashes, hangs or grows without end (3,000 of the 200,000 that bench/fuzz-profile.ts runs)", () => {
    let read = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const input = mutate(inputs[seed % inputs.length], seed);
      try {
        const { profile } = openProfile(input);
        groupGoroutines(profile);
        read++;
      } catch (e) {
        if (!(e instanceof UsageError)) throw new Error(`seed ${seed}: ${String(e)}`, { cause: e });
      }
      parseDump(input);
    }
    expect(read).toBeGreaterThan(200); // the damage must not be such that everything is refused at the door
  });
});

describe("another writer's bytes (pprof-format, as Node's profilers write them)", () => {
  it("come through whole", async () => {
    const {
      Function: Func,
      Label,
      Line,
      Location,
      Mapping,
      Profile,
      Sample,
      StringTable,
      ValueType,
    } = await import("pprof-format");
    const stringTable = new StringTable();
    const id = (s: string): number => stringTable.dedup(s);
    const profile = new Profile({
      stringTable,
      sampleType: [
        new ValueType({ type: id("objects"), unit: id("count") }),
        new ValueType({ type: id("space"), unit: id("bytes") }),
      ],
      periodType: new ValueType({ type: id("space"), unit: id("bytes") }),
      period: 524288,
      timeNanos: 1795443501550710860n,
      mapping: [new Mapping({ id: 1, filename: id("node") })],
      function: [new Func({ id: 1, name: id("(anonymous)"), filename: id("/app/größe.js"), startLine: 3 })],
      location: [new Location({ id: 1, mappingId: 1, line: [new Line({ functionId: 1, line: 12 })] })],
      sample: [
        new Sample({
          locationId: [1, 1],
          value: [3, 2n ** 40n],
          label: [new Label({ key: id("span"), str: id("abc") }), new Label({ key: id("n"), num: -5 })],
        }),
      ],
    });
    const p = decodePprof(profile.encode());
    expect([...p.values]).toEqual([3, 2 ** 40]);
    expect(p.timeNanos).toBe(1795443501550710860n);
    expect(framesOf(p, 0)).toEqual(
      Array.from({ length: 2 }, () => ({ func: "(anonymous)", file: "/app/größe.js", line: 12 })),
    );
    expect(labelsOf(p, 0).map((l) => [l.key, l.text, l.number])).toEqual([
      ["span", "abc", 0],
      ["n", "", -5],
    ]);
  });
});
