import type { SeenEvent } from "../api";

/** How many events a page keeps; older ones go. */
export const capacity = 10_000;

/**
 * The events a page has seen, the newest first. While it is paused, what
 * arrives waits outside of the display and is only counted.
 */
export interface EventBuffer {
  shown: SeenEvent[];
  waiting: SeenEvent[];
  paused: boolean;
  /** How many the server left out because this page was too slow. */
  dropped: number;
}

export const emptyBuffer: EventBuffer = { shown: [], waiting: [], paused: false, dropped: 0 };

/** Adds what arrived, in the order of arrival. What is already there is left out. */
export function arrived(b: EventBuffer, events: readonly SeenEvent[]): EventBuffer {
  const known = new Set<string>();
  for (const e of b.shown) known.add(e.id);
  for (const e of b.waiting) known.add(e.id);
  const fresh: SeenEvent[] = [];
  for (const e of events) {
    if (known.has(e.id)) continue;
    known.add(e.id);
    fresh.unshift(e);
  }
  if (fresh.length === 0) return b;
  return b.paused ? { ...b, waiting: [...fresh, ...b.waiting].slice(0, capacity) } : { ...b, shown: [...fresh, ...b.shown].slice(0, capacity) };
}

/** Adds the list that the server kept, the newest first, behind what has arrived since. */
export function loaded(b: EventBuffer, list: readonly SeenEvent[]): EventBuffer {
  const known = new Set(b.shown.map((e) => e.id));
  const shown = [...b.shown, ...list.filter((e) => !known.has(e.id))];
  shown.sort((x, y) => Date.parse(y.receivedAt) - Date.parse(x.receivedAt));
  return { ...b, shown: shown.slice(0, capacity) };
}

export const paused = (b: EventBuffer): EventBuffer => ({ ...b, paused: true });

/** Goes on, with what has waited. */
export const resumed = (b: EventBuffer): EventBuffer => ({ ...b, paused: false, shown: [...b.waiting, ...b.shown].slice(0, capacity), waiting: [] });

export const cleared = (b: EventBuffer): EventBuffer => ({ ...b, shown: [], waiting: [], dropped: 0 });

export const dropped = (b: EventBuffer, n: number): EventBuffer => ({ ...b, dropped: b.dropped + n });
