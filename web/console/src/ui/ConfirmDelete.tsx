import { Button, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Actions } from "./Actions";
import { Dialog } from "./Dialog";
import { Notice } from "./Notice";
import stack from "./stack.module.css";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What must be typed to go on; nothing to type when absent. */
  typed?: string;
  action: string;
  children: ReactNode;
  run: () => Promise<unknown>;
}

/** Asks before something is gone for good. */
export function ConfirmDelete({ opened, onClose, title, typed, action, children, run }: Props) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const close = () => {
    setText("");
    setError(undefined);
    onClose();
  };
  const submit = async () => {
    setBusy(true);
    try {
      await run();
      close();
    } catch (e) {
      setError(e instanceof Error ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog opened={opened} onClose={close} title={title}>
      <form className={stack.stack} onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        <div className={stack.muted}>{children}</div>
        {typed && (
          <TextInput
            label={<>Type <b>{typed}</b> to confirm</>}
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            autoComplete="off"
          />
        )}
        {error && <Notice tone="bad">{error}</Notice>}
        <Actions>
          <Button variant="default" onClick={close}>Cancel</Button>
          <Button type="submit" color="red" loading={busy} disabled={typed !== undefined && text !== typed}>{action}</Button>
        </Actions>
      </form>
    </Dialog>
  );
}
