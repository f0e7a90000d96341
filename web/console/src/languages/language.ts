/** Where a source's events go: filled into code that people copy. */
export interface Target {
  /** Origin of the server, without a trailing slash: `https://cdp.example.com`. */
  origin: string;
  writeKey: string;
}

export interface Step {
  title: string;
  code: string;
  /** Names the rules of colour: see ui/highlight.ts. */
  syntax: Syntax;
}

export type Syntax = "js" | "shell" | "c" | "python" | "html" | "json" | "text";

/** A spec call as it was made, as far as the event tells. */
export interface Call {
  type: string;
  userId?: string;
  anonymousId?: string;
  event?: string;
  name?: string;
  category?: string;
  groupId?: string;
  previousId?: string;
  properties?: unknown;
  traits?: unknown;
}

/** One way to send events: how to install it, and how its calls look. */
export interface Language {
  id: string;
  label: string;
  syntax: Syntax;
  /** What its calls are in, when that is not the label. */
  calls?: string;
  /** A remark for a newcomer, shown above the steps. */
  note?: (t: Target) => string | undefined;
  steps: (t: Target) => Step[];
  /** The call that would make this event: approximate, and text only. */
  pretty: (c: Call) => string;
}
