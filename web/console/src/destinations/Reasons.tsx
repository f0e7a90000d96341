import type { Count } from "../api";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import table from "../ui/Table.module.css";
import { compact } from "../ui/time";

const words: Record<string, string> = { filtered: "Not sent", retried: "Tried again", failed: "Failed" };

/** Why events were not delivered, the most frequent first; nothing when all were. */
export function Reasons({ counts }: { counts: readonly Count[] }) {
  const sums = new Map<string, Count>();
  for (const c of counts) {
    if (c.outcome === "delivered" || c.n === 0) continue;
    const key = `${c.outcome} ${c.reason}`;
    const sum = sums.get(key);
    if (sum) sum.n += c.n;
    else sums.set(key, { ...c });
  }
  const list = [...sums.values()].sort((a, b) => b.n - a.n).slice(0, 12);
  if (list.length === 0) return null;
  return (
    <Panel flush title="Why events were not delivered">
      <div className={table.scroll}>
        <table className={table.table}>
          <thead><tr><th>Outcome</th><th>Reason</th><th className={table.wide}>What it means</th><th className={table.number}>Events</th></tr></thead>
          <tbody>
            {list.map((c) => (
              <tr key={`${c.outcome} ${c.reason}`}>
                <td>{words[c.outcome] ?? c.outcome}</td>
                <td className={stack.mono}>{c.reason || "–"}</td>
                <td className={table.wide}>{c.reasonText === c.reason ? `The destination answered ${c.reason}.` : c.reasonText}</td>
                <td className={table.number}>{compact(c.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
