/** What is reported of clients made per call only where somebody asks for what is not sure. */
import { afterAll, expect, test } from "vitest";
import { check } from "./run.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";

afterAll(removeTrees);

const source = `package probe

import (
	"net/http"
	"time"
)

type scraper struct{ client *http.Client }

type scrapers struct{ all []*scraper }

func (s *scrapers) add(c *http.Client) { s.all = append(s.all, &scraper{c}) }

var keep func(*http.Client)

func handed(w http.ResponseWriter, r *http.Request) {
	var tr http.RoundTripper = &http.Transport{}
	client := &http.Client{Transport: tr} // handed on
	new(scrapers).add(client)
}

func argument(w http.ResponseWriter, r *http.Request) {
	keep(&http.Client{Transport: &http.Transport{}}) // argument
}

func closed(w http.ResponseWriter, r *http.Request) {
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	defer client.CloseIdleConnections()
	new(scrapers).add(client)
}

func once() {
	client := &http.Client{Transport: &http.Transport{}}
	new(scrapers).add(client)
}

func made() *http.Client { return &http.Client{Transport: &http.Transport{}} }

func throughMaker(w http.ResponseWriter, r *http.Request) {
	keep(made()) // through a maker
}

func sure(w http.ResponseWriter, r *http.Request) {
	client := &http.Client{Transport: &http.Transport{IdleConnTimeout: time.Second}} // sure
	if resp, err := client.Get("http://users"); err == nil {
		resp.Body.Close()
	}
}

func declared(w http.ResponseWriter, r *http.Request) {
	var tr = &http.Transport{}
	var client = &http.Client{Transport: tr} // declared
	if resp, err := client.Get("http://users"); err == nil {
		resp.Body.Close()
	}
}
`;

async function found(unsure: boolean): Promise<string[]> {
  const root = makeTree({ "go.mod": "module example.com/probe\n\ngo 1.24\n", "probe.go": source });
  const { findings } = await check(root, { patterns: ["./..."], rules: ["http-transport-per-call"], jobs: 0, unsure });
  const lines = source.split("\n");
  return findings.map((f) => `${f.confidence} ${f.severity}: ${/\/\/ (.*)/.exec(lines[f.line - 1])?.[1]}`);
}

test("a client that is handed to code that may keep it is reported, with low confidence, to who asks for it", async () => {
  expect(await found(false)).toEqual(["high warning: sure", "high error: declared"]);
  expect(await found(true)).toEqual([
    "low error: handed on",
    "low error: argument",
    "low error: through a maker",
    "high warning: sure",
    "high error: declared",
  ]);
});

test("a comment for what only who asks is told of is not unused for the others", async () => {
  const ignored = source.replace(
    "\tkeep(&http.Client",
    "\t//stanch:ignore http-transport-per-call the keeper closes it\n\tkeep(&http.Client",
  );
  const root = makeTree({ "go.mod": "module example.com/probe\n\ngo 1.24\n", "probe.go": ignored });
  for (const unsure of [false, true]) {
    const { findings } = await check(root, {
      patterns: ["./..."],
      rules: ["http-transport-per-call"],
      jobs: 0,
      unsure,
    });
    expect(findings.filter((f) => f.rule.startsWith("ignore-"))).toEqual([]);
    expect(findings.filter((f) => f.suppressed)).toHaveLength(unsure ? 1 : 0);
  }
});
