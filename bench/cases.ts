/**
 * Every example, leaky, fixed and mended by `check --fix`, built and run for real: the line found in the source, called a leak live within
 * 60 s at one look a second, joined to the rule's finding; the twin silent in both; healthy after the fix.
 *
 *     npx tsx bench/cases.ts [--at-once N] [--no-fix] [--seconds S] [name or number…]
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findGo, hasServer } from "../src/demo/toolchain.ts";
import { examples, root } from "./cases/catalogue.ts";
import { faults, type Outcome, walk } from "./cases/path.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "at-once": { type: "string", default: "2" },
    "no-fix": { type: "boolean", default: false },
    "no-build": { type: "boolean", default: false },
    seconds: { type: "string", default: "60" },
  },
});
const unknown = positionals.filter((p) => !examples.some((e) => e.name === p || String(e.number) === p));
if (unknown.length > 0)
  throw new Error(`no example is called ${unknown.join(", ")}: ${examples.map((e) => e.name).join(", ")}`);
const go = await findGo();
if ("missing" in go) throw new Error(go.missing);
if (!values["no-build"]) execFileSync(process.execPath, ["tools/build.mjs"], { cwd: root, stdio: "inherit" });

const asked = examples.filter(
  (e) => positionals.length === 0 || positionals.includes(e.name) || positionals.includes(String(e.number)),
);
const able = asked.filter((e) => {
  const lacks = e.needs.filter((n) => !hasServer(n));
  if (lacks.length > 0) console.log(`${e.name}: left out, ${lacks.join(" and ")} is not installed`);
  return lacks.length === 0;
});
let wrong = 0;
const atOnce = Number(values["at-once"]);
console.log(`${go.version}; ${atOnce} at once; watched for ${values.seconds} s, a look a second\n`);
console.log(
  "example                  rule                        source  live  signal                        joined   twin     --fix",
);
for (let i = 0; i < able.length; i += atOnce) {
  const outcomes = await walk(able.slice(i, i + atOnce), {
    go: go.path,
    work: join(root, "bench/.work/cases"),
    watchSeconds: Number(values.seconds),
    early: false,
    fix: () => !values["no-fix"],
  });
  for (const o of outcomes) {
    print(o);
    const problems = faults(o);
    for (const p of problems) console.log(`  ${p}`);
    if (problems.length > 0) wrong++;
  }
}
console.log(`\n${able.length - wrong} of ${able.length} right`);
process.exitCode = wrong === 0 ? 0 : 1;

function print(o: Outcome): void {
  const twin = o.twinFindings.length + o.twinLive.length === 0 ? "silent" : "LOUD";
  const number = o.example.number === null ? "" : `${o.example.number} `;
  for (const [i, l] of o.leaks.entries()) {
    const source = l.inSource ? `:${l.line}` : "NO";
    const live = l.leak.piles === null ? "-" : l.live === null ? "NO" : `${Math.round(l.live.seconds)} s`;
    const fix = !l.mended ? "-" : o.stillLive?.length === 0 ? "healthy" : "LEAKS";
    const signal = (l.live?.signal ?? "").replace(/\s+/g, " ").slice(0, 29);
    console.log(
      `${(i === 0 ? number + o.example.name : "").padEnd(24)} ${l.leak.rule.padEnd(27)} ${source.padEnd(7)} ${live.padEnd(5)} ${signal.padEnd(29)} ${(l.leak.piles === null ? "-" : (l.suspect ?? "NO")).padEnd(8)} ${(i === 0 ? twin : "").padEnd(8)} ${fix}`,
    );
  }
}
