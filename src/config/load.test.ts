import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { findConfig, loadConfig } from "./load.ts";
import { resolveAlerts, resolveTarget, resolveToken } from "./target.ts";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((d) => rmSync(d, { recursive: true, force: true })));

function tree(files: Record<string, string | Uint8Array>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "stanch-config-")));
  made.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test("the nearest file above counts, not beyond the repository", () => {
  const root = tree({ "stanch.yaml": "", "repo/.git/HEAD": "", "repo/sub/deep/x": "", "repo/own/.stanch.yml": "" });
  expect(findConfig(join(root, "repo/sub/deep"))).toBe(null);
  expect(findConfig(join(root, "repo/own"))).toBe(join(root, "repo/own/.stanch.yml"));
  expect(findConfig(root)).toBe(join(root, "stanch.yaml"));
  expect(loadConfig(join(root, "repo/sub"))).toBe(null);
});

test("two files in one folder, one that cannot be read, one that is no text", () => {
  const root = tree({
    "stanch.yaml": "",
    "stanch.yml": "",
    "bad/.git": "",
    "bad/stanch.yaml": new Uint8Array([0xff, 0xfe, 0]),
  });
  expect(() => loadConfig(root)).toThrow("stanch.yaml and stanch.yml: one of them is too many");
  expect(() => loadConfig(root, { path: "none.yaml" })).toThrow("cannot read none.yaml");
  expect(() => loadConfig(join(root, "bad"))).toThrow("cannot read stanch.yaml: it is not UTF-8");
});

test("targets, alerts and the token take their secrets from the environment", () => {
  const root = tree({
    "stanch.yaml": `targets:
  api:
    url: "http://\${HOST:-localhost}:6060"
    ca: ca.pem
    headers: { Authorization: "Bearer \${TOKEN}", X: "$\${plain}" }
    prometheus: { url: "http://p", match: 'job="\${JOB:-api}"' }
  agent: { unix: /run/a.sock }
  one: { pid: 7 }
alerts: [{ type: webhook, url: "http://h/\${TOKEN}" }, { type: exec, command: [page, "\${TOKEN}"] }, { type: stdout }]
server: { token: "\${TOKEN}" }
`,
  });
  const config = loadConfig(root);
  if (config === null) throw new Error("no configuration");
  const env = { TOKEN: "secret" };
  expect(resolveTarget(config, "api", env)).toMatchObject({
    address: "http://localhost:6060",
    ca: join(root, "ca.pem"),
    headers: { Authorization: "Bearer secret", X: "${plain}" },
    prometheus: { match: 'job="api"' },
  });
  expect(resolveTarget(config, "agent", env).address).toBe("unix:/run/a.sock");
  expect(resolveTarget(config, "one", env).address).toBe("7");
  expect(resolveAlerts(config, env)).toEqual([
    { type: "webhook", url: "http://h/secret", headers: {} },
    { type: "exec", command: ["page", "secret"] },
    { type: "stdout" },
  ]);
  expect(resolveToken(config, env)).toBe("secret");
  expect(() => resolveTarget(config, "api", {})).toThrow(
    `${join(root, "stanch.yaml")}:5:31: the environment has no TOKEN`,
  );
  expect(() => resolveTarget(config, "apu", env)).toThrow("has no target apu; did you mean api?");
  expect(() => resolveTarget(config, "zzzzzz", env)).toThrow("it names api, agent, one");
});
