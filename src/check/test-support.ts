/**
 * What tests are written with: helpers, fakes, suites that lie in files of their own and not in `_test.go` ones; and examples and benchmarks. What
 * they leave open goes with their process, so that it is true and no reason to stop a merge.
 *
 *     func NewQueue(t *testing.T) *Queue     the file speaks of testing's types, or imports what asserts
 *     internal/testutil/proxy.go             the folder, the package or the file says so
 *     net/http/httptest                      a package's own helper for tests is named after it
 *     // … Intended for testing.             its comment says so
 */
import { isAbsolute, relative, sep } from "node:path";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { type File, NodeKind } from "../go/syntax/ast.ts";
import { commentText } from "../go/syntax/comments.ts";
import { parseFile } from "../go/syntax/parser.ts";
import { walk } from "../go/syntax/walk.ts";
import { parseString } from "../go/types/constant.ts";
import { lookupFieldOrMethod } from "../go/types/lookup.ts";
import { ObjKind } from "../go/types/object.ts";
import type { FileScope, Package } from "../go/types/package.ts";
import type { Type } from "../go/types/type.ts";
import { commentAbove } from "../rules/comment.ts";

/** The code is there for tests: its file is, or its function takes what a test is run with. */
export function isTestSupport(file: FileScope, unit: FunctionUnit | null): boolean {
  // Tests themselves are analysed where somebody asks for them, and then they count.
  if (file.file.path.endsWith("_test.go")) return false;
  return isSupportFile(file) || (unit !== null && takesTest(unit.outermost));
}

const memo = new WeakMap<FileScope, boolean>();

function isSupportFile(file: FileScope): boolean {
  let answer = memo.get(file);
  if (answer === undefined)
    memo.set(
      file,
      (answer =
        isNamedForTests(file) || importsTesting(file) || startsTestServer(file.file) || isPackageForTests(file.pkg)),
    );
  return answer;
}

/** Words that a folder, a package or a file of helpers is named with. */
const word =
  /^(?:e2e|tests?|testing|test_?(?:utils?|helpers?|env|suites?|kit|lib|support|common|server|framework|cases?|only)|mocks?|fakes?|(?:mock(?!ups?$)|fake(?!r$))[a-z]\w*|conformance|tck|stress|(?:unit|integration|system|acceptance|functional|smoke|regression|stress|env)_?tests?|_?examples?|bench(?:mark(?:s|ing)?|wrapper)?|(?!ab|load|pen|split)[a-z0-9]+testing)$/i;
/** Programs that show how a library is used; a part of a name says less: `demo-store` may be a product. */
const show = /^(?:samples?|demos?|tutorials?)$/i;
const fileName = /^(?:test_?(?:utils?|helpers?)|testing|mocks?|mock_\w+|\w+_mocks?|fake_\w+|\w+_fake)\.go$/i;

/** Whether a path below a module's root, with slashes, names what is there for tests. `module`: the root's own path. */
export function isTestPath(path: string, module = ""): boolean {
  const folders = path.split("/");
  const name = folders.pop() ?? "";
  // By a custom as old as net/http/httptest; `integration` is that only where nothing but the module is around it.
  const above = [
    module
      .replace(/\/v\d+$/, "")
      .split("/")
      .at(-1) ?? "",
    ...folders,
  ];
  return (
    fileName.test(name) ||
    /^integration$/i.test(folders[0] ?? "") ||
    folders.some(
      (folder, i) => hasWord(folder) || show.test(folder) || folder.toLowerCase() === `${above[i].toLowerCase()}test`,
    )
  );
}

/** `testutil`, `func-test-proxy`, `grpc_testing`. */
function hasWord(name: string): boolean {
  return word.test(name) || name.split(/[-_.]/).some((part) => word.test(part));
}

function isNamedForTests({ file, pkg }: FileScope): boolean {
  const source = pkg.source;
  if (source == null || source.standard) return false;
  const top = source.top ?? source.module?.dir ?? null;
  if (top !== null) {
    const path = relative(top, file.path);
    if (!isAbsolute(path) && !path.startsWith("..") && isTestPath(path.split(sep).join("/"), source.module?.path))
      return true;
  }
  return hasWord(file.name.name);
}

/** What only a test has a use for. */
const assertions: ReadonlySet<string> = new Set([
  "github.com/stretchr/testify/require",
  "github.com/stretchr/testify/suite",
  "github.com/stretchr/testify/mock",
  "github.com/onsi/gomega",
  "github.com/onsi/ginkgo",
  "github.com/onsi/ginkgo/v2",
  "github.com/golang/mock/gomock",
  "go.uber.org/mock/gomock",
  "github.com/frankban/quicktest",
  "gopkg.in/check.v1",
  "gotest.tools/assert",
  "gotest.tools/v3/assert",
]);

/** testing.Testing() and its like are asked by programs, too. */
const testTypes = /^(?:T|TB|B|F|M|PB)$/;

function importsTesting({ file }: FileScope): boolean {
  let name: string | null = null;
  for (const spec of file.imports) {
    const path = parseString(spec.path.value) ?? "";
    if (assertions.has(path)) return true;
    if (path === "testing") name = spec.name?.name ?? "testing";
  }
  if (name === null) return false;
  let speaks = false;
  walk(file, (n) => {
    if (n.kind === NodeKind.SelectorExpr && n.x.kind === NodeKind.Ident && n.x.name === name)
      speaks ||= testTypes.test(n.sel.name);
    return !speaks;
  });
  return speaks;
}

const ofPackage = new WeakMap<Package, boolean>();

/** The comment of the package says so, in whichever of its files. */
function isPackageForTests(pkg: Package): boolean {
  let answer = ofPackage.get(pkg);
  if (answer === undefined) {
    const files = pkg.files.filter(({ file }) => !file.path.endsWith("_test.go"));
    ofPackage.set(pkg, (answer = files.some(({ file }) => packageForTests.test(headOf(file)))));
  }
  return answer;
}

/** The comments above the package clause, also those with a line between. */
function headOf({ path, src, name }: File): string {
  const { comments } = parseFile(path, src.subarray(0, name.end));
  return comments.map((group) => commentText(src, group).replaceAll(/\s+/g, " ")).join("\n");
}

/** "Package httptest provides utilities for HTTP testing"; programs of other kinds use its recorder, too. */
function startsTestServer(file: File): boolean {
  const spec = file.imports.find((s) => parseString(s.path.value) === "net/http/httptest");
  if (spec === undefined) return false;
  const name = spec.name?.name ?? "httptest";
  let starts = false;
  walk(file, (n) => {
    if (n.kind === NodeKind.SelectorExpr && n.x.kind === NodeKind.Ident && n.x.name === name)
      starts ||= n.sel.name.endsWith("Server");
    return !starts;
  });
  return starts;
}

/** "Intended for testing usages of net.Conn", "provides tools for testing code", "helpers for unit tests", "test utilities". */
const packageForTests =
  /\b(?:intended|meant|used|useful|designed|made|written)(?: only| \w+ly)? (?:for|in) (?:use in )?(?:unit |integration )?test(?:s|ing)\b|\b(?:helpers?|utilities|tools|types|functions|code|support) (?:(?:used |that help )?(?:for|in|with)|to help with) (?:writing )?(?:unit |integration )?test(?:s|ing)\b(?! (?:if|whether|that|for)\b)|\btest(?:ing)? (?:helpers?|utilities|fixtures?|doubles?|harness(?:es)?)\b/i;

/** Its receiver or a parameter is a *testing.T, or an interface that one is given for; or its comment or its receiver says what it is for. */
function takesTest(unit: FunctionUnit): boolean {
  const sig = unit.signature;
  // func (m *MockQueue) Push(job Job) error
  if (/^[mM]ock[A-Z]/.test(unit.func?.recvNamed?.obj.name ?? "")) return true;
  if (unit.node.kind === NodeKind.FuncDecl && forTests.test(commentAbove(unit.file, unit.node))) return true;
  if (sig === null) return false;
  return [...sig.params, ...(sig.recv === null ? [] : [sig.recv])].some((v) => v.type !== null && failsTests(v.type));
}

/** "Used for testing.", "It is only meant for use in tests.": a sentence of its own in a function's comment. */
const forTests =
  /(?:^|[.(]\s*)(?:(?:it|this|this function) )?(?:is )?(?:only )?(?:used|meant?|intended|useful)(?: only)?(?: for use| to be used)? (?:for|in|by) (?:unit |integration )?test(?:s|ing)(?: only| purposes(?: only)?)?\s*(?:[.)]|$)/i;

/** `FailNow` and `Errorf`: https://pkg.go.dev/testing#TB, and what testify's TestingT asks for. */
function failsTests(t: Type): boolean {
  return ["FailNow", "Errorf"].every((name) => lookupFieldOrMethod(t, name, null)?.obj.kind === ObjKind.Func);
}
