import { expect, test } from "vitest";
import { compareGoVersion, compareSemver, isSemver, parseGoVersion } from "./semver.ts";

test("versions sort as semver.org's own example does", () => {
  const sorted = [
    "nonsense",
    "v0.0.0-20190101000000-aaaaaaaaaaaa",
    "v0.0.0-20200101000000-000000000000",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.2.0",
    "v1.10.0",
    "v2.0.0+incompatible",
    "v10.0.0",
    "v20200101000000000000000000.0.0",
  ];
  for (let i = 0; i < sorted.length; i++) {
    for (let j = 0; j < sorted.length; j++) {
      expect(Math.sign(compareSemver(sorted[i] ?? "", sorted[j] ?? "")), `${sorted[i]} ${sorted[j]}`).toBe(
        Math.sign(i - j),
      );
    }
  }
  expect(compareSemver("v1.2.3+a", "v1.2.3+b")).toBe(0);
  expect(compareSemver("v1", "v1.0.0")).toBe(0);
});

test("what is a version", () => {
  expect(["v1", "v1.2", "v1.2.3", "v1.2.3-pre.0.20240101", "v4.0.0+incompatible"].every(isSemver)).toBe(true);
  expect(["", "1.2.3", "v01.2.3", "v1.2.3.4", "v1.2-pre", "master", "v1.2.3-"].some(isSemver)).toBe(false);
});

test("language versions", () => {
  expect(parseGoVersion("1.23")).toEqual({ major: 1, minor: 23 });
  expect(parseGoVersion("1.23.4")).toEqual({ major: 1, minor: 23 });
  expect(parseGoVersion("go1.27rc2")).toEqual({ major: 1, minor: 27 });
  expect(parseGoVersion("go1.26.8 X:nocoverageredesign")).toEqual({ major: 1, minor: 26 });
  expect(parseGoVersion("devel go1.27")).toBeNull();
  expect(parseGoVersion("default")).toBeNull();
  expect(parseGoVersion("")).toBeNull();
  expect(compareGoVersion({ major: 1, minor: 9 }, { major: 1, minor: 21 })).toBeLessThan(0);
});
