import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Destination, Source } from "../api";
import { DestinationIcon } from "../destinations/DestinationIcon";
import { healthOf } from "../destinations/state";
import { KindIcon } from "../sources/KindIcon";
import { useMay } from "../shell/useMe";
import { Ago } from "../ui/Ago";
import { Panel } from "../ui/Panel";
import { Tag } from "../ui/Tag";
import { compact } from "../ui/time";
import classes from "./Health.module.css";

const most = 6;

/** The sources by when they were last heard of. */
export function SourceHealth({ sources }: { sources: Source[] }) {
  const list = [...sources].sort((a, b) => (b.lastEventAt ?? "").localeCompare(a.lastEventAt ?? "")).slice(0, most);
  return (
    <Panel flush title="Sources" actions={<Link to="/sources" className={classes.all}>All {sources.length}</Link>}>
      <ul className={classes.list}>
        {list.map((s) => (
          <li key={s.id}>
            <Link to="/sources/$id/debugger" params={{ id: s.id }} className={classes.row}>
              <KindIcon kind={s.type} size={28} />
              <span className={classes.name}>{s.name}</span>
              {s.enabled ? <span className={classes.note}>{s.lastEventAt ? <Ago at={s.lastEventAt} /> : "no event yet"}</span> : <Tag tone="warn">Off</Tag>}
              <b className={classes.number}>{compact(s.events24h)}</b>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const order = { bad: 0, warn: 1, neutral: 2, accent: 3, ok: 3 };

/** The destinations, those in trouble first. */
export function DestinationHealth({ destinations }: { destinations: Destination[] }) {
  const may = useMay("editor");
  const list = [...destinations].sort((a, b) => order[healthOf(a).tone] - order[healthOf(b).tone]).slice(0, most);
  return (
    <Panel flush title="Destinations" actions={<Link to="/destinations" className={classes.all}>All {destinations.length}</Link>}>
      {list.length === 0 ? (
        <div className={classes.none}>
          <p>Events are collected and kept, but sent nowhere yet.</p>
          {may && <Button size="xs" variant="default" component={Link} to="/destinations/new">Add a destination</Button>}
        </div>
      ) : (
        <ul className={classes.list}>
          {list.map((d) => {
            const health = healthOf(d);
            return (
              <li key={d.id}>
                <Link to="/destinations/$id" params={{ id: d.id }} className={classes.row}>
                  <DestinationIcon type={d.type} size={28} />
                  <span className={classes.name}>{d.name}</span>
                  <Tag tone={health.tone} dot>{health.label}</Tag>
                  <b className={classes.number}>{compact(d.status.delivered)}</b>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}
