/** One thing that is wrong with a request, as the server says it. */
export interface Problem {
  type: string;
  message: string;
  field?: string;
  status?: number;
  data?: unknown;
}

/** A request that the server refused, or that did not reach it (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly problems: Problem[];

  constructor(status: number, problems: Problem[]) {
    super(problems.map((p) => p.message).join(" ") || `The server answered ${status}.`);
    this.status = status;
    this.problems = problems;
  }

  /** What is wrong with a field, for its form control. */
  field(name: string): string | undefined {
    return this.problems.find((p) => p.field === name)?.message;
  }

  /** What is wrong with the request apart from the named fields. */
  besides(fields: readonly string[]): string | undefined {
    const rest = this.problems.filter((p) => !p.field || !fields.includes(p.field));
    return rest.length > 0 ? rest.map((p) => (p.field ? `${p.field}: ${p.message}` : p.message)).join(" ") : undefined;
  }
}

/** Called when a request finds that nobody is signed in. */
let onSignedOut: () => void = () => {};

export function whenSignedOut(f: () => void) {
  onSignedOut = f;
}

/** Calls the management API and returns its `data`. Throws ApiError. */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      signal: signal ?? null,
      headers: {
        Accept: "application/json",
        ...(method === "GET" ? {} : { "X-Secant-Request": "1", "Content-Type": "application/json" }),
      },
      body: method === "GET" || method === "DELETE" ? null : JSON.stringify(body ?? {}),
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, [{ type: "unreachable", message: "The server cannot be reached. Check that secant is running, then try again." }]);
  }
  const text = await response.text();
  let document: { data?: T; errors?: Problem[] } = {};
  try {
    document = text ? (JSON.parse(text) as typeof document) : {};
  } catch {
    throw new ApiError(response.status, [{ type: "internal", message: `The server answered ${response.status} with something that is not JSON. Is a proxy in between?` }]);
  }
  if (!response.ok) {
    if (response.status === 401 && path !== "/login" && path !== "/setup" && path !== "/me") onSignedOut();
    throw new ApiError(response.status, document.errors ?? []);
  }
  return document.data as T;
}

/** Builds a query string from what is set. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") q.set(name, String(value));
  }
  const s = q.toString();
  return s ? `?${s}` : "";
}
