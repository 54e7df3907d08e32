/** Pages of the pseudo-rules that judge `//stanch:ignore` comments themselves. */
import { IGNORE_REASONLESS, IGNORE_UNUSED } from "./suppress.ts";

const writing = `## How to write one

\`\`\`go
resp, err := client.Do(req) //stanch:ignore http-body-unclosed the transport of this client closes it
\`\`\`

After code the comment speaks of that line (and of the statement that begins or ends there); above a statement, of all of it; in a function's documentation, of the function; before the package clause, of the file. Several rules are joined by commas. The reason is whatever follows them.

\`//nolint\` and \`//nolint:stanch\` work likewise and need no reason; \`//nolint:errcheck\`, \`bodyclose\`, \`sqlclosecheck\` and \`rowserrcheck\` silence the rule here that says the same.
`;

export const ignorePages: ReadonlyMap<string, string> = new Map([
  [
    IGNORE_UNUSED,
    `# ${IGNORE_UNUSED}

A \`//stanch:ignore\` comment suppresses nothing: the code was mended, the rule does not find it any more, or the rule's name is mistyped. Such comments hide the next leak at that place. Take it out, or correct the name. Comments for rules that did not run are not judged.

${writing}`,
  ],
  [
    IGNORE_REASONLESS,
    `# ${IGNORE_REASONLESS}

A \`//stanch:ignore\` comment without a rule or without a reason does nothing. Whoever reads it next has to know why the finding does not matter; say it in a few words.

${writing}`,
  ],
]);
