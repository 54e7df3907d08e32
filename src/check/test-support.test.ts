/** What is left open by what tests are written with is a note; what programs run is not taken for it. */
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig } from "../config/load.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { check } from "./run.ts";
import { isTestPath } from "./test-support.ts";

afterAll(removeTrees);

/** A package with a function of this signature that leaves a file open. */
function leaky(name: string, params = "path string", imports = "", more = ""): string {
  return `package ${name}

import (
	"os"
${imports}
)
${more}
func Size(${params}) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
`;
}

async function severities(files: Readonly<Record<string, string>>, tests = false): Promise<Record<string, string>> {
  const root = makeTree({ "go.mod": "module example.com/shop\n\ngo 1.24\n", ...files });
  const options = { patterns: ["./..."], rules: ["resource-unclosed"], jobs: 0, load: { tests } };
  const config = files["stanch.yaml"] === undefined ? null : loadConfig(root);
  const { findings, faults } = await check(root, { ...options, config });
  expect(faults).toBe(0);
  return Object.fromEntries(findings.map((f) => [f.file, f.severity]));
}

describe("names", () => {
  test.each([
    "internal/testutil/proxy.go",
    "pkg/fakes/store.go",
    "tools/func-test-proxy/main.go",
    "net/nettest/conn.go",
    "e2e/framework/pods.go",
    "integration/client/client.go",
    "grpc/grpc_testing/server.go",
    "store/mock_store.go",
    "store/mock.go",
    "awstesting/server.go",
    "store/fake_queue.go",
    "store/testing.go",
    "samples/functions/main.go",
    "docs/tutorial/server/main.go",
    "system_test/helpers.go",
    "pkg/envtest/webhook.go",
    "acceptancetests/run.go",
  ])("%s is there for tests", (path) => expect(isTestPath(path)).toBe(true));

  test.each([
    "main.go",
    "latest/feed.go",
    "contest/score.go",
    "loadtest/run.go",
    "loadtesting/run.go",
    "attestation/sign.go",
    "environmentest/run.go",
    "integrations/slack/post.go",
    "pkg/integration/slack.go",
    "store/tester.go",
    "demo-store/main.go",
    "sampler/reservoir.go",
    "demographics/age.go",
    "store/latest.go",
    "",
  ])("%s is not", (path) => expect(isTestPath(path)).toBe(false));

  test("a module's own helper is named after it", () => {
    expect(isTestPath("caddytest/run.go", "example.com/caddy/v2")).toBe(true);
    expect(isTestPath("cmd/example-scheduler/app/state.go")).toBe(true);
    expect(isTestPath("internal/benchwrapper/main.go")).toBe(true);
    expect(isTestPath("caddytest/run.go", "example.com/shop")).toBe(false);
  });
});

describe("findings", () => {
  test("what is named for tests, or takes what a test is run with, leaves notes", async () => {
    const failer = "type failer interface {\n\tErrorf(format string, args ...any)\n\tFailNow()\n}\n";
    const logger = "type logger interface{ Errorf(format string, args ...any) }\n";
    expect(
      await severities({
        "shop/shop.go": leaky("shop"),
        "shop/logged.go": leaky("shop", "path string, l logger", "", logger).replace("Size", "Logged"),
        "shop/failed.go": leaky("shop", "path string, t failer", "", failer).replace("Size", "Failed"),
        "shop/shared.go": leaky("shop", "path string", '\t"testing"', "func Run(t *testing.T) {}\n").replace(
          "Size",
          "Shared",
        ),
        "shop/asks.go": leaky("shop", "path string", '\t"testing"', "var quiet = testing.Testing()\n").replace(
          "Size",
          "Asks",
        ),
        "shop/mock.go": leaky("shop").replace("Size", "Plain"),
        "shop/queue.go": leaky("shop", "path string", "", "type MockQueue struct{}\n").replace(
          "func Size",
          "func (*MockQueue) Length",
        ),
        "testutil/size.go": leaky("testutil"),
        "other/size.go": leaky("mocks"),
      }),
    ).toEqual({
      "shop/shop.go": "error",
      "shop/logged.go": "error",
      "shop/asks.go": "error",
      "shop/failed.go": "note",
      "shop/shared.go": "note",
      "shop/mock.go": "note",
      "shop/queue.go": "note",
      "testutil/size.go": "note",
      "other/size.go": "note",
    });
  });

  test("a function may say what it is for", async () => {
    const said = (doc: string): string =>
      leaky("shop").replace("func Size", `// Size is the length of a file.\n// ${doc}\nfunc Size`);
    expect(
      await severities({
        "a/a.go": said("Used for testing."),
        "b/b.go": said("It is only meant for use in tests."),
        "c/c.go": said("Used for testing whether there is room."),
        "d/d.go": said("The cache is not used in tests."),
        "e/e.go": said("Only mean to be used\n// in integration tests."),
      }),
    ).toEqual({ "a/a.go": "note", "b/b.go": "note", "c/c.go": "error", "d/d.go": "error", "e/e.go": "note" });
  });

  test("a level of the repository's own counts more", async () => {
    const yaml = 'rules:\n  resource-unclosed:\n    paths:\n      "testutil/**": error\n';
    expect(await severities({ "stanch.yaml": yaml, "testutil/size.go": leaky("testutil") })).toEqual({
      "testutil/size.go": "error",
    });
  });

  test("tests themselves count where they are asked for", async () => {
    const files = { "tests/a.go": leaky("tests"), "tests/a_test.go": leaky("tests").replace("Size", "Tested") };
    expect(await severities(files)).toEqual({ "tests/a.go": "note" });
    expect(await severities(files, true)).toEqual({ "tests/a.go": "note", "tests/a_test.go": "error" });
  });

  test("a file that cannot be read as Go is no fault", async () => {
    expect(await severities({ "testutil/bad.go": 'package testutil\n\nimport "testing\n\nfunc (' })).toEqual({});
    expect(await severities({ "fake/bad.go": "" })).toEqual({});
  });
});

test("the comment of a package says what it is for", async () => {
  const about = (text: string, name: string): string => `// Package ${name} ${text}\n${leaky(name)}`;
  expect(
    await severities({
      "pipe/pipe.go": about("connects two ends.\n//\n// Intended for testing users of net.Conn.", "pipe"),
      "poll/doc.go": "// Package poll provides tools for testing asynchronous code.\npackage poll\n",
      "poll/poll.go": leaky("poll"),
      "wait/doc.go":
        "// Licensed to you.\n\n/*Package wait provides tools for testing asynchronous\ncode.\n*/\npackage wait\n",
      "wait/wait.go": leaky("wait"),
      "graph/graph.go": `// graph is used internally for testing. See the readme.\n\n${leaky("graph")}`,
      "client/client.go": leaky(
        "client",
        "path string",
        '\t"net/http"\n\t"net/http/httptest"',
        "\nfunc serve(h http.Handler) *httptest.Server { return httptest.NewServer(h) }\n",
      ),
      "client/other.go": leaky("client").replace("Size", "Other"),
      "adapter/adapter.go": leaky(
        "adapter",
        "path string",
        '\t"net/http/httptest"',
        "\nvar recorder = httptest.NewRecorder()\n",
      ),
      "line/line.go": about("provides tools for testing if a line is up.", "line"),
      "speed/speed.go": about("tests how fast a line is.", "speed"),
      "lab/lab.go": leaky("lab"),
    }),
  ).toEqual({
    "pipe/pipe.go": "note",
    "poll/poll.go": "note",
    "wait/wait.go": "note",
    "graph/graph.go": "note",
    "client/client.go": "note",
    "client/other.go": "error",
    "adapter/adapter.go": "error",
    "line/line.go": "error",
    "speed/speed.go": "error",
    "lab/lab.go": "error",
  });
});
