import { Button } from "@mantine/core";
import { Actions } from "../ui/Actions";
import { CopyButton } from "../ui/CopyButton";
import { Notice } from "../ui/Notice";
import stack from "../ui/stack.module.css";
import classes from "./Secret.module.css";

/** A secret that is shown this once. */
export function Secret({ value, children, onDone }: { value: string; children: string; onDone: () => void }) {
  return (
    <div className={stack.stack}>
      <Notice tone="warn" title="Copy it now: it is not shown again">{children}</Notice>
      <div className={classes.secret}>
        <code>{value}</code>
        <CopyButton value={value} label="Copy secret" />
      </div>
      <Actions><Button onClick={onDone}>Done</Button></Actions>
    </div>
  );
}
