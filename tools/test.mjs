// `npm test`: every check that CI makes, in one go, closed by the plain line `N passed, N failed`.
// Plain JavaScript so that it starts without a loader.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = (name) => join("node_modules", ".bin", name);
const scratch = mkdtempSync(join(tmpdir(), "stanch-test-"));
const report = join(scratch, "vitest.json");
let passed = 0;
let failed = 0;

function step(title, command, args) {
  const started = Date.now();
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  const ok = status === 0;
  console.log(
    `${ok ? "ok  " : "FAIL"} ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)${error ? `: ${error.message}` : ""}`,
  );
  return ok;
}
function check(title, command, args) {
  if (step(title, command, args)) passed++;
  else failed++;
}

check("types", bin("tsc"), ["-p", "tsconfig.json", "--noEmit"]);
check("types of the page", bin("tsc"), ["-p", "tsconfig.web.json", "--noEmit"]);
check("lint", bin("oxlint"), ["--type-aware", "--deny-warnings", "src", "tools", "bench", "editors", "web"]);
check("format", bin("oxfmt"), ["--check", "src", "tools", "bench", "editors", "web"]);
check("import directions", bin("tsx"), ["tools/check-imports.ts"]);
check("build", process.execPath, ["tools/build.mjs"]);

const ran = step("unit tests", bin("vitest"), ["run", "--silent", "--reporter=json", `--outputFile=${report}`]);
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  for (const suite of result.testResults) {
    if (suite.status !== "failed") continue;
    console.log(`FAIL ${suite.name}${suite.message ? `: ${suite.message}` : ""}`);
    for (const test of suite.assertionResults) {
      if (test.status === "failed")
        console.log(`  ${test.fullName}\n    ${test.failureMessages.join("\n").replaceAll("\n", "\n    ")}`);
    }
  }
  if (!ran && result.numFailedTests === 0) failed++; // a suite that did not even load
  if (result.numTotalTestSuites === 0) failed++;
} catch (e) {
  console.error(`no test report: ${e.message}`);
  failed++;
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
