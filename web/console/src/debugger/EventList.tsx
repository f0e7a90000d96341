import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { SeenEvent } from "../api";
import classes from "./EventList.module.css";
import { EventRow } from "./EventRow";

const rowHeight = 38;

interface Props {
  events: SeenEvent[];
  selected: string | undefined;
  onSelect: (id: string) => void;
}

/** The events, the newest on top. Only what is in sight is in the page. */
export function EventList({ events, selected, onSelect }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => events[i]!.id,
    overscan: 12,
  });

  // What arrives comes on top. Whoever has scrolled down keeps their place.
  const anchor = useRef<{ id: string | undefined; at: number }>({ id: undefined, at: 0 });
  useLayoutEffect(() => {
    const f = frame.current;
    const { id, at } = anchor.current;
    if (f && id !== undefined && f.scrollTop > 0) {
      const now = events.findIndex((e) => e.id === id);
      if (now > at) f.scrollTop += (now - at) * rowHeight;
    }
    const at0 = Math.floor((f?.scrollTop ?? 0) / rowHeight);
    anchor.current = { id: events[at0]?.id, at: at0 };
  }, [events]);
  const remember = () => {
    const at = Math.floor((frame.current?.scrollTop ?? 0) / rowHeight);
    anchor.current = { id: events[at]?.id, at };
  };

  useEffect(() => {
    const i = selected === undefined ? -1 : events.findIndex((e) => e.id === selected);
    if (i >= 0) rows.scrollToIndex(i, { align: "auto" });
    // Only when another event is chosen: arrivals must not move the list.
  }, [selected]);

  return (
    <div
      ref={frame}
      className={classes.frame}
      role="listbox"
      aria-label="Events, the newest first"
      aria-activedescendant={selected === undefined ? undefined : `event-${selected}`}
      tabIndex={0}
      onScroll={remember}
    >
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map((row) => {
          const event = events[row.index]!;
          return (
            <div key={event.id} className={classes.slot} style={{ transform: `translateY(${row.start}px)`, height: rowHeight }}>
              <EventRow event={event} selected={event.id === selected} onSelect={onSelect} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
