import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findGo } from "../../src/demo/toolchain.ts";
import { root } from "./catalogue.ts";

const exec = promisify(execFile);
const folder = join(root, "examples/folklore");
const programs = readdirSync(folder, { withFileTypes: true })
  .filter((e) => e.isDirectory() && e.name !== "internal")
  .map((e) => e.name)
  .sort();
const go = await findGo();
const missing = "missing" in go ? go.missing : "";

test("the page has a row for each program, and the program the row's claim", () => {
  const page = readFileSync(join(root, "docs/folklore.md"), "utf8");
  expect([...page.matchAll(/^\| \[([a-z-]+)\]/gm)].map((m) => m[1]).sort()).toEqual(programs);
  for (const p of programs) expect(readFileSync(join(folder, p, "main.go"), "utf8"), p).toMatch(/^\/\/ Said: /);
});

test.skipIf(missing !== "" && process.env["CI"] !== "true")(
  `each shows what the page says${missing === "" ? "" : ` (left out: ${missing})`}`,
  { timeout: 300_000 },
  async () => {
    const work = mkdtempSync(join(tmpdir(), "stanch-folklore-"));
    try {
      await exec("missing" in go ? "go" : go.path, ["build", "-buildvcs=false", "-o", `${work}/`, "./..."], {
        cwd: folder,
        env: { ...process.env, CGO_ENABLED: "0" },
      });
      for (const p of programs) {
        const { stdout } = await exec(join(work, p), { timeout: 120_000 });
        expect(stdout, p).toMatch(/^(?:shown {2}.+\n)+$/);
      }
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
);
