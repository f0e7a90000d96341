import type { Source } from "../api";

// Hues apart enough to tell sources from one another in light and dark.
const colors = ["var(--hue-track)", "var(--hue-identify)", "var(--hue-group)", "var(--hue-page)", "var(--hue-alias)"];

/** A colour for each of the busiest sources; the others share one. */
export function sourceColors(sources: readonly Source[]): { id: string; label: string; color: string }[] {
  const busiest = [...sources].sort((a, b) => b.events24h - a.events24h || a.id.localeCompare(b.id));
  const named = busiest.slice(0, colors.length).map((s, i) => ({ id: s.id, label: s.name, color: colors[i]! }));
  return busiest.length > colors.length ? [...named, { id: "(others)", label: "Others", color: "var(--border-strong)" }] : named;
}

/** Reports whether events with this outcome went no further. */
export const isStopped = (outcome: string) => outcome === "blocked" || outcome === "refused";
