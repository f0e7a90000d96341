import { IconArrowsSplit2, IconWebhook, type Icon } from "@tabler/icons-react";
import classes from "../sources/KindIcon.module.css";

const icons: Record<string, Icon> = { webhook: IconWebhook };

/** The picture of a type of destination. */
export function DestinationIcon({ type, size = 34 }: { type: string; size?: number }) {
  const Icon = icons[type] ?? IconArrowsSplit2;
  return (
    <span className={classes.icon} style={{ width: size, height: size }} aria-hidden>
      <Icon size={size * 0.56} stroke={1.6} />
    </span>
  );
}
