import type { Call, Language } from "./language";
import { literal, quoted, type Notation } from "./literal";

const notation: Notation = {
  null: "None", true: "True", false: "False", text: quoted,
  key: (s) => `${quoted(s)}: `, object: ["{", "}"], array: ["[", "]"],
};

function pretty(c: Call): string {
  const list: string[] = [];
  const add = (name: string, value: unknown) => value !== undefined && list.push(`${name}=${literal(value, notation, "    ")}`);
  if (c.type === "alias") {
    add("previous_id", c.previousId);
    add("user_id", c.userId);
  } else {
    add("user_id", c.userId);
    if (c.userId === undefined) add("anonymous_id", c.anonymousId);
    add("group_id", c.groupId);
    add("event", c.event);
    add("category", c.category);
    add("name", c.name);
    add("properties", c.properties);
    add("traits", c.traits);
  }
  return `analytics.${c.type || "track"}(\n${list.map((l) => `    ${l},`).join("\n")}\n)`;
}

/** Python, by `segment-analytics-python`. */
export const python: Language = {
  id: "python",
  label: "Python",
  syntax: "python",
  steps: (t) => [
    { title: "Install", code: "pip install segment-analytics-python", syntax: "shell" },
    {
      title: "Send",
      code: `import segment.analytics as analytics

analytics.write_key = ${quoted(t.writeKey)}
analytics.host = ${quoted(t.origin)}

analytics.track(
    user_id="user-123",
    event="Signed Up",
    properties={"plan": "pro"},
)

analytics.flush()  # before the process ends`,
      syntax: "python",
    },
  ],
  pretty,
};
