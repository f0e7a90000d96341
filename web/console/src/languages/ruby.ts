import type { Language, Target } from "./language";
import { fieldsOf, literal, type Notation } from "./literal";

// In double quotes "#{" would run code, so texts are written in single quotes.
const single = (s: string) => `'${s.replace(/[\\']/g, (c) => `\\${c}`)}'`;
const snake = (s: string) => s.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

const notation: Notation = {
  null: "nil", true: "true", false: "false", text: single,
  key: (s) => (/^[a-z_][A-Za-z0-9_]*$/.test(s) ? `${s}: ` : `${single(s)} => `),
  object: ["{ ", " }"], array: ["[", "]"], empty: "{}", indent: "  ",
};

const address = (t: Target) => new URL(t.origin);

/** Ruby, by `analytics-ruby`. */
export const ruby: Language = {
  id: "ruby",
  label: "Ruby",
  syntax: "python",
  steps: (t) => [
    { title: "Add to your Gemfile", code: "gem 'analytics-ruby', '~> 2.5', require: 'segment/analytics'", syntax: "python" },
    {
      title: "Send",
      code: `require 'segment/analytics'

analytics = Segment::Analytics.new(
  write_key: ${single(t.writeKey)},
  host: ${single(address(t).hostname)},
  port: ${address(t).port || (address(t).protocol === "https:" ? 443 : 80)},
  ssl: ${address(t).protocol === "https:"}
)

analytics.track(
  user_id: 'user-123',
  event: 'Signed Up',
  properties: { plan: 'pro' }
)

analytics.flush # before the process ends`,
      syntax: "python",
    },
  ],
  pretty: (c) =>
    `analytics.${c.type || "track"}(\n${Object.entries(fieldsOf(c)).map(([k, v]) => `  ${snake(k)}: ${literal(v, notation, "  ")}`).join(",\n")}\n)`,
};
