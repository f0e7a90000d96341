import type { Call } from "./language";

const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : typeof v === "number" ? String(v) : undefined);

/** Reads the call out of a raw payload, which may be anything. */
export function callOf(event: unknown): Call {
  const e = (typeof event === "object" && event !== null ? event : {}) as Record<string, unknown>;
  const call: Call = { type: text(e.type) ?? "" };
  for (const key of ["userId", "anonymousId", "event", "name", "category", "groupId", "previousId"] as const) {
    const value = text(e[key]);
    if (value !== undefined) call[key] = value;
  }
  if (filled(e.properties)) call.properties = withoutPageContext(e.properties, e);
  if (filled(e.traits)) call.traits = e.traits;
  if (!filled(call.properties)) delete call.properties;
  return call;
}

function filled(v: unknown): boolean {
  return v !== undefined && v !== null && !(typeof v === "object" && Object.keys(v).length === 0);
}

/**
 * Leaves out the page properties that analytics.js copies from context.page:
 * nobody wrote them in the call.
 */
function withoutPageContext(properties: unknown, event: Record<string, unknown>): unknown {
  const page = (event.context as { page?: Record<string, unknown> } | undefined)?.page;
  if (event.type !== "page" || typeof page !== "object" || page === null || typeof properties !== "object" || properties === null) return properties;
  return Object.fromEntries(
    Object.entries(properties).filter(([key, value]) => page[key] !== value && event[key] !== value),
  );
}
