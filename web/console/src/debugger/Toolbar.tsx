import { ActionIcon, Button, NativeSelect, TextInput, Tooltip } from "@mantine/core";
import { IconClearAll, IconPlayerPause, IconPlayerPlay, IconSearch, IconX } from "@tabler/icons-react";
import { useEffect, useState, type RefObject } from "react";
import type { EventBuffer } from "./eventBuffer";
import type { Filter } from "./filter";
import classes from "./Toolbar.module.css";
import type { Connection } from "./useEvents";

interface Props {
  filter: Filter;
  set: (change: Partial<Filter>) => void;
  names: { name: string; n: number }[];
  buffer: EventBuffer;
  shown: number;
  connection: Connection;
  toggle: () => void;
  clear: () => void;
  search: RefObject<HTMLInputElement | null>;
}

const types = ["track", "identify", "page", "screen", "group", "alias"];

/** Narrows the list, holds it still, and says how fresh it is. */
export function Toolbar({ filter, set, names, buffer, shown, connection, toggle, clear, search }: Props) {
  const [q, setQ] = useState(filter.q ?? "");
  useEffect(() => setQ(filter.q ?? ""), [filter.q]);
  return (
    <div className={classes.toolbar}>
      <TextInput
        ref={search}
        className={classes.search}
        size="xs"
        aria-label="Search in the raw payload"
        placeholder="Search in the raw payload"
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={q ? <ActionIcon size="xs" variant="subtle" color="gray" aria-label="Clear search" onClick={() => set({ q: undefined })}><IconX size={13} /></ActionIcon> : <kbd className={classes.key} aria-hidden>/</kbd>}
        value={q}
        onChange={(e) => {
          setQ(e.currentTarget.value);
          set({ q: e.currentTarget.value || undefined });
        }}
        onKeyDown={(e) => e.key === "Escape" && e.currentTarget.blur()}
      />
      <NativeSelect size="xs" aria-label="Type" value={filter.type ?? ""} onChange={(e) => set({ type: e.currentTarget.value || undefined })} data={[{ value: "", label: "All types" }, ...types]} />
      <NativeSelect
        size="xs"
        className={classes.name}
        aria-label="Name"
        value={filter.name ?? ""}
        onChange={(e) => set({ name: e.currentTarget.value || undefined })}
        data={[
          { value: "", label: "All names" },
          ...(filter.name && !names.some((n) => n.name === filter.name) ? [filter.name] : []),
          ...names.slice(0, 300).map((n) => ({ value: n.name, label: `${n.name} (${n.n})` })),
        ]}
      />
      <NativeSelect
        size="xs"
        aria-label="Status"
        value={filter.status ?? ""}
        onChange={(e) => set({ status: (e.currentTarget.value || undefined) as Filter["status"] })}
        data={[{ value: "", label: "Any status" }, { value: "passed", label: "Went on" }, { value: "stopped", label: "Stopped" }]}
      />
      <div className={classes.end}>
        <span className={classes.state} data-state={buffer.paused ? "paused" : connection} role="status">
          <i aria-hidden />
          {buffer.paused ? "Paused" : connection === "live" ? "Live" : connection === "broken" ? "Reconnecting" : "Connecting"}
          <span className={classes.count}>{shown.toLocaleString("en")}</span>
        </span>
        {buffer.dropped > 0 && <Tooltip label="They came faster than this page could take them. The counters have them all."><span className={classes.dropped}>{buffer.dropped} not shown</span></Tooltip>}
        <Tooltip label="Empty this list; nothing is deleted">
          <ActionIcon variant="subtle" color="gray" aria-label="Empty the list" onClick={clear}><IconClearAll size={16} /></ActionIcon>
        </Tooltip>
        <Button
          size="xs"
          variant={buffer.paused ? "filled" : "default"}
          leftSection={buffer.paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={toggle}
        >
          {buffer.paused ? (buffer.waiting.length > 0 ? `Resume · ${buffer.waiting.length} new` : "Resume") : "Pause"}
        </Button>
      </div>
    </div>
  );
}
