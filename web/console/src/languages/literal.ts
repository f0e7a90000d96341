/** How a language writes values down. */
export interface Notation {
  null: string;
  true: string;
  false: string;
  /** Writes a text, quotes included. */
  text: (s: string) => string;
  /** Writes a key with what follows it: `"name": `. */
  key: (s: string) => string;
  object: [open: string, close: string];
  array: [open: string, close: string];
  /** Written for an object without entries, when open and close do not do. */
  empty?: string;
  indent?: string;
  /** Whether a comma may follow the last entry on a line of its own. */
  trailing?: boolean;
}

/** A text in double quotes, escaped the way most languages read it. */
export const quoted = (s: string) => JSON.stringify(s).replace(/[\u2028\u2029\u007f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Like quoted, where a dollar sign would start an interpolation. */
export const quotedDollar = (s: string) => quoted(s).replaceAll("$", "\\$");

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** The object literals of JavaScript. */
export const javascript: Notation = {
  null: "null",
  true: "true",
  false: "false",
  text: quoted,
  key: (s) => `${identifier.test(s) ? s : quoted(s)}: `,
  object: ["{", "}"],
  array: ["[", "]"],
  indent: "  ",
};

/** Writes value in a notation, one entry a line when it would not fit on one. */
export function literal(value: unknown, n: Notation, indent = "", width = 60): string {
  if (value === null || value === undefined) return n.null;
  if (value === true) return n.true;
  if (value === false) return n.false;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return n.text(value);
  const step = n.indent ?? "    ";
  const inner = indent + step;
  const [open, close] = Array.isArray(value) ? n.array : n.object;
  const parts = Array.isArray(value)
    ? value.map((v) => literal(v, n, inner, width))
    : Object.entries(value as object).map(([k, v]) => n.key(k) + literal(v, n, inner, width));
  if (parts.length === 0) return !Array.isArray(value) && n.empty !== undefined ? n.empty : open + close;
  const line = open + parts.join(", ") + close;
  if (!line.includes("\n") && line.length <= width && parts.length <= 2) return line;
  return `${open}\n${parts.map((p) => inner + p).join(",\n")}${n.trailing ? "," : ""}\n${indent}${close}`;
}

/** Leaves out the fields that are not there. */
export function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
}

/** The fields of a call in the order SDKs that take one object document them. */
export function fieldsOf(c: import("./language").Call): Record<string, unknown> {
  const { userId, anonymousId, previousId, groupId, event, name, category, properties, traits } = c;
  return given({ userId, anonymousId: userId === undefined ? anonymousId : undefined, previousId, groupId, event, category, name, properties, traits });
}
