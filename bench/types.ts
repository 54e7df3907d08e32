/**
 * Speed of typing all bodies from source against go/types, one thread each, same files, rounds in turn:
 *
 *     npx tsx bench/types.ts [DIR PATTERN…]        (default: all of GOROOT/src)
 *
 * Reading and finding files is outside both clocks. Go's program is compiled ahead of time; ours is measured cold (the
 * first round of a process) and warm (its third).
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

const Rounds = 5;
const here = import.meta.dirname;
const work = join(here, ".work");
mkdirSync(work, { recursive: true });
const oracle = join(work, "types-oracle");
const runner = join(work, "types-runner.mjs");
execFileSync("go", ["build", "-o", oracle, "."], { cwd: join(here, "oracle/types"), stdio: "inherit" });
buildSync({
  entryPoints: [join(here, "types-runner.ts")],
  outfile: runner,
  bundle: true,
  platform: "node",
  format: "esm",
  minifySyntax: true,
  logLevel: "warning",
});

let [dir, ...patterns] = process.argv.slice(2);
if (dir === undefined) {
  dir = join(execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim(), "src");
  patterns = ["std"];
}

interface GoTimes {
  parseMs: number;
  declareMs: number;
  typeMs: number;
}
interface OurTimes {
  parseMs: number;
  typeMs: number;
  totalMs: number;
  targetBytes: number;
}

const ratios = {
  coldType: [] as number[],
  coldTotal: [] as number[],
  warmType: [] as number[],
  warmTotal: [] as number[],
};
for (let i = 0; i < Rounds; i++) {
  const go = JSON.parse(execFileSync(oracle, ["-C", dir, "-time", ...patterns], { encoding: "utf8" })) as GoTimes;
  const lines = execFileSync(
    process.execPath,
    ["--max-semi-space-size=64", "--stack-size=4000", runner, dir, "3", ...patterns],
    {
      encoding: "utf8",
    },
  );
  const ours = lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as OurTimes);
  const [cold, , warm] = ours;
  const goType = go.typeMs + go.declareMs;
  ratios.coldType.push(goType / cold.typeMs);
  ratios.coldTotal.push((goType + go.parseMs) / cold.totalMs);
  ratios.warmType.push(goType / warm.typeMs);
  ratios.warmTotal.push((goType + go.parseMs) / warm.totalMs);
  const mb = cold.targetBytes / 1e6;
  console.log(
    `${mb.toFixed(1)} MB: go/types ${goType} ms (parse ${go.parseMs}), ours cold ${cold.typeMs.toFixed(0)} ms (parse ${cold.parseMs.toFixed(0)}), ` +
      `warm ${warm.typeMs.toFixed(0)} ms (parse ${warm.parseMs.toFixed(0)})`,
  );
}
const median = (list: number[]): string => {
  const sorted = [...list].sort((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(2)} (${sorted[0].toFixed(2)}-${sorted[sorted.length - 1].toFixed(2)})`;
};
console.log(`ratio go/types : ours, typing only: cold ${median(ratios.coldType)}, warm ${median(ratios.warmType)}`);
console.log(`ratio go/types : ours, with parsing: cold ${median(ratios.coldTotal)}, warm ${median(ratios.warmTotal)}`);
