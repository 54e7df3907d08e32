/**
 * How often a healthy series is called a leak, by kind of noise, against the rate that is promised; and how long leaks take to be found.
 *
 *     npx tsx bench/detectors.ts [series per family, default 10000] [part of a family's name]
 *
 * Every series is watched for 480 samples (two hours at 15 s) and judged at every look; one "leak" at any look counts.
 */
import { Judge, judgeDefaults } from "../src/watch/detectors/judge.ts";
import { parseStory, tell } from "../src/watch/detectors/testing.ts";

const count = Number(process.argv[2] ?? 10_000);
const head = "every 15s for 2h\n";
const requests = "load requests = 200 + noise 10\n";
const healthy: Record<string, string> = {
  white: `${requests}goroutine g = 100 + noise 10`,
  "in flight (Poisson)": `${requests}goroutine g = busy 0.1 of requests`,
  "autocorrelated 0.5": `${requests}goroutine g = 100 + ar 0.5 5`,
  "autocorrelated 0.9": `${requests}goroutine g = 100 + ar 0.9 5`,
  "autocorrelated 0.99": `${requests}goroutine g = 400 + ar 0.99 5`,
  "random walk": `${requests}goroutine g = 2000 + walk 5`,
  "seasonal, 1 h": "load requests = 200 + sine 120 1h phase PHASE + noise 10\ngoroutine g = busy 0.3 of requests",
  "seasonal, 1 day": "load requests = 200 + sine 120 1d phase PHASE + noise 10\ngoroutine g = busy 0.3 of requests",
  "seasonal, 1 day, noisy load":
    "load requests = 200 + sine 120 1d phase PHASE + noise 60\ngoroutine g = busy 0.3 of requests",
  "seasonal, 1 day, CPU only": "load cpu = 2 + sine 1.2 1d phase PHASE + noise 0.2\ngoroutine g = busy 30 of cpu",
  "seasonal, 20 min, no load signal": "goroutine g = 100 + sine 40 20m phase PHASE + noise 5",
  "random walk, load in waves of 10 min":
    "load requests = 200 + sine 190 10m phase PHASE + noise 10\ngoroutine g = 2000 + walk 5",
  "autocorrelated 0.9, load in waves of 10 min":
    "load requests = 200 + sine 190 10m phase PHASE + noise 10\ngoroutine g = 100 + ar 0.9 5",
  "waves of 5 min, noisy load":
    "load requests = 200 + sine 180 5m phase PHASE + noise 60\ngoroutine g = busy 0.3 of requests",
  stepped: `${requests}goroutine g = 60 + step 40 at STEP + noise 4`,
  "stepped twice": `${requests}goroutine g = 60 + step 20 at STEP + step 20 at 100m + noise 4`,
  "warm-up, 5 min": `${requests}goroutine g = 10 + fill 80 5m + noise 2`,
  "warm-up, 20 min": `${requests}goroutine g = 10 + fill 80 20m + noise 2`,
  "warm-up of 500, 5 min": `${requests}goroutine g = 10 + fill 500 5m + noise 2`,
  "heap warm-up, 10 min": `${requests}heap total = 20MiB + fill 100MiB 10m + noise 2MiB`,
  "heap sawtooth": `${requests}sawtooth heap total = 60MiB + saw 40MiB 97s + noise 1MiB`,
  "load grows all the time": "load requests = 100 + 0.02/s + noise 8\ngoroutine g = busy 0.3 of requests",
};
const leaks: Record<string, string> = {
  "1 in 20 s, noise 2": `${requests}goroutine g = 20 + poisson 0.05/s + noise 2`,
  "1 in 2 s, noise 75": `${requests}goroutine g = 300 + poisson 0.5/s + noise 75`,
  "1 in 10 s among requests": `${requests}goroutine g = busy 0.2 of requests + poisson 0.1/s`,
  "1 in 20 requests, in waves of 10 min":
    "load requests = 2 + sine 1.9 10m phase PHASE + noise 0.2\ngoroutine g = 20 + per 0.05 of requests + noise 2",
  "heap 20 KiB/s, noise 1 MiB": `${requests}heap total = 40MiB + 20KiB/s + noise 1MiB`,
};

function outcomes(body: string, n: number): number[] {
  const found: number[] = [];
  for (let seed = 1; seed <= n; seed++) {
    // Phases and times of steps are spread evenly over the series of a family.
    const text = body
      .replace("PHASE", ((seed * 0.6180339887) % 1).toFixed(4))
      .replace("STEP", `${Math.round(5 + 90 * ((seed * 0.6180339887) % 1))}m`);
    const story = { ...parseStory(head + text), seed };
    const judge = new Judge();
    let at = Number.NaN;
    let first = Number.NaN;
    for (const sample of tell(story)) {
      if (Number.isNaN(first)) first = sample.timeMs;
      if (judge.push(sample) && Number.isNaN(at) && judge.verdicts().some((v) => v.status === "leak")) {
        at = sample.timeMs - first;
        break;
      }
    }
    if (!Number.isNaN(at)) found.push(at / 60_000);
  }
  return found.sort((a, b) => a - b);
}

console.log(`promised: at most ${judgeDefaults.errorRate} of the healthy series; ${count} series each, 480 samples`);
const started = performance.now();
const only = process.argv[3];
for (const [name, body] of Object.entries(healthy)) {
  if (only !== undefined && !name.includes(only)) continue;
  const wrong = outcomes(body, count).length;
  console.log(`${name.padEnd(36)} ${String(wrong).padStart(5)} of ${count}  ${(wrong / count).toExponential(1)}`);
}
for (const [name, body] of Object.entries(leaks)) {
  const n = Math.max(50, Math.round(count / 50));
  const found = outcomes(body, n);
  console.log(
    `${name.padEnd(36)} found ${found.length} of ${n}, median ${found[found.length >> 1]?.toFixed(1)} min (${found[0]?.toFixed(1)}-${found.at(-1)?.toFixed(1)})`,
  );
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
