import { useQuery } from "@tanstack/react-query";
import { refusedQuery } from "../queries";
import { Ago } from "../ui/Ago";
import { Panel } from "../ui/Panel";
import table from "../ui/Table.module.css";
import stack from "../ui/stack.module.css";
import { compact } from "../ui/time";
import classes from "./UnknownKeys.module.css";

/** Requests whose write key no source has; nothing when there are none. */
export function UnknownKeys() {
  const { data } = useQuery(refusedQuery);
  if (!data?.length) return null;
  return (
    <div className={classes.space}>
      <Panel flush title="Requests that belong to no source" description="Their write key is unknown, so their events were not kept. Usually a key was copied wrongly, or its source was deleted.">
        <div className={table.scroll}>
          <table className={table.table}>
            <thead><tr><th>Write key</th><th>Last seen</th><th className={table.number}>Requests</th></tr></thead>
            <tbody>
              {data.slice(0, 20).map((r) => (
                <tr key={`${r.writeKey} ${r.reason}`}>
                  <td className={stack.mono}>{r.writeKey || "(none)"}</td>
                  <td><Ago at={r.lastAt} /></td>
                  <td className={table.number}>{compact(r.n)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </div>
  );
}
