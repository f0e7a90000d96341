import { useEffect, type RefObject } from "react";
import type { SeenEvent } from "../api";

interface Options {
  events: SeenEvent[];
  selected: string | undefined;
  select: (id: string | undefined) => void;
  toggle: () => void;
  search: RefObject<HTMLInputElement | null>;
}

/** The debugger's keys: j k and arrows move, / searches, space pauses, Escape closes. */
export function useKeys({ events, selected, select, toggle, search }: Options) {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const target = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || target.closest("input, textarea, select, [contenteditable], dialog, [role=menu]")) return;
      const move = e.key === "j" || e.key === "ArrowDown" ? 1 : e.key === "k" || e.key === "ArrowUp" ? -1 : 0;
      if (move !== 0) {
        const at = events.findIndex((x) => x.id === selected);
        const next = events[at < 0 ? 0 : Math.min(Math.max(at + move, 0), events.length - 1)];
        if (next) select(next.id);
      } else if (e.key === "/") {
        search.current?.focus();
        search.current?.select();
      } else if (e.key === " " && !target.closest("button, a, [role=radio], [tabindex='0']:not([role=listbox])")) {
        toggle();
      } else if (e.key === "Escape" && selected !== undefined) {
        select(undefined);
      } else {
        return;
      }
      e.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [events, selected, select, toggle, search]);
}
