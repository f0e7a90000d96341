import type { Call, Language } from "./language";
import { fieldsOf, literal, quoted, type Notation } from "./literal";

const notation: Notation = {
  null: "nil",
  true: "true",
  false: "false",
  text: quoted,
  key: (s) => `${quoted(s)}: `,
  object: ["map[string]interface{}{", "}"],
  array: ["[]interface{}{", "}"],
  indent: "\t",
  trailing: true,
};

const typed: Record<string, string> = { properties: "analytics.Properties{", traits: "analytics.Traits{" };
const named: Record<string, string> = { userId: "UserId", anonymousId: "AnonymousId", previousId: "PreviousId", groupId: "GroupId", event: "Event", name: "Name", properties: "Properties", traits: "Traits" };

function pretty(c: Call): string {
  const type = c.type ? c.type[0]!.toUpperCase() + c.type.slice(1) : "Track";
  const lines = Object.entries(fieldsOf(c))
    .filter(([key]) => key in named)
    .map(([key, value]) => {
      const open = typed[key];
      const n = open && typeof value === "object" ? { ...notation, object: [open, "}"] as [string, string] } : notation;
      return `\t${named[key]}: ${open && typeof value === "object" ? top(value as object, n) : literal(value, notation, "\t")},`;
    });
  return `client.Enqueue(analytics.${type}{\n${lines.join("\n")}\n})`;
}

/** Writes the outer map with its own type and what is inside as plain maps. */
function top(value: object, n: Notation): string {
  const entries = Object.entries(value).map(([k, v]) => `\t\t${quoted(k)}: ${literal(v, notation, "\t\t")},`);
  return `${n.object[0]}\n${entries.join("\n")}\n\t}`;
}

/** Go, by `analytics-go`. */
export const go: Language = {
  id: "go",
  label: "Go",
  syntax: "c",
  steps: (t) => [
    { title: "Install", code: "go get gopkg.in/segmentio/analytics-go.v3", syntax: "shell" },
    {
      title: "Send",
      code: `package main

import (
	"log"

	analytics "gopkg.in/segmentio/analytics-go.v3"
)

func main() {
	client, err := analytics.NewWithConfig(${quoted(t.writeKey)}, analytics.Config{
		Endpoint: ${quoted(t.origin)},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close() // sends what is left

	client.Enqueue(analytics.Track{
		UserId:     "user-123",
		Event:      "Signed Up",
		Properties: analytics.NewProperties().Set("plan", "pro"),
	})
}`,
      syntax: "c",
    },
  ],
  pretty,
};
