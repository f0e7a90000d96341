import { total, type Bucket } from "./series";
import classes from "./Sparkline.module.css";

/** A small picture of how much came when; its number stands beside it. */
export function Sparkline({ buckets, width = 96, height = 24 }: { buckets: Bucket[]; width?: number; height?: number }) {
  const values = buckets.map(total);
  const top = Math.max(...values, 1);
  const step = width / values.length;
  return (
    <svg className={classes.spark} width={width} height={height} aria-hidden>
      {values.map((n, i) => {
        const h = n === 0 ? 1.5 : Math.max((n / top) * (height - 2), 2.5);
        return <rect key={i} x={i * step} y={height - h} width={Math.max(step - 1.2, 1)} height={h} rx="0.8" data-none={n === 0 || undefined} />;
      })}
    </svg>
  );
}
