import { IconAlertTriangle, IconBan } from "@tabler/icons-react";
import { memo } from "react";
import type { SeenEvent } from "../api";
import { absolute, clock } from "../ui/time";
import classes from "./EventList.module.css";
import { titleOf } from "./filter";
import { TypeMark } from "./TypeMark";

interface Props {
  event: SeenEvent;
  selected: boolean;
  onSelect: (id: string) => void;
}

/** One line of the debugger. */
export const EventRow = memo(function EventRow({ event, selected, onSelect }: Props) {
  const at = new Date(event.receivedAt);
  return (
    <div id={`event-${event.id}`} role="option" aria-selected={selected} className={classes.row} data-stopped={event.reason !== "" || undefined} onClick={() => onSelect(event.id)}>
      <TypeMark type={event.type} />
      <span className={classes.title}>{titleOf(event)}</span>
      {event.reason ? (
        <span className={classes.reason} title={event.reasonText}>
          <IconBan size={14} aria-label="Stopped" />
          <span>{event.reason}</span>
        </span>
      ) : event.note ? <IconAlertTriangle className={classes.note} size={14} aria-label={`Unusual: ${event.noteText}`} /> : <span />}
      <time className={classes.time} dateTime={event.receivedAt} title={absolute(at)}>{clock(at)}</time>
    </div>
  );
});
