import { discover } from "../probe/discover.ts";
import { psJson, psText } from "../report/live/ps.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";

export async function run(flags: { ask: boolean; format: string }): Promise<void> {
  const progress = new Progress();
  const interrupt = untilInterrupted();
  progress.show("looking at every process…");
  try {
    const found = await discover({ askPprof: flags.ask, signal: interrupt.signal });
    progress.clear();
    process.stdout.write(flags.format === "json" ? psJson(found) : psText(found, terminalWidth(), Date.now()));
  } finally {
    progress.clear();
    interrupt.done();
  }
}
