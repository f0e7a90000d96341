import type { Call, Language } from "./language";
import { fieldsOf } from "./literal";

// Within single quotes a shell reads everything as it is but the quote itself.
const shellQuoted = (s: string) => `'${s.replaceAll("'", `'\\''`)}'`;

const placeholder = "$SECANT";

/** Plain HTTP, by curl. */
export const http: Language = {
  id: "http",
  label: "HTTP",
  syntax: "shell",
  note: () => "Anything that can make an HTTP request. The write key is the user name, the password is empty.",
  steps: (t) => [
    {
      title: "Send one event",
      code: `curl ${t.origin}/v1/track \\
  -u '${t.writeKey}:' \\
  -H 'Content-Type: application/json' \\
  -d '{
    "userId": "user-123",
    "event": "Signed Up",
    "properties": {"plan": "pro"}
  }'`,
      syntax: "shell",
    },
    {
      title: "Or several at once",
      code: `curl ${t.origin}/v1/batch \\
  -u '${t.writeKey}:' \\
  -H 'Content-Type: application/json' \\
  -d '{
    "batch": [
      {"type": "identify", "userId": "user-123", "traits": {"email": "ada@example.com"}},
      {"type": "track", "userId": "user-123", "event": "Signed Up"}
    ]
  }'`,
      syntax: "shell",
    },
  ],
  pretty: (c: Call) => `curl ${placeholder}/v1/${c.type || "track"} \\\n  -u "$WRITE_KEY:" \\\n  -d ${shellQuoted(JSON.stringify(fieldsOf(c), null, 2))}`,
};

/** An image address for e-mails and pages without scripts. */
export const pixel: Language = {
  id: "pixel",
  label: "Pixel",
  syntax: "html",
  note: () => "For e-mails and pages that cannot run scripts. It always answers with a transparent image.",
  steps: (t) => [
    {
      title: "Put this image where the event happens",
      code: `<img width="1" height="1" alt="" src="${t.origin}/v1/pixel/track?writeKey=${t.writeKey}&amp;userId=user-123&amp;event=Email%20Opened&amp;properties.campaign=welcome">`,
      syntax: "html",
    },
  ],
  pretty: (c) => `GET /v1/pixel/${c.type || "track"}?${dotted(fieldsOf(c)).map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join("\n  &")}`,
};

/** Flattens nested fields into the dotted names that the pixel takes. */
function dotted(value: unknown, at = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return [[at, String(value)]];
  return Object.entries(value).flatMap(([k, v]) => dotted(v, at ? `${at}.${k}` : k));
}
