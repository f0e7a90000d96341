import type { Field, Settings } from "../api";
import type { ApiError, Problem } from "../http";

/**
 * Reports whether a value stands for a stored secret: the server shows dots in
 * its place, and keeps what is stored when they are sent back.
 */
export const isStored = (value: unknown): boolean => typeof value === "string" && /^•+$/.test(value);

/** The settings that a new form starts with. */
export function defaults(fields: readonly Field[]): Settings {
  return Object.fromEntries(fields.filter((f) => f.default !== undefined && f.default !== null).map((f) => [f.key, f.default]));
}

/**
 * What is sent of a form: texts trimmed, empty entries of lists left out. What was
 * there before and is empty now becomes null, which removes it.
 */
export function toSend(fields: readonly Field[], values: Settings, before: Settings = {}): Settings {
  const out: Settings = {};
  for (const f of fields) {
    const value = cleaned(f, values[f.key]);
    if (value !== undefined) out[f.key] = value;
    else if (before[f.key] !== undefined && before[f.key] !== null) out[f.key] = null;
  }
  return out;
}

function cleaned(f: Field, value: unknown): unknown {
  switch (f.kind) {
    case "urls": {
      const list = (Array.isArray(value) ? value : [value]).map((v) => String(v ?? "").trim()).filter(Boolean);
      return list.length > 0 ? list : undefined;
    }
    case "map":
    case "headers": {
      const entries = Object.entries((value ?? {}) as Record<string, unknown>).filter(([k]) => k.trim() !== "");
      return entries.length > 0 ? Object.fromEntries(entries.map(([k, v]) => [k.trim(), v])) : undefined;
    }
    case "number":
      return value === "" || value === undefined || value === null ? undefined : Number(value);
    case "boolean":
      return value === undefined ? undefined : Boolean(value);
    case "secret":
      return value === "" || value === undefined || value === null ? undefined : value;
    default:
      return typeof value === "string" ? value.trim() || undefined : (value ?? undefined);
  }
}

/** What the server says about a field or an entry of it ("settings.url", "settings.url[1]"). */
export function errorOf(error: ApiError | undefined, key: string): string | undefined {
  const path = `settings.${key}`;
  const mine = error?.problems.filter((p: Problem) => p.field === path || p.field?.startsWith(`${path}[`) || p.field?.startsWith(`${path}.`));
  if (!mine?.length) return undefined;
  return mine.map((p) => (p.field === path ? p.message : `${p.field!.slice("settings.".length)}: ${p.message}`)).join(" ");
}

/** What is wrong apart from the fields of the form. */
export function errorBesides(error: ApiError | undefined, fields: readonly Field[], others: readonly string[] = []): string | undefined {
  if (!error) return undefined;
  const rest = error.problems.filter((p) => !others.includes(p.field ?? "") && !fields.some((f) => p.field === `settings.${f.key}` || p.field?.startsWith(`settings.${f.key}[`) || p.field?.startsWith(`settings.${f.key}.`)));
  if (rest.length > 0) return rest.map((p) => (p.field ? `${p.field}: ${p.message}` : p.message)).join(" ");
  return error.problems.length === 0 ? error.message : undefined;
}
