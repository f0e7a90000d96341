import { Link } from "@tanstack/react-router";
import type { Source } from "../api";
import { titleOf } from "../debugger/filter";
import { TypeMark } from "../debugger/TypeMark";
import { useEvents } from "../debugger/useEvents";
import { Panel } from "../ui/Panel";
import { absolute, clock } from "../ui/time";
import classes from "./LiveEvents.module.css";

const most = 8;

/** The newest events of all sources, as they arrive; each opens in its source's debugger. */
export function LiveEvents({ sources }: { sources: Source[] }) {
  const { buffer, connection, error } = useEvents("", most);
  const names = new Map(sources.map((s) => [s.id, s.name]));
  const events = buffer.shown.slice(0, most);
  return (
    <Panel flush title="Live" actions={<span className={classes.state} data-live={connection === "live" || undefined}>{connection === "broken" || error ? "connecting again" : "as they arrive"}</span>}>
      {events.length === 0 ? (
        <p className={classes.none}>Events of all sources appear here the moment they are safe.</p>
      ) : (
        <ol className={classes.list} aria-label="Newest events">
          {events.map((e) => (
            <li key={e.id}>
              <Link to="/sources/$id/debugger" params={{ id: e.source }} search={{ event: e.id }} className={classes.row} data-stopped={e.reason !== "" || undefined}>
                <TypeMark type={e.type} />
                <span className={classes.title}>{titleOf(e)}</span>
                <span className={classes.source}>{e.reason || (names.get(e.source) ?? e.source)}</span>
                <time className={classes.time} dateTime={e.receivedAt} title={absolute(new Date(e.receivedAt))}>{clock(new Date(e.receivedAt))}</time>
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
