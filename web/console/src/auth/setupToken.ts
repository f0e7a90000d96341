/**
 * Reads the one-time token out of what somebody has: the link that the server
 * printed (`/setup#token=…` or `/setup?token=…`) or the token itself.
 */
export function setupToken(input: string): string {
  const found = /[#?&]token=([^&#\s]+)/.exec(input);
  return found ? decodeURIComponent(found[1]!) : input.trim();
}
