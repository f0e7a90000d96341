import type { Language } from "./language";
import { fieldsOf, javascript, literal, quoted } from "./literal";

/** Node.js, by `@segment/analytics-node`. */
export const node: Language = {
  id: "node",
  label: "Node.js",
  syntax: "js",
  steps: (t) => [
    { title: "Install", code: "npm install @segment/analytics-node", syntax: "shell" },
    {
      title: "Send",
      code: `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({
  writeKey: ${quoted(t.writeKey)},
  host: ${quoted(t.origin)},
});

analytics.track({
  userId: "user-123",
  event: "Signed Up",
  properties: { plan: "pro" },
});

await analytics.closeAndFlush(); // before the process ends`,
      syntax: "js",
    },
  ],
  pretty: (c) => `analytics.${c.type || "track"}(${literal(fieldsOf(c), javascript, "", 0)});`,
};
