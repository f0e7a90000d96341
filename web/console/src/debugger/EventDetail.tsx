import { ActionIcon, Anchor, SegmentedControl, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconLink, IconX } from "@tabler/icons-react";
import { useMemo } from "react";
import type { SeenEvent } from "../api";
import { callOf } from "../languages/call";
import { languageOf } from "../languages/languages";
import { Ago } from "../ui/Ago";
import { Code } from "../ui/Code";
import { JsonView } from "../ui/JsonView";
import { Notice } from "../ui/Notice";
import classes from "./EventDetail.module.css";
import { titleOf } from "./filter";
import { TypeMark } from "./TypeMark";

interface Props {
  event: SeenEvent;
  /** The kind of the source: the language of the Pretty view. */
  kind: string;
  view: "raw" | undefined;
  onView: (view: "raw" | undefined) => void;
  onFind: (text: string) => void;
  onClose: () => void;
}

/** One event: the call that made it, and all of its payload. */
export function EventDetail({ event, kind, view, onView, onFind, onClose }: Props) {
  const language = languageOf(kind);
  const pretty = useMemo(() => language.pretty(callOf(event.event)), [language, event]);
  const link = useClipboard({ timeout: 1500 });
  const facts: [string, string][] = [
    ["User", event.userId],
    ["Anonymous", event.anonymousId],
    ["Message", event.messageId],
  ];
  return (
    <article className={classes.detail} aria-label="Event">
      <header className={classes.head}>
        <div className={classes.title}>
          <TypeMark type={event.type} />
          <h2>{titleOf(event)}</h2>
        </div>
        <div className={classes.tools}>
          <Tooltip label={link.copied ? "Copied" : "Copy link to this event"}>
            <ActionIcon variant="subtle" color="gray" aria-label="Copy link to this event" onClick={() => link.copy(location.href)}>
              {link.copied ? <IconCheck size={16} /> : <IconLink size={16} />}
            </ActionIcon>
          </Tooltip>
          <ActionIcon variant="subtle" color="gray" aria-label="Close event" onClick={onClose}><IconX size={16} /></ActionIcon>
        </div>
      </header>
      {event.reason ? (
        <Notice tone="bad" title={<code>{event.reason}</code>}>{event.reasonText} The event was kept here, and went no further.</Notice>
      ) : null}
      {event.note ? <Notice tone="warn" title="Unusual, but it went on">{event.noteText}</Notice> : null}
      <dl className={classes.facts}>
        <div><dt>Received</dt><dd><Ago at={event.receivedAt} /></dd></div>
        {facts.map(([name, value]) => value && (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{name === "Message" ? value : <Anchor component="button" type="button" inherit onClick={() => onFind(value)} title="Find this in all events">{value}</Anchor>}</dd>
          </div>
        ))}
      </dl>
      <SegmentedControl
        size="xs"
        className={classes.views}
        value={view ?? "pretty"}
        onChange={(v) => onView(v === "raw" ? "raw" : undefined)}
        data={[{ value: "pretty", label: `Pretty · ${language.calls ?? language.label}` }, { value: "raw", label: "Raw" }]}
      />
      {view === "raw" ? <JsonView key={event.id} value={event.event} label="raw payload" /> : <Code code={pretty} syntax={language.syntax} label="call" wrap maxHeight={Infinity} />}
      {view !== "raw" && <p className={classes.hint}>About the call that sent it. Raw shows everything that came.</p>}
    </article>
  );
}
