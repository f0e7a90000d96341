import type { Role } from "./api";

/** The roles, the strongest first; each may do what those after it may. */
export const roles: readonly { role: Role; may: string }[] = [
  { role: "owner", may: "Everything, owners included" },
  { role: "admin", may: "People, tokens and everything below" },
  { role: "publisher", may: "Publishes sites, and edits" },
  { role: "editor", may: "Changes sources and destinations" },
  { role: "viewer", may: "Sees everything, changes nothing" },
];

/** Reports whether somebody with role `have` may do what needs `need`. */
export function allows(have: Role, need: Role): boolean {
  const order = roles.map((r) => r.role);
  const i = order.indexOf(have);
  return i >= 0 && i <= order.indexOf(need);
}
