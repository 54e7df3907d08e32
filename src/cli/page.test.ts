/**
 * The page in a real browser, against a service that leaks. Needs Chromium (Debian's) and Go; where one is missing it is left out, except in
 * CI, which installs them.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = new URL("../..", import.meta.url).pathname;
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) =>
  existsSync(p),
);
const hasGo = ((): boolean => {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
const possible = browserPath !== undefined && hasGo;
if (!possible && process.env["CI"] === "true")
  test("the page's tests have what they need", () => expect({ browserPath, hasGo }).toEqual({ hasGo: true }));

const dir = mkdtempSync(join(tmpdir(), "stanch-page-"));
const children: ChildProcess[] = [];

/** Starts a program and gives its first line. */
async function firstLine(command: string, args: string[], cwd: string): Promise<string> {
  // Every allocation is sampled: of a small program's the profile has one stack at the usual rate, and now and then none.
  const env = { ...process.env, GODEBUG: "memprofilerate=1" };
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
  });
}

describe.skipIf(!possible)("the page", () => {
  let browser: Browser;
  let page: Page;
  let base = "";
  let target = "";
  const errors: string[] = [];

  beforeAll(async () => {
    const binary = join(dir, "leaky");
    execFileSync("go", ["build", "-o", binary, "./goroutine-send-blocked/leaky"], { cwd: join(root, "examples") });
    if (!existsSync(join(root, "dist/stanch.mjs"))) execFileSync(process.execPath, ["tools/build.mjs"], { cwd: root });
    target = await firstLine(binary, [], dir);
    const line = await firstLine(
      process.execPath,
      [
        join(root, "dist/stanch.mjs"),
        "serve",
        target,
        "http://127.0.0.1:1",
        "--listen",
        "127.0.0.1:0",
        "--interval",
        "500ms",
        "--store",
        join(dir, "page.stanch"),
      ],
      join(root, "examples"),
    );
    base = /http:\/\/[^\s/]+/.exec(line)?.[0] ?? "";
    browser = await chromium.launch({
      executablePath: browserPath ?? "",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    });
    // axe is put in from outside, which the page's own policy would forbid.
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true });
    page = await context.newPage();
    page.on("pageerror", (e) => errors.push(String(e)));
    page.on("console", (m) => {
      if (m.type() === "error" && !/status of 50\d|status of 404/.test(m.text())) errors.push(m.text());
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    for (const c of children) c.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  });

  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  async function accessible(): Promise<void> {
    for (const theme of ["light", "dark"]) {
      await page.evaluate(`document.documentElement.dataset.theme = ${JSON.stringify(theme)}`);
      await page.evaluate(axe);
      const found = await page.evaluate<unknown[]>(
        "axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes[0].html]))",
      );
      expect({ theme, found }).toEqual({ theme, found: [] });
    }
  }
  const at = (path: string): string => `${base}/t/${encodeURIComponent(target)}${path}`;

  test("the overview finds the leak, and says which target does not answer", async () => {
    await page.goto(base);
    await page.locator(".badge.leak").first().waitFor({ timeout: 240_000 });
    expect(await page.locator("td.worst").first().innerText()).toContain("chan send");
    expect(await page.locator(".badge.failing").count()).toBe(1);
    await accessible();
    // On a machine that is busy with other tests, looks come late and CPU is a noisy load.
  }, 300_000);

  test("from the overview to the finding, to the line and the fix", async () => {
    await page.locator("td.worst a", { hasText: "goroutine-send-blocked" }).waitFor({ timeout: 60_000 });
    await page.locator("td.worst a").first().click();
    await page.locator(".cause h4").first().waitFor({ timeout: 60_000 });
    expect(await page.locator(".cause h4").first().innerText()).toContain("goroutine-send-blocked");
    expect(await page.locator(".diff .added").last().innerText()).toContain("make(chan string, 1)");
    expect(page.url()).toBe(at("/suspects"));
    await accessible();
  });

  test("signals with verdict and charts; a range is in the address", async () => {
    await page.goto(at(""));
    await page.locator(".chart canvas").first().waitFor();
    expect(await page.locator(".verdict.leak h3").first().innerText()).toContain("main.main.func1.1");
    // The answers of the first lines: since when and which start, what, which line, what to do.
    const answer = await page.locator(".answer").innerText();
    expect(answer).toMatch(/after its start at|with its start/);
    expect(answer).toMatch(/goroutines \+/);
    expect(answer).toMatch(/goroutine-send-blocked\/leaky\/main\.go:\d+/);
    expect(await page.locator(".answer time").first().getAttribute("title")).toMatch(/ UTC$/);
    await page.getByRole("button", { name: "15 min" }).click();
    expect(page.url()).toContain("span=900000");
    await page.locator(".chart canvas").first().waitFor();
    // Pan by keys: at once in the picture, a moment later in the address.
    await page.locator(".chart [role=img]").first().focus();
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL(/from=\d+&to=\d+/);
    // So far that nothing is there, the charts stay, and with them the way back.
    for (let i = 0; i < 15; i++) await page.keyboard.press("ArrowLeft");
    await page.getByText("Nothing was seen in this time").waitFor();
    await page.keyboard.press("Escape");
    await page.waitForURL((url) => !url.search.includes("from"));
    await accessible();
  });

  test("goroutines: groups, frames and source one click away", async () => {
    await page.goto(at("/goroutines"));
    await page.locator("tbody button.plain").first().click();
    await page.locator(".line.hit").first().waitFor();
    expect(await page.locator(".line.hit").first().innerText()).toContain("result <- slow()");
    // What is opened is in the address; arrows go from row to row.
    await page.reload();
    await page.locator(".line.hit").first().waitFor();
    await page.locator("body").press("ArrowDown");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-expanded')")).toBe("true");
    await page.getByRole("button", { name: "by who started them" }).click();
    expect(page.url()).toContain("by=creator");
    await accessible();
  });

  test("heap: a flame graph that moves by keys, and the difference of two looks", async () => {
    await page.goto(at("/heap"));
    const canvas = page.locator(".flame canvas");
    await canvas.waitFor({ timeout: 30_000 });
    await canvas.focus();
    await page.keyboard.press("ArrowDown");
    const name = page.locator(".flame figcaption strong");
    const inside = await name.innerText();
    expect(inside).not.toBe("all");
    // The box is in the address, by the names of its stack.
    await page.reload();
    await canvas.waitFor({ timeout: 30_000 });
    expect([page.url().includes("box="), await name.innerText()]).toEqual([true, inside]);
    await canvas.focus();
    await page.keyboard.press("Escape");
    expect(await name.innerText()).toBe("all");
    expect(page.url()).not.toContain("box=");
    // A site of the heap with its source; which sites a sample has is chance, and Go's own source may not be shown.
    await page.locator("tbody button.plain").first().click();
    await page.locator(".detail .line.hit, .detail .trouble").first().waitFor();
    await page.getByRole("button", { name: "Keep this look" }).click();
    await page.getByText("What grew most").waitFor({ timeout: 30_000 });
    await accessible();
  });

  test("sockets, findings, compare, open", async () => {
    await page.goto(at("/sockets"));
    await page.locator(".chart canvas").first().waitFor();
    await accessible();
    await page.goto(`${base}/findings`);
    await page.locator(".finding").first().waitFor({ timeout: 60_000 });
    const bleeding = page.locator(".finding").first();
    expect(await bleeding.innerText()).toContain("Bleeding now");
    await bleeding.getByRole("button", { name: "Show it as a diff" }).click();
    await bleeding.locator(".diff .added").last().waitFor({ timeout: 60_000 });
    expect(await bleeding.locator(".diff .added").last().innerText()).toContain("make(chan string, 1)");
    await accessible();
    await page.goto(`${base}/compare`);
    await page.locator(".flame canvas, .trouble").first().waitFor({ timeout: 30_000 });
    await accessible();
    await page.goto(`${base}/open`);
    const capture = join(root, "testdata/captures/go-1.25.5/heap.pb.gz");
    await page.locator("input[type=file]").first().setInputFiles(capture);
    await page.locator(".flame canvas").waitFor();
    await page.locator("input[type=file]").first().setInputFiles(join(root, "README.md"));
    await page.locator(".trouble").waitFor();
    await accessible();
    const bundle = join(dir, "look.tgz");
    execFileSync(process.execPath, [join(root, "dist/stanch.mjs"), "snap", target, "-o", bundle]);
    await page.locator("input[type=file]").first().setInputFiles(bundle);
    await page.locator(".cause h4").first().waitFor({ timeout: 60_000 });
    expect(await page.locator(".cause h4").first().innerText()).toContain("goroutine-send-blocked");
    await page.locator(".flame canvas").waitFor();
    await accessible();
  });

  test("keys, search, help, a page that is not there", async () => {
    await page.goto(base);
    await page.locator("table.targets").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("nothing-like-it");
    await page.getByText("No target fits").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.locator("dialog[open]").waitFor();
    await accessible();
    await page.keyboard.press("Escape");
    await page.goto(`${base}/nowhere`);
    await page.getByText("There is no such page").waitFor();
  });

  test("two fingers zoom a flame graph", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`${base}/open`);
    await page.locator("input[type=file]").first().setInputFiles(join(root, "testdata/captures/go-1.25.5/heap.pb.gz"));
    const canvas = page.locator(".flame canvas");
    await canvas.waitFor();
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox()) as { x: number; y: number; width: number };
    const picture = async (): Promise<string> => {
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      return canvas.evaluate((c) => (c as unknown as { toDataURL: () => string }).toDataURL());
    };
    const touch = await page.context().newCDPSession(page);
    const fingers = async (type: string, ...xs: number[]): Promise<void> => {
      const touchPoints = xs.map((x, id) => ({ x: box.x + box.width * x, y: box.y + 60, id }));
      await touch.send("Input.dispatchTouchEvent", { type: type as "touchStart", touchPoints });
    };
    const whole = await picture();
    const address = page.url();
    await fingers("touchStart", 0.4);
    await fingers("touchStart", 0.4, 0.6);
    for (const far of [0.1, 0.2, 0.3]) await fingers("touchMove", 0.4 - far, 0.6 + far);
    await fingers("touchEnd");
    const near = await picture();
    expect(near).not.toBe(whole);
    await fingers("touchStart", 0.1);
    await fingers("touchStart", 0.1, 0.9);
    for (const far of [0.1, 0.2, 0.3]) await fingers("touchMove", 0.1 + far, 0.9 - far);
    await fingers("touchEnd");
    expect(await picture()).toBe(whole);
    // Neither was a tap, which goes to a box and says so in the address.
    expect(page.url()).toBe(address);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("on a phone nothing is wider than the screen", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    for (const path of [
      base,
      at(""),
      at("/goroutines"),
      at("/heap"),
      at("/sockets"),
      at("/suspects"),
      `${base}/findings`,
      `${base}/compare`,
      `${base}/open`,
    ]) {
      await page.goto(path);
      await page.waitForTimeout(1500);
      expect([path, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([path, 390]);
    }
  });

  test("no script broke on the way", () => expect(errors).toEqual([]));
});
