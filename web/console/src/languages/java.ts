import type { Call, Language } from "./language";
import { literal, quoted, type Notation } from "./literal";

const notation: Notation = {
  null: "null", true: "true", false: "false", text: quoted,
  key: (s) => `${quoted(s)}, `, object: ["Map.of(", ")"], array: ["List.of(", ")"],
};

function pretty(c: Call): string {
  const type = c.type ? c.type[0]!.toUpperCase() + c.type.slice(1) : "Track";
  const first = { track: c.event, page: c.name, screen: c.name, group: c.groupId, alias: c.previousId }[c.type];
  const lines = [`${type}Message.builder(${first === undefined ? "" : quoted(first)})`];
  if (c.userId !== undefined) lines.push(`    .userId(${quoted(c.userId)})`);
  else if (c.anonymousId !== undefined) lines.push(`    .anonymousId(${quoted(c.anonymousId)})`);
  if (c.properties !== undefined) lines.push(`    .properties(${literal(c.properties, notation, "    ")})`);
  if (c.traits !== undefined) lines.push(`    .traits(${literal(c.traits, notation, "    ")})`);
  return `analytics.enqueue(${lines.join("\n")}\n);`;
}

/** Java, by `analytics-java`. */
export const java: Language = {
  id: "java",
  label: "Java",
  syntax: "c",
  steps: (t) => [
    {
      title: "Add to your pom.xml",
      code: `<dependency>
  <groupId>com.segment.analytics.java</groupId>
  <artifactId>analytics</artifactId>
  <version>3.5.4</version>
</dependency>`,
      syntax: "html",
    },
    {
      title: "Send",
      code: `Analytics analytics = Analytics.builder(${quoted(t.writeKey)})
    .endpoint(${quoted(t.origin)})
    .build();

analytics.enqueue(TrackMessage.builder("Signed Up")
    .userId("user-123")
    .properties(Map.of("plan", "pro"))
);

analytics.flush(); // before the process ends`,
      syntax: "c",
    },
  ],
  pretty,
};
