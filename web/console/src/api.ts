// The management API as the console uses it. Shapes and rules: docs/api.md.
import { call, query } from "./http";

export type Role = "owner" | "admin" | "publisher" | "editor" | "viewer";

export interface Me {
  user: { id: string; email: string; name: string; role: Role };
  kind: "user" | "token";
  version: string;
  publicUrl: string;
  demo: boolean;
  workspace: { id: string; slug: string; name: string };
}

export interface SourceKind {
  id: string;
  name: string;
  description: string;
  categories: string[];
  clientSide?: boolean;
}

export interface Source {
  id: string;
  name: string;
  enabled: boolean;
  writeKeys: string[];
  metadata: SourceKind;
  settings: { rateLimit?: number };
  type: string;
  fromFile: boolean;
  version: number;
  createdAt: string;
  updatedAt: string;
  lastEventAt: string | null;
  events24h: number;
}

export type FieldKind = "string" | "text" | "secret" | "url" | "urls" | "number" | "boolean" | "select" | "map" | "headers";

export interface Field {
  key: string;
  label: string;
  description?: string;
  kind: FieldKind;
  required?: boolean;
  secret?: boolean;
  default?: unknown;
  options?: { value: string; label: string }[] | null;
  placeholder?: string;
  min?: number | null;
  max?: number | null;
}

export interface DestinationKind {
  id: string;
  name: string;
  description: string;
  categories: string[];
  docs?: string;
  status?: string;
  fields: Field[];
}

export type Settings = Record<string, unknown>;

export type DestinationState = "ok" | "retrying" | "down" | "breaker_open" | "paused" | "invalid";

export interface DestinationStatus {
  state: DestinationState;
  since?: string | null;
  retryAt?: string | null;
  delivered: number;
  retrying: number;
  failed: number;
  filtered?: number;
  deadLetters: number;
  lastError: string;
  lastErrorReason?: string;
  lastErrorAt: string | null;
  lastDeliveredAt?: string | null;
  backlogAgeSeconds: number;
}

export interface Destination {
  id: string;
  name: string;
  enabled: boolean;
  sourceId: string;
  metadata: DestinationKind;
  settings: Settings;
  type: string;
  fromFile: boolean;
  version: number;
  createdAt: string;
  updatedAt: string;
  status: DestinationStatus;
}

export interface Exchange {
  request: { method: string; url: string; headers: Record<string, string[]>; body: string; bodyTruncated?: boolean };
  response: { status: number; headers: Record<string, string[]>; body: string; bodyTruncated?: boolean } | null;
  error: string;
  durationMs: number;
}

export interface TestResult {
  ok: boolean;
  error?: string;
  exchanges: Exchange[] | null;
}

export interface DeadLetter {
  id: string;
  at: string;
  messageId: string;
  type: string;
  name: string;
  attempts: number;
  reason: string;
  reasonText: string;
  error: string;
  event: unknown;
  exchange?: Exchange | null;
}

/** An event as the debugger shows it. `event` is the raw payload: a stranger's. */
export interface SeenEvent {
  id: string;
  source: string;
  type: string;
  name: string;
  messageId: string;
  userId: string;
  anonymousId: string;
  reason: string;
  reasonText: string;
  /** What is unusual about an event that went on; empty for most. */
  note: string;
  noteText: string;
  receivedAt: string;
  event: unknown;
}

export interface Count {
  at: string;
  source: string;
  type: string;
  name: string;
  destination: string;
  reason: string;
  reasonText?: string;
  outcome: string;
  n: number;
}

export interface RefusedKey {
  writeKey: string;
  reason: string;
  reasonText: string;
  n: number;
  lastAt: string;
}

export interface Person {
  id: string;
  email: string;
  name: string;
  role: Role;
  createdAt: string;
}

export interface Token {
  id: string;
  name: string;
  role: Role;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface AuditEvent {
  id: string;
  timestamp: string;
  type: string;
  actor: string;
  actorEmail: string;
  actorName?: string;
  actorKind: string;
  resourceId: string;
  resourceType: string;
  resourceName: string;
  detail: Record<string, unknown> | null;
}

interface Page {
  current?: string;
  next?: string;
  totalEntries?: number;
}

const at = (id: string) => encodeURIComponent(id);
const all = "pagination[count]=200";

// Signing in.
export const getSetup = () => call<{ needed: boolean }>("GET", "/setup");
export const setUp = (b: { token: string; email: string; name?: string; password: string }) => call<Me>("POST", "/setup", b);
export const logIn = (b: { email: string; password: string }) => call<Me>("POST", "/login", b);
export const logOut = () => call<unknown>("POST", "/logout");
export const getMe = () => call<Me>("GET", "/me");
export const changeMe = (b: { name?: string; currentPassword?: string; password?: string }) => call<unknown>("PATCH", "/me", b);

// Sources.
export const listSources = () => call<{ sources: Source[] }>("GET", `/sources?${all}`).then((d) => d.sources);
export const getSource = (id: string) => call<{ source: Source }>("GET", `/sources/${at(id)}`).then((d) => d.source);
export const createSource = (b: { name: string; metadataId: string }) => call<{ source: Source }>("POST", "/sources", b).then((d) => d.source);
export const changeSource = (id: string, b: { name?: string; enabled?: boolean; settings?: { rateLimit: number }; version?: number }) =>
  call<{ source: Source }>("PATCH", `/sources/${at(id)}`, b).then((d) => d.source);
export const deleteSource = (id: string) => call<unknown>("DELETE", `/sources/${at(id)}`);
export const addWriteKey = (id: string) => call<{ source: Source }>("POST", `/sources/${at(id)}/writekey`).then((d) => d.source);
export const removeWriteKey = (id: string, key: string) => call<unknown>("DELETE", `/sources/${at(id)}/writekey/${at(key)}`);
export const listSourceKinds = () => call<{ sourcesCatalog: SourceKind[] }>("GET", `/catalog/sources?${all}`).then((d) => d.sourcesCatalog);

// Destinations.
export const listDestinations = (source?: string) =>
  call<{ destinations: Destination[] }>("GET", `/destinations?${all}${source ? `&source=${at(source)}` : ""}`).then((d) => d.destinations);
export const getDestination = (id: string) => call<{ destination: Destination }>("GET", `/destinations/${at(id)}`).then((d) => d.destination);
export const createDestination = (b: { name: string; sourceId: string; metadataId: string; settings: Settings; enabled?: boolean }) =>
  call<{ destination: Destination }>("POST", "/destinations", b).then((d) => d.destination);
export const changeDestination = (id: string, b: { name?: string; enabled?: boolean; settings?: Settings; version?: number }) =>
  call<{ destination: Destination }>("PATCH", `/destinations/${at(id)}`, b).then((d) => d.destination);
export const deleteDestination = (id: string) => call<unknown>("DELETE", `/destinations/${at(id)}`);
export const testDestination = (id: string, b: { settings?: Settings; event?: unknown }) => call<TestResult>("POST", `/destinations/${at(id)}/test`, b);
export const testDraft = (b: { metadataId: string; sourceId: string; settings: Settings; event?: unknown }) =>
  call<TestResult>("POST", "/destinations/test", b);
export const listDeadLetters = (id: string, cursor?: string) =>
  call<{ deadLetters: DeadLetter[]; pagination: Page }>("GET", `/destinations/${at(id)}/dead-letters${query({ "pagination[count]": 50, "pagination[cursor]": cursor })}`);
export const resend = (id: string, letter: string) => call<{ resent: number }>("POST", `/destinations/${at(id)}/dead-letters/${at(letter)}/resend`);
export const resendAll = (id: string) => call<{ resent: number }>("POST", `/destinations/${at(id)}/dead-letters/resend`);
export const listDestinationKinds = () =>
  call<{ destinationsCatalog: DestinationKind[] }>("GET", `/catalog/destinations?${all}`).then((d) => d.destinationsCatalog);

// Events and counters.
export const listEvents = (source: string, limit = 500) => call<{ events: SeenEvent[] }>("GET", `/events${query({ source, limit })}`).then((d) => d.events);
export const streamAddress = (source: string) => `/api/events/stream${query({ source })}`;

export interface CountsQuery {
  of?: "events" | "deliveries";
  source?: string;
  destination?: string;
  from: string;
  by: "minute" | "hour" | "day" | "total";
  group: string;
}

export const getCounts = (q: CountsQuery) => call<{ counts: Count[] }>("GET", `/counts${query({ ...q })}`).then((d) => d.counts);
export const listRefused = () => call<{ refused: RefusedKey[] }>("GET", "/refused").then((d) => d.refused);

// People, tokens, audit trail.
export const listPeople = () => call<{ users: Person[] }>("GET", `/users?${all}`).then((d) => d.users);
export const createPerson = (b: { email: string; name?: string; role: Role }) => call<{ user: Person; password?: string }>("POST", "/users", b);
export const changePerson = (id: string, b: { name?: string; role?: Role }) => call<{ user: Person }>("PATCH", `/users/${at(id)}`, b);
export const deletePerson = (id: string) => call<unknown>("DELETE", `/users/${at(id)}`);
export const listTokens = () => call<{ tokens: Token[] }>("GET", `/tokens?${all}`).then((d) => d.tokens);
export const createToken = (b: { name: string; role: Role; expiresAt?: string }) => call<{ token: Token; secret: string }>("POST", "/tokens", b);
export const deleteToken = (id: string) => call<unknown>("DELETE", `/tokens/${at(id)}`);
export const listAudit = (cursor?: string) =>
  call<{ events: AuditEvent[]; pagination: Page }>("GET", `/audit-events${query({ "pagination[count]": 50, "pagination[cursor]": cursor })}`);
