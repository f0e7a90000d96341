import classes from "./TypeMark.module.css";

const known = ["track", "identify", "page", "screen", "group", "alias"];

/** The type of an event, in the colour that it has everywhere. */
export function TypeMark({ type }: { type: string }) {
  return (
    <span className={classes.mark} data-type={known.includes(type) ? type : undefined}>
      {type || "unknown"}
    </span>
  );
}
