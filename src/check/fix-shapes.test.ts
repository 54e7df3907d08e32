/** The fixes of ownership rules as a maintainer would write them, and where there is none. */
import { afterAll, expect, test } from "vitest";
import { Loader } from "../go/load/loader.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { Analyst } from "./analyst.ts";
import { declaredBy } from "./declared.ts";
import { tryFixes } from "./fixes.ts";
import { check, type CheckOptions } from "./run.ts";

afterAll(removeTrees);

const options: CheckOptions = { patterns: ["./..."], rules: rules.map((r) => r.id), jobs: 0 };

/** The lines that a function body is without (-) and with (+) its fixes, in order; null where a finding has none. */
async function mended(imports: string, body: string): Promise<string[] | null> {
  const list = imports.split(" ").map((p) => `\t"${p}"\n`);
  const text = `package m\n\nimport (\n${list.join("")})\n\n${body.trimStart()}`;
  const root = makeTree({ "go.mod": "module example.com/m\n\ngo 1.24\n", "a.go": text });
  const { findings } = await check(root, options);
  const errors = findings.filter((f) => f.severity !== "note");
  expect(errors.length).toBeGreaterThan(0);
  if (errors.some((f) => f.fix === null)) return null;
  const { files, refused } = tryFixes(root, options, errors);
  expect(refused).toEqual([]);
  expect(files).toHaveLength(1);
  return difference(text.split("\n"), Buffer.from(files[0].after).toString().split("\n"));
}

/** A line that came is told with the one it stands behind. */
function difference(before: readonly string[], after: readonly string[]): string[] {
  // common[i][k]: how many lines before[i…] and after[k…] have in common.
  const common = Array.from({ length: before.length + 1 }, () => after.concat("").map(() => 0));
  for (let i = before.length - 1; i >= 0; i--)
    for (let k = after.length - 1; k >= 0; k--)
      common[i][k] = before[i] === after[k] ? common[i + 1][k + 1] + 1 : Math.max(common[i + 1][k], common[i][k + 1]);
  const out: string[] = [];
  let i = 0;
  let k = 0;
  while (i < before.length || k < after.length) {
    if (i < before.length && before[i] === after[k]) [i, k] = [i + 1, k + 1];
    else if (i === before.length || (k < after.length && common[i][k + 1] >= common[i + 1][k]))
      out.push(`+${after[k - 1]?.trim()} | ${after[k++].trim()}`);
    else out.push(`-${before[i++].trim()}`);
  }
  return out;
}

test("a defer that stands too late is moved up, with the comment above it, and not written again", async () => {
  expect(
    await mended(
      "errors io net/http",
      `
func fetch(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}

	// The connection goes back to the pool.
	defer func() { _ = resp.Body.Close() }()

	return io.ReadAll(resp.Body)
}
`,
    ),
  ).toEqual([
    "+} | // The connection goes back to the pool.",
    "+// The connection goes back to the pool. | defer func() { _ = resp.Body.Close() }()",
    "-// The connection goes back to the pool.",
    "-defer func() { _ = resp.Body.Close() }()",
    "-",
  ]);
});

test("a defer of a file is moved up as well: a second one would close it twice", async () => {
  expect(
    await mended(
      "os",
      `
func first(name string) (byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	var b [1]byte
	if _, err := f.Read(b[:]); err != nil {
		return 0, err
	}
	defer f.Close()
	println(f.Name())
	return b[0], nil
}
`,
    ),
  ).toEqual(["+} | defer f.Close()", "-defer f.Close()"]);
});

test("a defer of what the variable is given later stays where it is", async () => {
  const body = `
func again(dir string, from io.Reader) (string, error) {
	f, err := os.CreateTemp(dir, "x")
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(f, from); err != nil {
		return "", err
	}
	f, err = os.Open(f.Name())
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.Name(), nil
}
`;
  expect(await mended("io os", body)).toEqual(["+} | defer f.Close()"]);
});

test("who closes a body by hand closes it by hand where that was forgotten", async () => {
  expect(
    await mended(
      "errors io net/http",
      `
func fetch(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", errors.New(resp.Status)
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	return string(b), err
}
`,
    ),
  ).toEqual(["+if resp.StatusCode != http.StatusOK { | resp.Body.Close()"]);
});

test("each of several returns that forget it, where the last one hands it on", async () => {
  expect(
    await mended(
      "errors os",
      `
func open(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("a folder")
	}
	return f, nil
}
`,
    ),
  ).toEqual(["+if err != nil { | f.Close()", "+if info.IsDir() { | f.Close()"]);
});

test("no release ahead of a return that is reached without the resource, too: there is nothing to close", async () => {
  expect(
    await mended(
      "io net/http",
      `
func fetch(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil || resp.StatusCode >= 300 {
		return nil, nil
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
`,
    ),
  ).toBeNull();
});

test("nor ahead of a return before the error is looked at", async () => {
  expect(
    await mended(
      "net/http",
      `
func send(rt http.RoundTripper, req *http.Request, gone func() bool) error {
	for {
		resp, err := rt.RoundTrip(req)
		if gone() {
			return nil
		}
		if err != nil {
			return err
		}
		resp.Body.Close()
	}
}
`,
    ),
  ).toBeNull();
});

test("nor ahead of a return that is reached without anything having been opened", async () => {
  expect(
    await mended(
      "context time",
      `
func work(parent context.Context, slow bool, step func(context.Context) error) (context.CancelFunc, error) {
	ctx := parent
	var cancel context.CancelFunc
	if slow {
		ctx, cancel = context.WithTimeout(parent, time.Minute)
	}
	if err := step(ctx); err != nil {
		return nil, err
	}
	return cancel, nil
}
`,
    ),
  ).toBeNull();
});

test("nothing is deferred of which the function asks later whether it is there", async () => {
  expect(
    await mended(
      "errors io net/http",
      `
func fetch(rt http.RoundTripper, req *http.Request) ([]byte, error) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("no response")
	}
	return io.ReadAll(io.LimitReader(resp.Body, 10))
}
`,
    ),
  ).toBeNull();
});

test("a defer in a branch goes with one for all of them", async () => {
  expect(
    await mended(
      "errors net/http",
      `
func ping(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK {
		defer resp.Body.Close()

		return nil
	}
	return errors.New(resp.Status)
}
`,
    ),
  ).toEqual(["+} | defer resp.Body.Close()", "-defer resp.Body.Close()", "-"]);
});

test("no release ahead of a return that is reached with somebody else having it, too", async () => {
  expect(
    await mended(
      "os",
      `
type logs struct{ out *os.File }

func (l *logs) Close() error { return l.out.Close() }

func (l *logs) open(name string, kind int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	switch kind {
	case 1:
		l.out = f
	}
	return nil
}
`,
    ),
  ).toBeNull();
});

test("nothing is deferred that a goroutine goes on to use", async () => {
  const read = (start: string, end: string): string => `
func follow(conn string, seen func([]byte)) error {
	var wg sync.WaitGroup
	f, err := os.Open(conn)
	if err != nil {
		return err
	}
	${start}
		b := make([]byte, 10)
		if _, err := f.Read(b); err == nil {
			seen(b)
		}
	${end}
	return nil
}
`;
  expect(await mended("os sync", read("go func() {", "}()\n\t_ = &wg"))).toBeNull();
  expect(await mended("os sync", read("wg.Go(func() {", "})"))).toBeNull();
  expect(await mended("os sync", read("wg.Go(func() {", "})\n\twg.Wait()"))).toEqual(["+} | defer f.Close()"]);
});

test("a name is there after the file is closed", async () => {
  const body = `
func keep(cleanup func(func()), Cleanup func(func())) error {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		return err
	}
	cleanup(func() { os.Remove(f.Name()) })
	Cleanup(func() { os.Remove(f.Name()) })
	_, err = f.WriteString("x")
	return err
}
`;
  expect(await mended("os", body)).toEqual(["+} | defer f.Close()"]);
});

test("a context is not ended where the function returns well: what it started may go on with it", async () => {
  const body = `
func begin(parent context.Context, start func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancel(parent)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	if err := start(ctx); err != nil {
		return err
	}
	return nil
}
`;
  expect(await mended("context", body)).toBeNull();
});

test("a release is written as the file writes those whose error nobody wants", async () => {
  const copy = `
func copyTo(w io.Writer, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

func name(from string) (string, error) {
	f, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	return f.Name(), nil
}

func open(from string) (*os.File, error) {
	f, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	if f.Name() == "" {
		return nil, io.EOF
	}
	return f, nil
}

func drop(f *os.File) {
	_ = f.Close()
}
`;
  expect(await mended("io os", copy)).toEqual([
    "+} | defer func() { _ = f.Close() }()",
    '+if f.Name() == "" { | _ = f.Close()',
  ]);
});

test("the last of several fixes takes an import with it that nothing uses any more", async () => {
  const body = `
var db *sql.DB

func add(w http.ResponseWriter, r *http.Request) {
	if _, err := db.ExecContext(context.Background(), "insert into t values (1)"); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func change(w http.ResponseWriter, r *http.Request) {
	if _, err := db.ExecContext(context.Background(), "update t set x = 1"); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}
`;
  const lines = await mended("context database/sql net/http", body);
  expect(lines).toContain('-"context"');
  expect(lines?.filter((l) => l.includes("r.Context()"))).toHaveLength(2);
});

test("a body that only its status is asked of is closed, whatever it would be worth to read it", async () => {
  const body = `
func up(c *http.Client, url string) bool {
	resp, err := c.Get(url)
	if err != nil {
		return false
	}
	return resp.StatusCode == http.StatusOK
}
`;
  expect(await mended("net/http", body)).toEqual(["+} | defer resp.Body.Close()"]);
});

test("a defer of one branch that goes for all returns keeps what is said beside it", async () => {
  const body = `
func get(c *http.Client, url string, read func(io.Reader) error) error {
	resp, err := c.Get(url)
	if err != nil {
		return err
	}
	if read != nil {
		defer resp.Body.Close() // nolint:errcheck
		return read(resp.Body)
	}
	return nil
}
`;
  expect(await mended("io net/http", body)).toEqual([
    "+} | defer resp.Body.Close() // nolint:errcheck",
    "-defer resp.Body.Close() // nolint:errcheck",
  ]);
});

test("what is dropped is given a name that the function has not, and released", async () => {
  const ping = (body: string): Promise<string[] | null> =>
    mended(
      "fmt net/http",
      `\nfunc ping(c *http.Client, req *http.Request, resp fmt.Stringer) error {\n${body}\treturn nil\n}\n`,
    );
  const check = "\tif err != nil {\n\t\treturn err\n\t}\n";
  expect(await ping(`\t_, err := c.Do(req)\n${check}\tfmt.Println(resp)\n`)).toEqual([
    "+func ping(c *http.Client, req *http.Request, resp fmt.Stringer) error { | res, err := c.Do(req)",
    "-_, err := c.Do(req)",
    "+} | defer res.Body.Close()",
  ]);
  // := takes the error of the same block along.
  const print = "\t_, err := fmt.Println(resp)\n";
  expect(await ping(`${print}${check}\t_, err = c.Do(req)\n${check}`)).toEqual([
    "+} | res, err := c.Do(req)",
    "-_, err = c.Do(req)",
    "+} | defer res.Body.Close()",
  ]);
  // Who goes on with an error has nothing to close then.
  expect(await ping("\t_, err := c.Do(req)\n\tif err != nil {\n\t\tfmt.Println(resp, err)\n\t}\n")).toEqual([
    "+func ping(c *http.Client, req *http.Request, resp fmt.Stringer) error { | res, err := c.Do(req)",
    "-_, err := c.Do(req)",
    "+fmt.Println(resp, err) | } else {",
    "+} else { | res.Body.Close()",
  ]);
  // Who returns the error at once has nowhere to go on.
  expect(
    await mended(
      "net/http",
      "\nfunc ping(c *http.Client, req *http.Request) error {\n\t_, err := c.Do(req)\n\treturn err\n}\n",
    ),
  ).toEqual([
    "+func ping(c *http.Client, req *http.Request) error { | resp, err := c.Do(req)",
    "+resp, err := c.Do(req) | if err == nil {",
    "+if err == nil { | resp.Body.Close()",
    "+resp.Body.Close() | }",
    "-_, err := c.Do(req)",
  ]);
  // Another error would be declared, and looked at by nobody outside; and each turn would defer one more.
  const within = (head: string): string =>
    `${print}\t${head} {\n\t_, err = c.Do(req)\n${check}\t}\n\tfmt.Println(err)\n`;
  expect(await ping(within("if req != nil"))).toBeNull();
  expect(await ping(within("for req != nil"))).toBeNull();
});

test("imports and variables that nothing uses are counted", () => {
  const idle = (text: string): number => {
    const root = makeTree({ "go.mod": "module example.com/m\n\ngo 1.24\n", "a.go": text });
    const loader = Loader.open(root, {});
    const [pkg] = loader.match(["."]).packages;
    const analyst = new Analyst(loader, {
      dir: root,
      load: {},
      rules: [],
      generated: false,
      declared: declaredBy(null),
      budget: 1e9,
    });
    return analyst.variant(pkg, new Map()).unknown ?? -1;
  };
  const used = 'package m\n\nimport (\n\t"fmt"\n\tother "os"\n\t_ "embed"\n)\n\nfunc f(p int) (err error) {\n';
  expect(
    idle(`${used}\tn := 1\n\tfor i, v := range []int{n} {\n\t\tfmt.Println(i, v, other.Args)\n\t}\n\treturn nil\n}\n`),
  ).toBe(0);
  expect(idle(`${used}\tn := 1\n\tvar m int\n\tfor i := range 3 {\n\t}\n\tfmt.Println()\n\treturn nil\n}\n`)).toBe(4);
});
