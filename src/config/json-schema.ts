/** The JSON Schema of `stanch.yaml`, for editors: docs/formats/stanch-yaml.schema.json. */
import { toJsonSchema } from "@valibot/to-json-schema";
import { schema } from "./schema.ts";

export function configSchema(rules: Iterable<string>): object {
  const json = toJsonSchema(schema, { typeMode: "input", errorMode: "ignore" }) as Record<string, unknown>;
  const properties = json["properties"] as Record<string, Record<string, unknown>>;
  // Editors complete the names of rules.
  const levels = properties["rules"]["additionalProperties"];
  properties["rules"] = {
    ...properties["rules"],
    properties: Object.fromEntries([...rules].map((id) => [id, levels])),
    additionalProperties: false,
  };
  return { ...json, title: "stanch.yaml", description: "What Stanch knows of this repository and of its processes." };
}
