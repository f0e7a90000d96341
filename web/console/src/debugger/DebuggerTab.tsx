import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { IconFilterOff, IconRadar2 } from "@tabler/icons-react";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useMemo, useRef } from "react";
import { sourceQuery } from "../queries";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Notice } from "../ui/Notice";
import classes from "./DebuggerTab.module.css";
import { EventDetail } from "./EventDetail";
import { EventList } from "./EventList";
import { filtered, namesOf, type Filter } from "./filter";
import { Toolbar } from "./Toolbar";
import { useEvents } from "./useEvents";
import { useKeys } from "./useKeys";

/** What a source sends, live. */
export function DebuggerTab() {
  const { id } = useParams({ from: "/shell/sources/$id/debugger" });
  const filter = useSearch({ from: "/shell/sources/$id/debugger" });
  const navigate = useNavigate();
  const { data: source } = useQuery(sourceQuery(id));
  const { buffer, connection, loading, error, toggle, clear } = useEvents(id);
  const search = useRef<HTMLInputElement>(null);

  const set = useCallback(
    (change: Partial<Filter>) => void navigate({ to: "/sources/$id/debugger", params: { id }, search: (s) => strip({ ...s, ...change }), replace: true }),
    [navigate, id],
  );
  // Typing stays quick: the list follows when there is time.
  const deferred = useDeferredValue(filter);
  const events = useMemo(() => filtered(buffer.shown, deferred), [buffer.shown, deferred]);
  const names = useMemo(() => namesOf(buffer.shown), [buffer.shown]);
  const selected = filter.event === undefined ? undefined : buffer.shown.find((e) => e.id === filter.event);
  const select = useCallback((event: string | undefined) => set({ event }), [set]);

  useKeys({ events, selected: filter.event, select, toggle, search });

  const narrowed = Boolean(filter.type || filter.name || filter.status || filter.q);
  return (
    <div className={classes.debugger} data-open={selected ? true : undefined}>
      <div className={classes.toolbar}>
        <Toolbar filter={filter} set={set} names={names} buffer={buffer} shown={events.length} connection={connection} toggle={toggle} clear={clear} search={search} />
      </div>
      <div className={classes.list}>
        {error !== undefined && <div className={classes.pad}><Failure error={error} /></div>}
        {filter.event !== undefined && !selected && !loading && (
          <div className={classes.pad}><Notice tone="warn">The event of this link is no longer kept here: a source keeps its last 500 events.</Notice></div>
        )}
        {loading && buffer.shown.length === 0 ? <Loading rows={8} /> : events.length > 0 ? (
          <EventList events={events} selected={filter.event} onSelect={select} />
        ) : narrowed && buffer.shown.length > 0 ? (
          <Empty icon={<IconFilterOff size={22} />} title="No event fits" action={<Button variant="default" onClick={() => set({ type: undefined, name: undefined, status: undefined, q: undefined })}>Show all events</Button>}>
            None of the {buffer.shown.length} events here passes the filter. New ones that do will appear.
          </Empty>
        ) : (
          <Empty icon={<IconRadar2 size={22} />} title="Waiting for events" action={<Button component={Link} to={`/sources/${id}/connect`}>Show the code to install</Button>}>
            Each event appears here the moment it arrives, also those that are stopped, with the reason.
          </Empty>
        )}
      </div>
      {selected && (
        <div className={classes.detail}>
          <EventDetail event={selected} kind={source?.type ?? "http"} view={filter.view} onView={(view) => set({ view })} onFind={(q) => set({ q })} onClose={() => select(undefined)} />
        </div>
      )}
    </div>
  );
}

/** Leaves out what is not set, so that addresses stay short. */
function strip(f: Filter): Filter {
  return Object.fromEntries(Object.entries(f).filter(([, v]) => v !== undefined && v !== "")) as Filter;
}
