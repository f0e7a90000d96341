import { useMemo } from "react";
import type { Syntax } from "../languages/language";
import { CopyButton } from "./CopyButton";
import classes from "./Code.module.css";
import { highlight } from "./highlight";

interface Props {
  code: string;
  syntax: Syntax;
  /** What the copy button copies, when it is not the code itself. */
  copy?: string;
  /** Names the block for screen readers. */
  label: string;
  wrap?: boolean;
  /** In pixels; Infinity for none. Longer code scrolls. */
  maxHeight?: number;
}

/** A block of code with colours and a copy button. Content is only ever text. */
export function Code({ code, syntax, copy = code, label, wrap = false, maxHeight }: Props) {
  const pieces = useMemo(() => highlight(code, syntax), [code, syntax]);
  return (
    <div className={classes.block}>
      <pre className={classes.code} data-wrap={wrap || undefined} tabIndex={0} aria-label={label} style={maxHeight === undefined ? undefined : { maxHeight: maxHeight === Infinity ? "none" : maxHeight }}>
        <code>
          {pieces.map((p, i) => (p.kind === "plain" ? p.text : <span key={i} className={classes[p.kind]}>{p.text}</span>))}
        </code>
      </pre>
      <div className={classes.copy}>
        <CopyButton value={copy} label={`Copy ${label}`} />
      </div>
    </div>
  );
}
