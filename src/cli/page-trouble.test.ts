/**
 * The page when things go wrong: names that would be markup, a thousand targets that are dead, a server that goes away and comes back, a store that
 * is deleted under it, many pages at once. Needs Chromium (Debian's).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createGzip, gzipSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeTarget } from "../watch/testing.ts";
import { bundleCommand } from "./testing.ts";

const root = new URL("../..", import.meta.url).pathname;
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) =>
  existsSync(p),
);
mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
const dir = mkdtempSync(join(root, "node_modules/.cache/stanch-trouble-"));
const evil = `main.<script>document.title="pwned"</script><img src=x onerror="document.title='pwned'">\u001b[31m\u202e`;
const long = `main.long_${"x".repeat(100_000)}`;
const DEAD = 1000;

describe.skipIf(browserPath === undefined)("the page in trouble", () => {
  let entry = "";
  let fake: FakeTarget;
  let timer: NodeJS.Timeout;
  let browser: Browser;
  let page: Page;
  let server: ChildProcess;
  let base = "";
  let complaints = "";
  const errors: string[] = [];

  async function serve(listen: string): Promise<void> {
    const args = `serve ${fake.url} --file-sd ${join(dir, "dead.json")} --listen ${listen} --interval 1s --no-check --store ${join(dir, "t.stanch")}`;
    server = spawn(process.execPath, [entry, ...args.split(" ")], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    server.stderr?.setEncoding("utf8").on("data", (t: string) => (complaints += t));
    const line = await new Promise<string>((resolve, reject) => {
      server.stdout?.setEncoding("utf8").once("data", resolve);
      server.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${complaints}`)));
    });
    base = /http:\/\/[^\s/]+/.exec(line)?.[0] ?? "";
  }
  async function ended(): Promise<void> {
    const done = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await done;
  }

  beforeAll(async () => {
    entry = await bundleCommand(dir);
    // The page itself is what the build made.
    cpSync(join(root, "dist/web"), join(dir, "web"), { recursive: true });
    fake = await new FakeTarget().listen();
    // Requests that stay the same: on a busy machine CPU is a noisy load.
    fake.metrics = { http_requests_total: 5 };
    let n = 0;
    timer = setInterval(() => {
      n += 40;
      fake.groups = { "main.worker": 10, [evil]: n, [long]: 30 };
      fake.heap = { [evil]: 3 << 20, [long]: 2 << 20 };
    }, 100);
    writeFileSync(
      join(dir, "dead.json"),
      JSON.stringify([
        { targets: Array.from({ length: DEAD }, (_, i) => `127.0.0.1:${i + 1}`), labels: { job: "<b>dead</b>" } },
      ]),
    );
    await serve("127.0.0.1:0");
    browser = await chromium.launch({ executablePath: browserPath ?? "", args: ["--no-sandbox", "--disable-gpu"] });
    page = await browser.newPage();
    page.on("pageerror", (e) => errors.push(String(e)));
  }, 120_000);

  afterAll(async () => {
    clearInterval(timer);
    await browser?.close();
    server?.kill("SIGKILL");
    await fake?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test("a thousand dead targets hide nothing: the leak is on top, the rest comes as one scrolls", async () => {
    await page.goto(base);
    await page.locator("tbody tr").first().locator(".badge.leak").waitFor({ timeout: 240_000 });
    expect(await page.locator("td.worst").first().innerText()).toContain("onerror=");
    expect(await page.locator("main script, main img").count()).toBe(0);
    expect(await page.locator("tbody tr").count()).toBeLessThanOrEqual(100);
    expect(await page.getByRole("button", { name: /^all 1,?001$/ }).count()).toBe(1);
    // Row 1 is the head.
    expect(await page.locator("table.targets").getAttribute("aria-rowcount")).toBe(String(DEAD + 2));
    const last = page.locator(`tbody tr[aria-rowindex="${DEAD + 2}"]`);
    for (let i = 0; i < 200 && (await last.count()) === 0; i++) {
      await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
      await page.waitForTimeout(50);
    }
    await last.waitFor();
    // What is far away is not there, and takes its room all the same.
    expect(await page.locator("tbody tr").count()).toBeLessThanOrEqual(200);
    const height = async (): Promise<number> => page.evaluate<number>("document.documentElement.scrollHeight");
    const whole = await height();
    expect(whole).toBeGreaterThan(DEAD * 20);
    await page.evaluate("scrollTo(0, 0)");
    await page.locator('tbody tr[aria-rowindex="2"]').waitFor();
    expect(Math.abs((await height()) - whole)).toBeLessThan(100);
    // The first, seen again, has today's looks.
    const level = async (): Promise<string> => page.locator("td.level span").first().innerText();
    const before = await level();
    for (let i = 0; i < 200 && (await level()) === before; i++) await page.waitForTimeout(100);
    expect(await level()).not.toBe(before);
  }, 270_000);

  test("names are data on every page, however hostile and long", async () => {
    const at = `${base}/t/${encodeURIComponent(fake.url)}`;
    for (const path of [
      at,
      `${at}/goroutines`,
      `${at}/heap`,
      `${at}/suspects`,
      `${base}/compare?a=${encodeURIComponent(fake.url)}&b=${encodeURIComponent(fake.url)}`,
    ]) {
      await page.goto(path);
      await page.locator("main h1").first().waitFor();
      await page
        .getByText(/onerror|<script>/)
        .or(page.locator("canvas"))
        .first()
        .waitFor({ state: "attached", timeout: 90_000 });
      expect(await page.evaluate("document.title")).toContain("Stanch");
      expect(await page.locator("main script, main img").count()).toBe(0);
      expect([path, await page.evaluate("document.documentElement.scrollWidth <= innerWidth")]).toEqual([path, true]);
    }
    expect(errors).toEqual([]);
  }, 300_000);

  test("fifty pages listen at once, and each hears of looks", async () => {
    const stop = new AbortController();
    const heard = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const reply = await fetch(`${base}/api/events`, { signal: stop.signal });
        const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
        let text = "";
        while (!text.includes('"looks"')) {
          const { done, value } = await reader.read();
          if (done) return `closed after ${text}`;
          text += Buffer.from(value).toString();
        }
        return "looks";
      }),
    );
    expect(new Set(heard)).toEqual(new Set(["looks"]));
    const open = async (): Promise<number> =>
      Number(/^stanch_open_pages (\d+)/m.exec(await (await fetch(`${base}/metrics`)).text())?.[1]);
    expect(await open()).toBeGreaterThanOrEqual(50);
    // Browsers that drop are let go.
    stop.abort();
    for (let i = 0; i < 200 && (await open()) > 5; i++) await new Promise((done) => setTimeout(done, 100));
    expect(await open()).toBeLessThanOrEqual(5);
  }, 60_000);

  test("a browser whose clock is three days off shows the same", async () => {
    const wrong = await browser.newPage();
    await wrong.clock.install({ time: Date.now() + 3 * 86_400_000 });
    await wrong.goto(`${base}/t/${encodeURIComponent(fake.url)}?span=900000`);
    await wrong.locator(".chart canvas").first().waitFor();
    expect(await wrong.getByText("Nothing was seen in this time").count()).toBe(0);
    const said = await wrong.locator(".answer").innerText();
    await page.goto(`${base}/t/${encodeURIComponent(fake.url)}`);
    await page.locator(".answer time").first().waitFor();
    const since = (p: Page): Promise<string | null> => p.locator(".answer time").first().getAttribute("title");
    expect([said.includes("It leaks since"), await since(wrong)]).toEqual([true, await since(page)]);
    await wrong.close();
  }, 60_000);

  test("uploads that are no profiles, and bombs: a line each, and the page goes on", async () => {
    const zeros = Buffer.alloc(1 << 20);
    const gzip = createGzip({ level: 1 });
    for (let i = 0; i < 520; i++) gzip.write(zeros);
    gzip.end();
    const bomb = Buffer.concat(await gzip.toArray());
    await page.goto(`${base}/open`);
    const files: [string, Buffer, RegExp][] = [
      ["page.html", Buffer.from("<!doctype html><p>hello"), /a web page, not a profile/],
      ["data.json", Buffer.from('{"a": 1}'), /JSON, not a profile/],
      ["empty.pb.gz", Buffer.alloc(0), /empty/],
      ["cut.pb.gz", gzipSync(Buffer.alloc(5000, 7)).subarray(0, 20), /damaged or cut short/],
      ["noise.pb", Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 37 + 11) & 255)), /profile/],
      ["bomb.pb.gz", bomb, /decompresses to more than 512 MiB: refused/],
    ];
    for (const [name, buffer, words] of files) {
      await page.locator("input[type=file]").first().setInputFiles({ name, mimeType: "application/gzip", buffer });
      const trouble = page.locator(".trouble", { hasText: name });
      await trouble.waitFor({ timeout: 90_000 });
      expect(await trouble.innerText()).toMatch(words);
    }
    const capture = join(root, "testdata/captures/go-1.25.5/heap.pb.gz");
    await page.locator("input[type=file]").first().setInputFiles(capture);
    await page.locator(".flame canvas").waitFor();
    // The server's own limit, for what is sent to it.
    const reply = await fetch(`${base}/api/bundle`, { method: "POST", body: bomb });
    expect([reply.status, Object.keys((await reply.json()) as object)]).toEqual([400, ["error"]]);
    expect(errors).toEqual([]);
  }, 180_000);

  test("a port that is taken: says by whom", async () => {
    const listen = new URL(base).host;
    const second = spawn(process.execPath, [entry, "serve", fake.url, "--listen", listen, "--no-store"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    second.stderr.setEncoding("utf8").on("data", (t: string) => (said += t));
    const code = await new Promise((done) => second.once("exit", done));
    expect([code, said]).toEqual([
      2,
      expect.stringContaining(`port ${new URL(base).port} is taken by pid ${server.pid} (`),
    ]);
  }, 60_000);

  test("a store that is deleted under it stops nothing", async () => {
    rmSync(join(dir, "t.stanch"));
    const before = ((await (await fetch(`${base}/api/targets`)).json()) as { targets: { looks: number }[] }).targets[0]
      .looks;
    for (let i = 0; i < 200; i++) {
      const { targets } = (await (await fetch(`${base}/api/targets`)).json()) as {
        targets: { name: string; looks: number }[];
      };
      if (targets[0].looks > before + 3) break;
      await new Promise((done) => setTimeout(done, 100));
    }
    const reply = await fetch(`${base}/api/targets/${encodeURIComponent(fake.url)}/series`);
    expect([reply.status, server.exitCode]).toEqual([200, null]);
  }, 60_000);

  test("a server that goes and comes back: the page says so, and goes on by itself", async () => {
    await page.goto(base);
    await page.locator("tbody tr").first().waitFor();
    const listen = new URL(base).host;
    await ended();
    await page.getByText("The server does not answer").waitFor({ timeout: 30_000 });
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(0);
    await serve(listen);
    await page.getByText("The server does not answer").waitFor({ state: "detached", timeout: 60_000 });
    await page.locator(".badge.leak").first().waitFor({ timeout: 120_000 });
    expect(errors).toEqual([]);
  }, 240_000);
});
