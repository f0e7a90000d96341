import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useEffect, useId, useRef, type ReactNode } from "react";
import classes from "./Dialog.module.css";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}

/**
 * A dialog over the page, by the browser's own `<dialog>`: it keeps the focus,
 * gives it back and closes on Escape without injecting styles, which the
 * console's Content-Security-Policy would refuse.
 */
export function Dialog({ opened, onClose, title, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (opened && !dialog.open) {
      dialog.showModal();
      // The browser would start at the close button.
      dialog.querySelector<HTMLElement>("input, select, textarea")?.focus();
    }
    if (!opened && dialog.open) dialog.close();
  }, [opened]);
  return (
    <dialog
      ref={ref}
      className={classes.dialog}
      aria-labelledby={id}
      onClose={onClose}
      onMouseDown={(e) => e.target === e.currentTarget && onClose()}
    >
      {opened && (
        <div className={classes.content}>
          <div className={classes.head}>
            <h2 id={id} className={classes.title}>{title}</h2>
            <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
              <IconX size={16} />
            </ActionIcon>
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}
