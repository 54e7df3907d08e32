/**
 * The body of an HTTP response that some path leaves open. An open body keeps its connection, the connection's two
 * goroutines and a descriptor; the peer decides when they go.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { onceIsNote } from "../../once.ts";
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { whyRead } from "../../read-to-end.ts";
import { exprText } from "../../source-text.ts";
import { indentation } from "../../source-lines.ts";
import { type Replaced, replacedIn } from "./replaced.ts";

const messages = {
  ...ownershipMessages,
  replaced:
    "{response}.Body is replaced by an io.NopCloser over itself, and nobody can close what has the connection any more: unless it is read to its end, the connection is lost. Keep its Close beside the new reader.",
};

export const rule = defineRule({
  id: "http-body-unclosed",
  title: "Response body is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.scope) for (const replaced of replacedIn(unit)) report(pass, unit, replaced);
    reportLeaks(
      pass,
      "http-body-unclosed",
      {
        released: "closed",
        held: "open",
        remedy: "Close it with `defer {x}.Body.Close()` after the error check",
        defer: "defer {x}.Body.Close()",
      },
      (leak) => whyRead(leak, pass.summaries),
    );
  },
});

function report(pass: RulePass<typeof messages>, unit: FunctionUnit, { at, response, call, reader }: Replaced): void {
  const { file } = unit;
  const body = `${response.name}.Body`;
  const pad = indentation(file.file.src, at.pos);
  pass.report({
    file,
    at,
    unit,
    message: "replaced",
    data: { response: response.name },
    path: [{ file, at, message: `closing ${body} closes nothing from here on` }],
    fix: {
      title: `Keep the Close of ${body}`,
      edits: [
        {
          file,
          start: call.pos,
          end: call.end,
          text: `struct {\n${pad}\tio.Reader\n${pad}\tio.Closer\n${pad}}{${exprText(file, reader)}, ${body}}`,
        },
      ],
      imports: ["io"],
    },
    ...onceIsNote(pass, unit, at),
  });
}
