import { useState } from "react";
import { CopyButton } from "./CopyButton";
import classes from "./JsonView.module.css";

/**
 * JSON as a tree whose branches fold. Every key and value is a text node:
 * nothing that an event holds is ever read as markup.
 */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  return (
    <div className={classes.view}>
      <div className={classes.copy}><CopyButton value={JSON.stringify(value, null, 2)} label={`Copy ${label}`} /></div>
      <div className={classes.tree} tabIndex={0} role="group" aria-label={label}><Node value={value} depth={0} last /></div>
    </div>
  );
}

interface NodeProps {
  name?: string;
  value: unknown;
  depth: number;
  last: boolean;
}

function Node({ name, value, depth, last }: NodeProps) {
  const [open, setOpen] = useState(depth < 3);
  const key = name === undefined ? null : <><span className={classes.key}>{JSON.stringify(name)}</span>: </>;
  const comma = last ? "" : ",";
  const indent = { paddingLeft: `${depth * 16}px` };
  if (typeof value !== "object" || value === null) {
    return <div className={classes.line} style={indent}><span className={classes.gap} />{key}<Scalar value={value} />{comma}</div>;
  }
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  const [start, end] = list ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return <div className={classes.line} style={indent}><span className={classes.gap} />{key}{start}{end}{comma}</div>;
  return (
    <>
      <div className={classes.line} style={indent}>
        <button type="button" className={classes.fold} aria-expanded={open} aria-label={`${open ? "Fold" : "Unfold"} ${name ?? "all"}`} onClick={() => setOpen(!open)} />
        {key}{start}
        {!open && <><button type="button" className={classes.more} tabIndex={-1} onClick={() => setOpen(true)}>{entries.length} {list ? "items" : "keys"}</button>{end}{comma}</>}
      </div>
      {open && entries.map(([k, v], i) => <Node key={k} {...(list ? {} : { name: k })} value={v} depth={depth + 1} last={i === entries.length - 1} />)}
      {open && <div className={classes.line} style={indent}><span className={classes.gap} />{end}{comma}</div>}
    </>
  );
}

function Scalar({ value }: { value: unknown }) {
  const kind = value === null ? "keyword" : typeof value === "string" ? "string" : typeof value === "number" ? "number" : "keyword";
  return <span className={classes[kind]}>{JSON.stringify(value)}</span>;
}
