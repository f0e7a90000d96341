import { useSuspenseQuery } from "@tanstack/react-query";
import type { Role } from "../api";
import { allows } from "../role";
import { meQuery } from "../queries";

/** Who is signed in. Only inside the shell, which loads it before it shows. */
export function useMe() {
  return useSuspenseQuery(meQuery).data;
}

/** Reports whether the person may do what needs the role. */
export function useMay(need: Role): boolean {
  return allows(useMe().user.role, need);
}

/** Where events are sent, without a slash at the end: it need not be where the console is. */
export function useEventsOrigin(): string {
  return (useMe().publicUrl || location.origin).replace(/\/+$/, "");
}
