import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { IconArrowRight } from "@tabler/icons-react";
import type { Source } from "../api";
import { titleOf } from "../debugger/filter";
import { TypeMark } from "../debugger/TypeMark";
import { useEvents } from "../debugger/useEvents";
import { Ago } from "../ui/Ago";
import classes from "./FirstEvent.module.css";

/** Waits for the source's first event and shows it the moment it is there. */
export function FirstEvent({ source }: { source: Source }) {
  const { buffer, loading } = useEvents(source.id, 5);
  const latest = buffer.shown.slice(0, 4);
  if (latest.length === 0) {
    return (
      <section className={classes.card} aria-live="polite">
        <div className={classes.radar} aria-hidden><i /><i /><i /></div>
        <h2 className={classes.title}>{loading ? "Listening" : "Waiting for the first event"}</h2>
        <p className={classes.text}>Install the code and open your site or run your program. The event appears here by itself.</p>
      </section>
    );
  }
  return (
    <section className={classes.card} data-done aria-live="polite">
      <h2 className={classes.title}><span className={classes.tick} aria-hidden>✓</span> Events arrive</h2>
      <ul className={classes.events}>
        {latest.map((e) => (
          <li key={e.id}>
            <Link to="/sources/$id/debugger" params={{ id: source.id }} search={{ event: e.id }} className={classes.event}>
              <TypeMark type={e.type} />
              <span className={classes.name}>{titleOf(e)}</span>
              <span className={classes.when}><Ago at={e.receivedAt} /></span>
            </Link>
          </li>
        ))}
      </ul>
      <Button component={Link} to={`/sources/${source.id}/debugger`} variant="light" size="xs" fullWidth rightSection={<IconArrowRight size={14} />}>Open the debugger</Button>
    </section>
  );
}
