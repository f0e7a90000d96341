import type { Destination } from "../api";
import type { Tone } from "../ui/Tag";

export interface Health {
  label: string;
  tone: Tone;
  /** What it means and what to do; nothing when all is well. */
  advice?: string;
}

/** How a destination is doing, in words. */
export function healthOf(d: Destination): Health {
  const s = d.status;
  if (!d.enabled || s.state === "paused") return { label: "Off", tone: "neutral", advice: "Nothing is sent. Switched on, it starts with the events that arrive from then on." };
  switch (s.state) {
    case "invalid":
      return { label: "Needs settings", tone: "bad", advice: "Its settings do not fit. Events wait in the log until they are corrected on the Settings tab." };
    case "down":
    case "breaker_open":
      return { label: "Down", tone: "bad", advice: "It keeps failing, so nothing is sent until the next probe succeeds. Events wait in the log; none is lost." };
    case "retrying":
      return { label: "Retrying", tone: "warn", advice: "Some events wait for another try." };
    default:
      if (s.retrying > 0) return { label: "Retrying", tone: "warn", advice: "Some events wait for another try." };
      if (refuses(d)) return { label: "Failing", tone: "bad", advice: "It refuses what it is sent. Correct the cause, then send the failed deliveries again." };
      return { label: s.delivered > 0 ? "Delivering" : "Ready", tone: "ok" };
  }
}

/** Reports whether the last that was heard of a destination was a final refusal. */
function refuses({ status: s }: Destination): boolean {
  return s.failed > 0 && s.lastErrorAt !== null && (!s.lastDeliveredAt || s.lastDeliveredAt < s.lastErrorAt);
}

/** A span of seconds for people. */
export function span(seconds: number): string {
  if (seconds < 1) return "none";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
