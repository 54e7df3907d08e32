/**
 * Every example, leaky and fixed, run for real and diagnosed with two looks: a leaky one must end in exit code 1 with its rule among the
 * suspects that are more than possible, a fixed one in exit code 0.
 *
 *     npx tsx bench/examples.ts [name…]
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(new URL(".", import.meta.url).pathname, "..");
const work = join(root, "bench/.work/examples");
mkdirSync(work, { recursive: true });
execFileSync(process.execPath, ["tools/build.mjs"], { cwd: root, stdio: "inherit" });
const asked = process.argv.slice(2);
const names = readdirSync(join(root, "examples")).filter(
  (d) => existsSync(join(root, "examples", d, "leaky/main.go")) && (asked.length === 0 || asked.includes(d)),
);
interface Report {
  readonly attribute: readonly {
    status: string;
    rule: string | null;
    title: string;
    count: number;
    location: { file: string; line: number } | null;
  }[];
}
/** Rules that name the same leak from the other side. */
const alsoRight: Readonly<Record<string, readonly string[]>> = {
  "http-request-no-deadline": ["goroutine-recv-blocked", "context-never-done"],
};
let wrong = 0;
for (const name of names)
  for (const variant of ["leaky", "fixed"]) {
    const binary = join(work, `${name}-${variant}`);
    execFileSync("go", ["build", "-o", binary, `./${name}/${variant}`], {
      cwd: join(root, "examples"),
      stdio: "inherit",
    });
    const child = spawn(binary, { stdio: ["ignore", "pipe", "ignore"] });
    const url = await new Promise<string>(
      (done) => void child.stdout.once("data", (d: Buffer) => done(d.toString().trim())),
    );
    await new Promise((done) => void setTimeout(done, 2000));
    const r = spawnSync(
      process.execPath,
      ["dist/stanch.mjs", "diagnose", url, "--every", "4s", "--format", "json", "--source", "examples"],
      {
        cwd: root,
        encoding: "utf8",
        maxBuffer: 1 << 26,
      },
    );
    child.kill();
    const { attribute } = JSON.parse(r.stdout) as Report;
    const hit = attribute.find(
      (s) => s.status !== "possible" && (s.rule === name || (alsoRight[name] ?? []).includes(s.rule ?? "")),
    );
    const ok = variant === "leaky" ? r.status === 1 && hit !== undefined : r.status === 0;
    if (!ok) wrong++;
    const where =
      hit?.location == null ? "" : ` ${hit.location.file.split("/").slice(-3).join("/")}:${hit.location.line}`;
    const seen =
      hit === undefined
        ? attribute.map((s) => `${s.status} ${s.rule} ${s.count}`).join("; ")
        : `${hit.status} ${hit.rule} ${hit.count}${where}`;
    console.log(`${ok ? "ok   " : "WRONG"} ${name}/${variant}: exit ${r.status} ${seen}`);
  }
console.log(`${names.length * 2 - wrong} of ${names.length * 2} right`);
process.exitCode = wrong === 0 ? 0 : 1;
