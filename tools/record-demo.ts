/**
 * Records what `stanch demo` replays where there is no Go toolchain: a minute of looks and two bundles of each service, from real runs.
 *
 *     npx tsx tools/record-demo.ts
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundlesOf, type Recorded, recordedFolder, recordedParts } from "../src/cli/demo-plan.ts";
import { takeSnapshot } from "../src/cli/looks.ts";
import { toolVersion } from "../src/cli/version.ts";
import { build, Service, stopAll } from "../src/demo/service.ts";
import { findGo } from "../src/demo/toolchain.ts";
import { writeBundle } from "../src/probe/bundle.ts";
import { openStore } from "../src/store/sqlite.ts";
import { judgeDefaults } from "../src/watch/detectors/judge.ts";
import { Recorder } from "../src/watch/recorder.ts";
import { FixedTargets, namedTarget } from "../src/watch/targets.ts";
import { Watcher } from "../src/watch/watcher.ts";

const SECONDS = 62;
const go = await findGo();
if ("missing" in go) throw new Error(go.missing);
const work = mkdtempSync(join(tmpdir(), "stanch-record-"));
rmSync(recordedFolder, { recursive: true, force: true });
mkdirSync(recordedFolder, { recursive: true });
try {
  const services: Service[] = [];
  for (const p of recordedParts)
    await build({ go: go.path, module: p.module, pkg: `./${p.pkg}`, output: join(work, p.pkg.replace("/", "-")) });
  for (const p of recordedParts) services.push(await Service.start(p.name, join(work, p.pkg.replace("/", "-"))));
  const path = join(recordedFolder, "demo.stanch");
  const store = openStore(path);
  const recorder = new Recorder(store, (m) => console.error(m));
  const targets = services.map((s) => ({
    ...namedTarget(s.url, { headers: {}, insecure: false }, null),
    name: s.name,
  }));
  const watcher = new Watcher([new FixedTargets(targets)], {
    schedule: { intervalMs: 1_000, concurrency: services.length, deadlineMs: 2_000 },
    judge: judgeDefaults,
    onEvent: (e) => {
      if (e.type === "look") recorder.look(e.target.target.name, e.sample);
      if (e.type === "verdict") console.log(`${e.target.target.name}: ${e.verdict.status} ${e.verdict.signal.label}`);
    },
  });
  await watcher.start();
  await sleep(15_000);
  for (const [i, p] of recordedParts.entries()) {
    if (!p.leaks) continue;
    for (const output of bundlesOf(p)) {
      const look = await takeSnapshot(services[i].url, {});
      await writeBundle(output, look, { toolVersion: toolVersion(), redact: true });
      await sleep(3_000);
    }
  }
  await sleep(Math.max(0, SECONDS * 1_000 - 15_000 - 3 * 7_000));
  await watcher.stop();
  recorder.close();
  const about: Recorded = { go: go.version, os: process.platform, date: new Date().toISOString().slice(0, 10) };
  writeFileSync(join(recordedFolder, "about.json"), `${JSON.stringify(about, null, 2)}\n`);
  console.log(`${path}: ${statSync(path).size} bytes`);
} finally {
  await stopAll();
  rmSync(work, { recursive: true, force: true });
}
