/** Colours of the text reports, or none. */
import type { Severity } from "../diag/finding.ts";

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  gutter(text: string): string;
  severity(severity: Severity, text: string): string;
  code: {
    keyword(text: string): string;
    text(text: string): string;
    comment(text: string): string;
  };
}

const same = (text: string): string => text;
const plain: Style = {
  bold: same,
  dim: same,
  gutter: same,
  severity: (_, text) => text,
  code: { keyword: same, text: same, comment: same },
};

/** Select Graphic Rendition (ECMA-48): 1 bold, 2 dim, 3x colours. Bright ones read on dark and light grounds. */
const sgr =
  (on: string) =>
  (text: string): string =>
    text === "" ? "" : `\u001b[${on}m${text}\u001b[0m`;
const ofSeverity: Readonly<Record<Severity, (text: string) => string>> = {
  error: sgr("1;31"),
  warning: sgr("1;33"),
  note: sgr("1;36"),
};
const coloured: Style = {
  bold: sgr("1"),
  dim: sgr("2"),
  gutter: sgr("34"),
  severity: (severity, text) => ofSeverity[severity](text),
  code: { keyword: sgr("35"), text: sgr("32"), comment: sgr("2") },
};

export function style(colour: boolean): Style {
  return colour ? coloured : plain;
}
