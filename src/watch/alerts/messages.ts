/** Alerts in the tongues of others: Slack's incoming webhooks (Mattermost, Rocket.Chat and Discord's /slack read them too), and our own JSON. */
import { counted } from "../../base/numbers.ts";
import { annotationsOf, descriptionOf, labelsOf, summaryOf, type Alert } from "./alert.ts";

/** Slack shows no more of one text. */
const MOST_TEXT = 2_900;
/** Attachments of one message. */
const MOST_ATTACHMENTS = 20;

/** `text` is what notifications and readers of old see; an attachment for each alert has the rest. */
export function slackBody(alerts: readonly Alert[]): unknown {
  const firing = alerts.filter((a) => a.status === "firing").length;
  const [first] = alerts;
  const head =
    alerts.length === 1 && first !== undefined
      ? summaryOf(first)
      : `${counted(firing, "leak")} began, ${alerts.length - firing} ended`;
  const more = alerts.length - MOST_ATTACHMENTS;
  return {
    text: cut(`${firing > 0 ? ":rotating_light:" : ":white_check_mark:"} ${slackText(head)}`, 300),
    attachments: [
      ...alerts.slice(0, MOST_ATTACHMENTS).map((a) => ({
        color: a.status === "firing" ? "danger" : "good",
        fallback: cut(slackText(summaryOf(a)), 300),
        title: cut(slackText(summaryOf(a)), 300),
        text: cut(slackText(descriptionOf(a)), MOST_TEXT),
        fields: fieldsOf(a),
        ts: Math.round((a.endsMs ?? a.startsMs) / 1000),
      })),
      ...(more > 0 ? [{ text: `and ${more} more` }] : []),
    ],
  };
}

function fieldsOf(a: Alert): unknown[] {
  const { line, growth, bundle } = annotationsOf(a);
  const field = (title: string, value: string | undefined, short: boolean): unknown[] =>
    value === undefined ? [] : [{ title, value: cut(slackText(value), 500), short }];
  return [
    ...field("Target", a.target, true),
    ...field("Kind", a.verdict.kind, true),
    ...field("Line", line, false),
    ...field("Growth", growth, true),
    ...field("Evidence", bundle, false),
  ];
}

/**
 * Names are data: &, < and > would make links, mentions (<!channel>) and commands (https://docs.slack.dev/messaging/formatting-message-text), and
 * letters that steer the direction of writing or the terminal of a log have no business here.
 */
function slackText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  // Never in the middle of an entity.
  return `${text.slice(0, most - 1).replace(/&[a-z]*$/, "")}…`;
}

/** `stanch.alert/1`; docs/formats/watch.md. */
export function jsonBody(alerts: readonly Alert[]): unknown {
  return {
    schema: "stanch.alert/1",
    alerts: alerts.map((a) => ({
      status: a.status,
      target: a.target,
      labels: labelsOf(a),
      summary: summaryOf(a),
      description: descriptionOf(a),
      starts: new Date(a.startsMs).toISOString(),
      ends: a.endsMs === null ? null : new Date(a.endsMs).toISOString(),
      kind: a.verdict.kind,
      signal: a.verdict.signal.name,
      value: finite(a.verdict.value),
      from: finite(a.verdict.from),
      unit: a.verdict.signal.unit,
      growth: a.verdict.growth,
      exhaustionSeconds: a.verdict.exhaustionSeconds,
      location: a.verdict.location,
      stack: a.verdict.stack,
      bundle: a.bundle,
      note: a.note,
    })),
  };
}

function finite(n: number): number | null {
  return Number.isFinite(n) ? n : null;
}
