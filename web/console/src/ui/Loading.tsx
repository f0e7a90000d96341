import { Skeleton } from "@mantine/core";
import classes from "./Loading.module.css";

/** Stands where rows will be. */
export function Loading({ rows = 4 }: { rows?: number }) {
  return (
    <div className={classes.loading} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={16} width={`${88 - ((i * 17) % 40)}%`} />
      ))}
    </div>
  );
}
