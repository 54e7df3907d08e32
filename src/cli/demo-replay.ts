/** The demo where nothing can be built: what was recorded of the same services, through the same detectors and the same diagnosis. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pc from "picocolors";
import type { BuildInfo } from "../probe/buildinfo.ts";
import { readBundle } from "../probe/bundle.ts";
import type { WatchedTarget } from "../report/live/watch-json.ts";
import { verdictLine, universal } from "../report/live/watch-text.ts";
import { judgeDefaults } from "../watch/detectors/judge.ts";
import { openRecordings } from "../watch/recordings/open.ts";
import { replay, type Step } from "../watch/replay.ts";
import { checkParts, printDiagnosis, SHOWN } from "./demo.ts";
import { bundlesOf, recordedFolder, recordedParts, type Recorded, roots } from "./demo-plan.ts";
import { eventLine, heading, joinedLines, nextSteps, prose } from "./demo-report.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";
import { findingsOf } from "./verdict-findings.ts";

/** How much faster than it was, where somebody watches. */
const FASTER = 12;

export async function replayDemo(why: string): Promise<void> {
  const say = (text: string): void => void process.stdout.write(text);
  const interrupt = untilInterrupted();
  const progress = new Progress();
  const { signal } = interrupt;
  try {
    const about = JSON.parse(readFileSync(join(recordedFolder, "about.json"), "utf8")) as Recorded;
    const width = terminalWidth();
    say(
      prose(
        `stanch demo, a recording: ${why}, so that nothing is built or started here. What follows was recorded of the same services on ${about.date} (${about.go}, ${about.os}) and goes through the same detectors now. The check of their source is real.`,
        width,
      ),
    );
    await checkParts(recordedParts, signal, progress);

    say(heading(2, "RUN", "left out: a recording", width));
    say(heading(3, "WATCH", "RECORDED: a look a second, for a minute", width));
    const targets: WatchedTarget[] = [];
    const steps: (Step & { readonly name: string })[] = [];
    const recordings = await openRecordings([join(recordedFolder, "demo.stanch")]);
    for (const p of recordedParts) {
      const recording = recordings.find((r) => r.target === p.name);
      if (recording === undefined) continue;
      const r = replay(recording, {
        judge: judgeDefaults,
        keepValues: false,
        onStep: (step) => void steps.push({ ...step, name: p.name }),
      });
      targets.push({
        name: p.name,
        labels: {},
        process: r.process,
        firstMs: r.firstMs,
        lastMs: r.lastMs,
        looks: r.looks,
        failure: null,
        problems: r.problems,
        verdicts: r.verdicts,
      });
    }
    const paced = process.stdout.isTTY === true;
    let lastMs = Math.min(...targets.map((t) => t.firstMs ?? Number.POSITIVE_INFINITY));
    for (const step of steps.sort((a, b) => a.timeMs - b.timeMs)) {
      if (step.verdict.status !== "leak") continue;
      if (paced) {
        progress.show(`recorded; ${FASTER} times as fast as it was…`);
        await sleep((step.timeMs - lastMs) / FASTER, undefined, { signal });
        progress.clear();
      }
      lastMs = step.timeMs;
      say(eventLine(`${universal(step.timeMs).slice(11)}  ${step.name}`, verdictLine(step.verdict), width));
    }
    say("\n");
    const builds = new Map<string, BuildInfo | null>();
    for (const p of recordedParts) if (p.leaks) builds.set(p.name, (await readBundle(bundlesOf(p)[0])).build);
    progress.show("joining what leaks to the source…");
    const finding = await findingsOf(
      targets,
      (name) => builds.get(name) ?? null,
      { source: [...roots] },
      signal,
      (m) => say(pc.dim(`  ${m}\n`)),
    );
    progress.clear();
    say(joinedLines(targets, finding, width));

    const shown = recordedParts.find((p) => p.name === SHOWN) ?? recordedParts[0];
    const [first, second] = bundlesOf(shown);
    say(heading(4, "DIAGNOSE", "RECORDED: two bundles of stanch snap", width));
    await printDiagnosis(await readBundle(second), await readBundle(first), signal, progress);
    say(nextSteps(roots));
  } finally {
    progress.clear();
    interrupt.done();
  }
}
