import type { Syntax } from "../languages/language";

/** A body made readable: JSON is set on lines of its own, the rest stays as it is. */
export function bodyOf(body: string, truncated = false): { text: string; syntax: Syntax } {
  const rest = truncated ? "\n… (cut)" : "";
  try {
    return { text: JSON.stringify(JSON.parse(body), null, 2) + rest, syntax: "json" };
  } catch {
    return { text: body + rest, syntax: "text" };
  }
}

/** The lines of headers, in the order of their names. */
export function headerLines(headers: Record<string, string[] | null>): [string, string][] {
  return Object.keys(headers)
    .sort()
    .flatMap((name) => (headers[name] ?? []).map((v): [string, string] => [name, v]));
}
