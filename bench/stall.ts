/**
 * What a look costs the target: the longest gap that a 200 µs heartbeat inside it sees, for each request and for whole commands.
 *
 *     npx tsx bench/stall.ts [goroutines…]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { spread, startTarget } from "./live-target.ts";

const root = join(new URL(".", import.meta.url).pathname, "..");
execFileSync(process.execPath, ["tools/build.mjs"], { cwd: root, stdio: "inherit" });
const sizes = process.argv.slice(2).map(Number);
for (const goroutines of sizes.length > 0 ? sizes : [10_000, 100_000]) {
  const target = await startTarget({ goroutines });
  const get = async (path: string): Promise<string> => {
    const reply = await fetch(target.url + path);
    return reply.text();
  };
  try {
    await new Promise((done) => void setTimeout(done, 1500)); // let the start's own stalls pass
    console.log(`${goroutines.toLocaleString("en-US")} goroutines: longest stop in ms, median (least to most)`);
    const measure = async (name: string, times: number, run: () => unknown): Promise<void> => {
      const stalls: number[] = [];
      const walls: number[] = [];
      for (let i = 0; i < times; i++) {
        await get("/stall");
        const started = performance.now();
        await run();
        walls.push(performance.now() - started);
        stalls.push(Number(await get("/stall")));
      }
      console.log(`  ${name.padEnd(28)} stop ${spread(stalls)}   wall ${spread(walls)}`);
    };
    await measure("nothing (2 s)", 3, () => new Promise((done) => void setTimeout(done, 2000)));
    await measure("goroutine?debug=0", 5, () => get("/debug/pprof/goroutine"));
    await measure("stanch diagnose", 5, () =>
      spawnSync(process.execPath, ["dist/stanch.mjs", "diagnose", String(target.pid)], { cwd: root, stdio: "ignore" }),
    );
    await measure("goroutine?debug=2", 1, () => get("/debug/pprof/goroutine?debug=2"));
  } finally {
    target.child.kill();
  }
}
