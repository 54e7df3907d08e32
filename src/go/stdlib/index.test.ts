import { expect, test } from "vitest";
import { encode, encodePayload, FORMAT, IndexError, MAGIC, StdlibIndex, type StubPackage } from "./index.ts";

const packages: StubPackage[] = [
  {
    path: "net/http",
    name: "http",
    imports: ["io"],
    files: [
      { name: "b.go", source: "package http\n// é\n" },
      { name: "a.go", source: "" },
    ],
  },
  { path: "io", name: "io", imports: [], files: [{ name: "io.go", source: "package io\n" }] },
];
const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes));

test("what goes in comes out", () => {
  const index = StdlibIndex.decode(encode(encodePayload("go1.99", "linux/amd64", packages)));
  expect([index.goVersion, index.target, index.paths()]).toEqual(["go1.99", "linux/amd64", ["io", "net/http"]]);
  expect(index.package("net/http")).toEqual({ name: "http", imports: ["io"], files: ["b.go", "a.go"] });
  expect(text(index.source("net/http", "b.go"))).toBe("package http\n// é\n");
  expect(text(index.source("net/http", "a.go"))).toBe("");
  expect([index.package("net"), index.source("io", "no.go"), index.source("net", "http/b.go")]).toEqual([
    null,
    null,
    index.source("net/http", "b.go"),
  ]);
});

test("equal input gives equal bytes", () => {
  const one = encodePayload("go1.99", "linux/amd64", packages);
  expect(Buffer.compare(one, encodePayload("go1.99", "linux/amd64", packages.toReversed()))).toBe(0);
});

test("damaged files are refused in one line", () => {
  const good = encode(encodePayload("go1.99", "linux/amd64", packages));
  const refused = (bytes: Uint8Array): string => {
    try {
      StdlibIndex.decode(bytes);
    } catch (e) {
      if (e instanceof IndexError) return e.message;
      throw e;
    }
    return "accepted";
  };
  expect(refused(new Uint8Array())).toContain("does not begin as one");
  expect(refused(good.subarray(0, good.length - 5))).toContain("damaged");
  expect(refused(Buffer.concat([Buffer.from(MAGIC), Buffer.from("garbage")]))).toContain("damaged");
  const payload = encodePayload("go1.99", "linux/amd64", packages);
  expect(refused(encode(payload.subarray(0, payload.length - 3)))).toContain("ends too early");
  expect(refused(encode(payload.subarray(0, 2)))).toContain("header cannot be read");
  const newer = Buffer.from(payload).toString("latin1").replace(`"format":${FORMAT}`, `"format":9`);
  expect(refused(encode(Buffer.from(newer, "latin1")))).toBe(
    "the standard library index has format 9; this program reads 1",
  );
});
