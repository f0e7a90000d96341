const verbs: Record<string, string> = {
  created: "created",
  updated: "changed",
  deleted: "deleted",
  resent: "sent failed deliveries again of",
  writekey_added: "added a write key to",
  writekey_removed: "removed a write key from",
};

/** What an entry of the audit trail says: "changed source". */
export function describe(type: string): string {
  const [what = "", done = ""] = type.split(/\.(?=[^.]*$)/);
  return `${verbs[done] ?? done.replaceAll("_", " ")} ${what.replaceAll("_", " ")}`.trim();
}

/** What an entry is about, by the name that people know it by. */
export function subject(e: { resourceName: string; resourceId: string; detail: Record<string, unknown> | null }): string {
  const known = e.resourceName !== e.resourceId ? e.resourceName : "";
  const told = [e.detail?.name, e.detail?.email].find((v): v is string => typeof v === "string" && v !== "");
  return known || told || e.resourceId;
}

/** One change of a field: before and after, or one value. */
export interface Line {
  field: string;
  from?: string;
  to: string;
}

const shown = (v: unknown) => (v === null || v === undefined || v === "" ? "–" : typeof v === "string" ? v : Array.isArray(v) && v.every((x) => typeof x === "string") ? v.join(", ") : JSON.stringify(v));

// What somebody did not choose when they made a thing is not worth a word.
const dull = (l: Line) => l.field === "fromFile" || (l.from === "–" && l.to === "–");

/** The lines of an entry's detail. Pairs are what a field was and became. */
export function lines(detail: Record<string, unknown> | null): Line[] {
  const all = Object.entries(detail ?? {}).flatMap(([field, v]): Line[] => {
    if (field === "changes" && Array.isArray(v)) {
      return v.map((c: { field?: unknown; from?: unknown; to?: unknown }) => ({ field: String(c.field), from: shown(c.from), to: shown(c.to) }));
    }
    if (Array.isArray(v) && v.length === 2) return [{ field, from: shown(v[0]), to: shown(v[1]) }];
    return [{ field, to: shown(v) }];
  });
  return all.filter((l) => !dull(l)).map(({ from, ...l }) => (from === undefined || from === "–" ? l : { from, ...l }));
}
