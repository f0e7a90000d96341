import { Button, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Destination, Source } from "../api";
import { useEventsOrigin, useMay, useMe } from "../shell/useMe";
import { Panel } from "../ui/Panel";
import classes from "./QuickStart.module.css";

/** The way to the first delivered event; gone once it has been walked. */
export function QuickStart({ sources, destinations }: { sources: Source[]; destinations: Destination[] }) {
  const { demo } = useMe();
  const origin = useEventsOrigin();
  const may = useMay("editor");
  const hasEvents = sources.some((s) => s.lastEventAt);
  const first = sources.find((s) => !s.lastEventAt) ?? sources[0];
  const steps: { done: boolean; title: string; text: ReactNode; action?: ReactNode }[] = [
    {
      done: sources.length > 0,
      title: "Create a source",
      text: "A website, an app or a server that sends events.",
      action: may && <Button size="xs" component={Link} to="/sources/new">Create source</Button>,
    },
    {
      done: hasEvents,
      title: "Send the first event",
      text: demo ? "Click through the demo shop, or install the code in your own site." : "Copy the code for your language; its address and key are filled in.",
      action: demo ? <Button size="xs" component="a" href={`${origin}/demo/`} target="_blank" rel="noreferrer">Open the demo shop ↗</Button> : first && <Button size="xs" component={Link} to={`/sources/${first.id}/connect`}>Show the code</Button>,
    },
    {
      done: destinations.length > 0,
      title: "Add a destination",
      text: "Send what arrives to a webhook of yours.",
      action: may && <Button size="xs" component={Link} to="/destinations/new">Add destination</Button>,
    },
  ];
  if (steps.every((s) => s.done)) return null;
  const next = steps.findIndex((s) => !s.done);
  return (
    <Panel title="First steps">
      <ol className={classes.steps}>
        {steps.map((s, i) => (
          <li key={s.title} className={classes.step} data-done={s.done || undefined} data-next={i === next || undefined}>
            <span className={classes.mark} aria-hidden>{s.done ? <IconCheck size={14} stroke={2.5} /> : i + 1}</span>
            <div className={classes.text}>
              <b>{s.title}{s.done && <VisuallyHidden> (done)</VisuallyHidden>}</b>
              <span>{s.text}</span>
              {i === next && s.action && <div className={classes.action}>{s.action}</div>}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
