import type { SeenEvent } from "../api";

/** What of a source's events the debugger shows; kept in the page's address. */
export interface Filter {
  type?: string;
  name?: string;
  /** "stopped" for all that did not go on, "passed" for the others. */
  status?: "stopped" | "passed";
  /** A text anywhere in the raw payload, in any case. */
  q?: string;
  /** The event that is open. */
  event?: string;
  view?: "raw";
}

const written = (v: unknown) => (typeof v === "string" || typeof v === "number" ? String(v) || undefined : undefined);

/** Reads a filter out of an address; what is not known is left out. */
export function filterFromSearch(s: Record<string, unknown>): Filter {
  const filter: Filter = {};
  const [type, name, q, event] = [written(s.type), written(s.name), written(s.q), written(s.event)];
  if (type) filter.type = type;
  if (name) filter.name = name;
  if (q) filter.q = q;
  if (event) filter.event = event;
  if (s.status === "stopped" || s.status === "passed") filter.status = s.status;
  if (s.view === "raw") filter.view = "raw";
  return filter;
}

const payloads = new WeakMap<SeenEvent, string>();

/** The payload as searched: written out once an event, however often one types. */
function searchable(e: SeenEvent): string {
  let s = payloads.get(e);
  if (s === undefined) {
    s = `${JSON.stringify(e.event)} ${e.reason}`.toLowerCase();
    payloads.set(e, s);
  }
  return s;
}

/** Writes payloads out before somebody types, so that the first letter is not slow. */
export function prepare(events: readonly SeenEvent[]) {
  events.forEach(searchable);
}

/** The events that a filter lets through, in their order. */
export function filtered(events: readonly SeenEvent[], f: Filter): SeenEvent[] {
  const q = f.q?.toLowerCase();
  return events.filter(
    (e) =>
      (!f.type || e.type === f.type) &&
      (!f.name || e.name === f.name) &&
      (!f.status || (e.reason !== "") === (f.status === "stopped")) &&
      (!q || searchable(e).includes(q)),
  );
}

/** The names that occur, the most frequent first. */
export function namesOf(events: readonly SeenEvent[]): { name: string; n: number }[] {
  const counted = new Map<string, number>();
  for (const e of events) if (e.name) counted.set(e.name, (counted.get(e.name) ?? 0) + 1);
  return [...counted].map(([name, n]) => ({ name, n })).sort((a, b) => b.n - a.n || a.name.localeCompare(b.name));
}

/** What an event is called in a list: its name, or who or what it is about. */
export function titleOf(e: Pick<SeenEvent, "type" | "name" | "event">): string {
  if (e.name) return e.name;
  const raw = (e.event ?? {}) as { userId?: unknown; anonymousId?: unknown; groupId?: unknown; properties?: { path?: unknown } };
  const text = (v: unknown) => (typeof v === "string" && v !== "" ? v : undefined);
  switch (e.type) {
    case "identify":
    case "alias":
      return text(raw.userId) ?? text(raw.anonymousId) ?? "(nobody)";
    case "group":
      return text(raw.groupId) ?? "(no group)";
    case "page":
      return text(raw.properties?.path) ?? "Page";
    default:
      return "(no name)";
  }
}
