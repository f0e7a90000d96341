import { useState } from "react";
import classes from "./Bars.module.css";
import { ceiling, total, type Bucket } from "./series";
import { compact } from "./time";

interface Props {
  buckets: Bucket[];
  /** The parts of a bar from the bottom up: name and colour. */
  parts: { id: string; label: string; color: string }[];
  /** Names a bucket in the read-out. */
  label: (at: number) => string;
  height?: number;
  /** What the chart shows, for screen readers. */
  title: string;
}

/** Stacked bars over time, with a read-out under the pointer. */
export function Bars({ buckets, parts, label, height = 150, title }: Props) {
  const [hover, setHover] = useState<number>();
  const top = ceiling(Math.max(...buckets.map(total), 0));
  const shown = hover === undefined ? undefined : buckets[hover];
  const width = 1000;
  const step = width / buckets.length;
  return (
    <figure className={classes.chart}>
      <div className={classes.legend}>
        {parts.map((p) => (
          <span key={p.id} className={classes.key}>
            <i style={{ background: p.color }} />
            {p.label}
            {shown && <b>{compact(shown.parts[p.id] ?? 0)}</b>}
          </span>
        ))}
        <span className={classes.when}>{shown ? label(shown.at) : ""}</span>
      </div>
      <div className={classes.plot} style={{ height }}>
        <span className={classes.top}>{compact(top)}</span>
        <svg viewBox={`0 0 ${width} 100`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${compact(buckets.reduce((n, b) => n + total(b), 0))} in all`} onMouseLeave={() => setHover(undefined)}>
          <line x1="0" x2={width} y1="0.5" y2="0.5" className={classes.grid} />
          <line x1="0" x2={width} y1="50" y2="50" className={classes.grid} />
          {buckets.map((b, i) => {
            let y = 100;
            return (
              <g key={b.at} onMouseEnter={() => setHover(i)} opacity={hover === undefined || hover === i ? 1 : 0.45}>
                <rect x={i * step} y={0} width={step} height={100} fill="transparent" />
                {parts.map((p) => {
                  const n = b.parts[p.id] ?? 0;
                  if (n === 0) return null;
                  const h = Math.max((n / top) * 100, 1.2);
                  y -= h;
                  return <rect key={p.id} x={i * step + step * 0.12} y={y} width={step * 0.76} height={h} fill={p.color} />;
                })}
              </g>
            );
          })}
          <line x1="0" x2={width} y1="99.5" y2="99.5" className={classes.base} />
        </svg>
      </div>
      <div className={classes.axis} aria-hidden>
        <span>{buckets[0] && label(buckets[0].at)}</span>
        <span>now</span>
      </div>
    </figure>
  );
}
